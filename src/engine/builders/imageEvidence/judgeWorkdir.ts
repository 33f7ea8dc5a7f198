import type { StepReason } from '../../build/cache/cacheReport.ts';
import type { WorkdirStep } from '../../build/plan/buildPlan.ts';
import type { FileOwner } from '../../build/operationKey/fileKey.ts';
import { found, type Judged, type JudgedStep, same, type Surroundings } from './judged.ts';
import { orderChanged } from './runDifference.ts';

/** Whether a WORKDIR is the one that made an entry: its path and whoever USER named make it. */
export function judgeWorkdir(
  workdir: WorkdirStep,
  { line, entry }: JudgedStep,
  { past, question }: Surroundings,
): Judged {
  if (entry.keyword !== 'WORKDIR') return found('rebuild', orderChanged(entry.text, line));
  const [before, after] = [entry.text.slice('WORKDIR '.length), workdir.path];
  if (before !== after)
    return found('rebuild', { code: 'directory-changed', text: 'the directory changed', before, after });
  const user = ownerText(workdir.owner);
  if (past.user !== undefined && withoutName(past.user) !== user)
    return found('rebuild', { code: 'user-changed', text: 'USER changed', before: past.user, after: user });
  const { request, plan } = question.build;
  const isDated = request.buildArgs.has('SOURCE_DATE_EPOCH') || plan.epoch !== undefined;
  return isDated ? found('unknown', dated) : same;
}

const dated: StepReason = {
  code: 'not-shown',
  text: 'an image does not show SOURCE_DATE_EPOCH',
  subject: 'SOURCE_DATE_EPOCH',
};

function ownerText(owner: FileOwner | undefined): string {
  if (owner === undefined) return '';
  return owner.group === undefined ? String(owner.user) : `${owner.user}:${owner.group}`;
}

/** To BuildKit `root` and `0` are one. */
function withoutName(user: string): string {
  return user
    .split(':')
    .map((name) => (name === 'root' ? '0' : name))
    .join(':');
}

import type { BuildRequest } from '../../build/buildRequest.ts';
import type { ListedRecord } from '../../build/cache/cacheGraph.ts';
import type { StepReason } from '../../build/cache/cacheReport.ts';
import type { CopyStep, PlannedMount, PlannedStep, RunStep } from '../../build/plan/buildPlan.ts';
import { listsRow } from '../../build/createdBy/listedPath.ts';

/** What of a RUN counts and no image shows: then it cannot be told whether it was the same. */
export function hiddenOfRun(
  run: RunStep,
  request: BuildRequest,
  listed: readonly ListedRecord[] | undefined,
): StepReason | undefined {
  const caches = cacheMounts(run, listed);
  const hidden = run.mounts.find((mount) => mount.type !== 'cache' || !isListed(mount, caches));
  if (hidden !== undefined) return notShown(`--mount=type=${hidden.type}`);
  if (run.mounts.length === 0 && caches.length > 0) return notShown('--mount=type=cache');
  if (run.network !== 'default') return notShown(`--network=${run.network}`);
  if (run.isInsecure) return notShown('--security=insecure');
  if (run.devices.length > 0) return notShown('--device');
  if (run.script !== undefined) return notShown('<<');
  const option = optionOf(request);
  return option === undefined ? undefined : notShown(option);
}

/** Descriptions of the directories that this command had mounted as caches. */
function cacheMounts({ args }: RunStep, listed: readonly ListedRecord[] | undefined): readonly string[] {
  const caches = (listed ?? []).filter(({ type }) => type === 'exec.cachemount');
  const command = ` from exec ${args.join(' ')}`;
  return caches
    .map(({ description }) => description)
    .filter((text) => text.replace(/ with id "[^"]*"$/, '').endsWith(command));
}

/** New lists have the ID; old keys count it, and old lists do not tell. */
function isListed({ target, id, sharing = 'shared' }: PlannedMount, caches: readonly string[]): boolean {
  if (sharing !== 'shared') return false;
  return caches.some(
    (text) => text.startsWith(`cached mount ${target} from `) && text.endsWith(` with id "/${id}"`),
  );
}

/** What of a COPY counts and no history shows; the builder's own list may. */
export function hiddenOfCopy(
  copy: CopyStep,
  step: PlannedStep,
  showsFlags: boolean,
  listed: readonly ListedRecord[] | undefined,
): StepReason | undefined {
  const flag = copy.isLinked
    ? '--link'
    : copy.exclude.length > 0
      ? '--exclude'
      : showsFlags
        ? undefined
        : flagOf(step);
  if (flag === undefined || listsRow(listed ?? [], step.row ?? '')) return undefined;
  return notShown(flag);
}

/** Those that old histories do not have. */
function flagOf({ instruction }: PlannedStep): string | undefined {
  const flag = instruction.flags.find(({ name }) => ['chown', 'chmod', 'parents'].includes(name));
  return flag && `--${flag.name}`;
}

function optionOf({
  addHosts,
  shmSizeBytes,
  ulimits,
  cgroupParent,
  buildArgs,
}: BuildRequest): string | undefined {
  if ((addHosts?.length ?? 0) > 0) return '--add-host';
  if (shmSizeBytes !== undefined) return '--shm-size';
  if ((ulimits?.length ?? 0) > 0) return '--ulimit';
  if (cgroupParent !== undefined) return '--cgroup-parent';
  return buildArgs.has('BUILDKIT_SANDBOX_HOSTNAME') ? 'BUILDKIT_SANDBOX_HOSTNAME' : undefined;
}

function notShown(subject: string): StepReason {
  return {
    code: 'not-shown',
    text: `an image does not show whether it was made with the same ${subject}`,
    subject,
  };
}

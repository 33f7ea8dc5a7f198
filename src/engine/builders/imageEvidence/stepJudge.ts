import type { CallOptions } from '../../base/progress.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { StepReason } from '../../build/cache/cacheReport.ts';
import { type ListedBase, ListedPath } from '../../build/createdBy/listedPath.ts';
import type { HistoryLine } from '../../build/createdBy/historyLines.ts';
import { keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import type { CopyStep, PlannedStep } from '../../build/plan/buildPlan.ts';
import type { Environment } from '../../build/plan/environment.ts';
import type { Sha256 } from '../../build/sha256.ts';
import { baseChange, type BaseChange, isUnderstood } from './baseChange.ts';
import { copiedContent, type Finding } from './copyFinding.ts';
import { copyDifference } from './copyDifference.ts';
import { hiddenOfCopy, hiddenOfRun } from './hiddenParts.ts';
import type { ImageQuestion } from './imageEvidence.ts';
import type { HistoryEntry } from './imageHistory.ts';
import { PastState } from './pastState.ts';
import { changed, orderChanged, runDifference } from './runDifference.ts';

/** What became of a step: as in the image, with digests of what it reads of the context; or not so. */
export type Judged =
  | { readonly kind: 'same'; readonly content: ReadonlyMap<string, Sha256> }
  | { readonly kind: 'finding'; readonly finding: Finding };

/** Compares steps with entries of a history, one after the other. */
export class StepJudge {
  readonly #question: ImageQuestion;
  readonly #past: PastState;
  readonly #baseChange: BaseChange | undefined;
  readonly #isUnderstood: boolean;
  readonly #showsFlags: boolean;
  /** Where in the builder's list the steps so far may be. */
  #listed: ListedPath;

  constructor(
    question: ImageQuestion,
    lines: readonly HistoryLine[],
    entries: readonly HistoryEntry[],
    past: PastState,
    begin: Environment,
    base: ListedBase | undefined,
  ) {
    this.#question = question;
    this.#past = past;
    this.#baseChange = baseChange(question.image, entries, begin.toList());
    this.#isUnderstood = isUnderstood(
      question.image,
      entries,
      new PastState(begin, lines, question.image, entries),
    );
    this.#listed = ListedPath.from(question.listed ?? [], base);
    this.#showsFlags = isFrom13(buildkitVersionOf(question.build.builder));
  }

  /** An entry has been gone by. */
  pass(entry: HistoryEntry): void {
    this.#past.pass(entry);
  }

  /** @param above what was found of a step above: then nothing below is the same, but it may be certain that it is not. */
  async judge(
    line: HistoryLine,
    step: PlannedStep,
    entry: HistoryEntry | undefined,
    above: Finding | undefined,
    options?: CallOptions,
  ): Promise<Judged> {
    if (above?.state === 'rebuild') return { kind: 'finding', finding: above };
    const judged = await this.#judgeAlone(line, step, entry, options);
    const own = judged.kind === 'finding' ? this.#checked(judged.finding, step, entry) : this.#unlisted(step);
    const { exact, possible } = this.#listed.recordsOf(step);
    this.#listed = this.#listed.onto(exact.length > 0 ? exact : possible);
    const finding = own === undefined || above === undefined ? (own ?? above) : graver(own, above);
    if (finding !== undefined) return { kind: 'finding', finding };
    return judged;
  }

  /** What the builder's list says against a step that was made as it would be now, as far as the image shows. */
  #unlisted(step: PlannedStep): Finding | undefined {
    if (this.#question.listed === undefined) return undefined;
    if (this.#listed.hasOtherFlags(step))
      return {
        state: 'unknown',
        reason: { code: 'no-evidence', text: 'the builder lists it with other flags' },
      };
    if (this.#listed.recordsOf(step).possible.length > 0) return undefined;
    const text = 'the builder does not list it any more';
    return { state: 'rebuild', reason: { code: 'no-longer-listed', text } };
  }

  async #judgeAlone(
    line: HistoryLine,
    step: PlannedStep,
    entry: HistoryEntry | undefined,
    options?: CallOptions,
  ): Promise<Judged> {
    if (entry?.layer === undefined)
      return found('rebuild', { code: 'never-built', text: 'the image was built without this step' });
    const { operation } = step;
    if (operation.kind === 'copy' || operation.kind === 'add')
      return this.#judgeCopy(operation, line, step, { ...entry, layer: entry.layer }, options);
    const reason =
      operation.kind === 'run' ? this.#runReason(line, step, entry) : this.#workdirReason(line, step, entry);
    return reason ?? same();
  }

  #runReason(line: HistoryLine, step: PlannedStep, entry: HistoryEntry): Judged | undefined {
    const { operation } = step;
    if (operation.kind !== 'run') return undefined;
    const { build, listed } = this.#question;
    const difference = runDifference(step, operation, line, entry, this.#past);
    // What cannot be read of the variables says nothing, but another text does.
    const isSure = this.#isUnderstood || !line.texts.includes(entry.text);
    if (difference !== undefined && isSure) return found('rebuild', difference);
    if (this.#baseChange !== undefined) return found('rebuild', ofBase(this.#baseChange));
    if (!this.#isUnderstood)
      return found('unknown', {
        code: 'not-understood',
        text: 'the variables in its history cannot be told apart',
      });
    const hidden = hiddenOfRun(operation, build.request, listed);
    return hidden && found('unknown', hidden);
  }

  #workdirReason(line: HistoryLine, step: PlannedStep, entry: HistoryEntry): Judged | undefined {
    if (!line.texts.includes(entry.text)) {
      if (entry.keyword !== 'WORKDIR') return found('rebuild', orderChanged(entry.text, line));
      const [before, after] = [entry.text.slice(8), line.texts[0]?.slice(8) ?? ''];
      return found('rebuild', { code: 'directory-changed', text: 'the directory changed', before, after });
    }
    const { user } = this.#past;
    const now = step.operation.kind === 'workdir' ? userText(step.operation.owner) : '';
    if (user !== undefined && user !== now && !(user === 'root' && now === '0'))
      return found('rebuild', { code: 'user-changed', text: 'USER changed', before: user, after: now });
    if (this.#question.build.request.buildArgs.has('SOURCE_DATE_EPOCH'))
      return found('unknown', {
        code: 'no-evidence',
        text: 'an image does not show SOURCE_DATE_EPOCH',
        subject: 'SOURCE_DATE_EPOCH',
      });
    return undefined;
  }

  async #judgeCopy(
    copy: CopyStep,
    line: HistoryLine,
    step: PlannedStep,
    entry: HistoryEntry & { readonly layer: number },
    options?: CallOptions,
  ): Promise<Judged> {
    const { build, layers, listed } = this.#question;
    const difference = copyDifference(copy, line, entry, this.#past.directory, this.#showsFlags);
    if (difference !== undefined) return found('rebuild', difference);
    const hidden = hiddenOfCopy(copy, step, this.#showsFlags, listed);
    if (copy.origin.kind === 'stage')
      return hidden ? found('unknown', hidden) : this.#fromStage(copy.origin.index);
    if (copy.sources.some(({ kind }) => kind === 'url' || kind === 'git'))
      return found('unknown', { code: 'remote-source', text: 'what it fetches is not asked for' });
    const selection = this.#selectionOf(line);
    const asked = { view: build.context, rules: keyFormatOf(buildkitVersionOf(build.builder)) };
    const content = await copiedContent(copy, selection, asked, entry.layer, layers, options);
    if (content.kind === 'finding') return content;
    if (hidden !== undefined) return found('unknown', hidden);
    return content.digest === undefined || selection === undefined
      ? same()
      : { kind: 'same', content: new Map([[selection.id, content.digest]]) };
  }

  #selectionOf(line: HistoryLine) {
    const vertex = this.#question.keyed.vertices.find(
      ({ stage, step, kind }) => stage === line.stage && step === line.step && kind === 'copy',
    );
    return vertex?.inputs.find(({ content }) => content !== undefined)?.content;
  }

  /** The image has what it copied then, but not what the stage would give now. */
  #fromStage(index: number): Judged {
    const stage = this.#question.build.plan.stages[index];
    const name = stage === undefined || stage.label === '' ? String(index) : stage.label;
    if (stage === undefined || stage.steps.length === 0)
      return found('unknown', {
        code: 'no-evidence',
        text: `an image does not show what ${name} was`,
        subject: name,
      });
    return found('depends', {
      code: 'stage-output',
      text: `cached if what it copies from ${name} comes out the same`,
      subject: name,
    });
  }

  /** An older build may have left a record that is found all the same: of the image's own there is one at most. */
  #checked(finding: Finding, step: PlannedStep, entry: HistoryEntry | undefined): Finding {
    if (finding.state !== 'rebuild') return finding;
    const { exact, possible } = this.#listed.recordsOf(step);
    const isVague = possible.some(({ description }) => description === 'fileop target');
    const isLikeIt = sameRow.has(finding.reason.code);
    const records = isVague ? possible : exact;
    const own = entry !== undefined && (isVague || isLikeIt) ? 1 : 0;
    if (records.length <= own) return finding;
    const text = `${finding.reason.text}, but the builder has a record of another build like it`;
    return { state: 'unknown', reason: { ...finding.reason, code: 'no-evidence', text } };
  }
}

/** What may be another while the builder calls the step the same. */
const sameRow: ReadonlySet<StepReason['code']> = new Set<StepReason['code']>([
  'argument-changed',
  'environment-changed',
  'order-changed',
  'base-changed',
  'files-changed',
  'user-changed',
]);

/** Certain news comes before doubt, and doubt before what only depends on another stage. */
function graver(own: Finding, above: Finding): Finding {
  return own.state === 'rebuild' || (own.state === 'unknown' && above.state === 'depends') ? own : above;
}

function same(): Judged {
  return { kind: 'same', content: new Map() };
}

function found(state: Finding['state'], reason: StepReason): Judged {
  return { kind: 'finding', finding: { state, reason } };
}

function ofBase({ name, before, after }: BaseChange): StepReason {
  const { text, ...rest } = changed('environment-changed', 'the variable', name, before, after);
  return { ...rest, code: 'base-changed', text: `${text} in the base image` };
}

function userText(
  owner: { readonly user: number | string; readonly group?: number | string } | undefined,
): string {
  if (owner === undefined) return '';
  return owner.group === undefined ? String(owner.user) : `${owner.user}:${owner.group}`;
}

/** Histories have flags of COPY since then. */
function isFrom13(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > 0 || minor >= 13;
}

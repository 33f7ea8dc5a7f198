import type { ListedRecord } from '../../build/cache/cacheGraph.ts';
import type { StepReason } from '../../build/cache/cacheReport.ts';
import { type ListedBase, ListedPath } from '../../build/createdBy/listedPath.ts';
import type { PlannedStep } from '../../build/plan/buildPlan.ts';
import type { Finding } from './judged.ts';

/** What a builder's list says against what an image tells, step by step. */
export class ListedDoubts {
  readonly #listed: readonly ListedRecord[] | undefined;
  /** Where in the list the steps so far may be. */
  #path: ListedPath;

  constructor(listed: readonly ListedRecord[] | undefined, base: ListedBase | undefined) {
    this.#listed = listed;
    this.#path = ListedPath.from(listed ?? [], base);
  }

  /** A step has been gone by. */
  pass(step: PlannedStep): void {
    const { exact, possible } = this.#path.recordsOf(step);
    this.#path = this.#path.onto(exact.length > 0 ? exact : possible);
  }

  /** Of a step that was made as it would be now, as far as the image shows. */
  ofSame(step: PlannedStep): Finding | undefined {
    if (this.#listed === undefined) return undefined;
    if (this.#path.hasOtherFlags(step)) return { state: 'unknown', reason: otherFlags };
    const isListed = this.#path.recordsOf(step).possible.length > 0;
    return isListed ? undefined : { state: 'rebuild', reason: notListed };
  }

  /**
   * Of a step that is another now: an older build may have left a record that is found all the same. Of the image's own
   * there is one at most.
   */
  ofOther(finding: Finding, step: PlannedStep, hasEntry: boolean): Finding {
    if (finding.state !== 'rebuild') return finding;
    const { exact, possible } = this.#path.recordsOf(step);
    const isVague = possible.some(({ description }) => description === 'fileop target');
    const own = hasEntry && (isVague || isOneRow(step, finding.reason)) ? 1 : 0;
    if ((isVague ? possible : exact).length <= own) return finding;
    const text = `${finding.reason.text}, but the builder has a record of another build like it`;
    return { state: 'unknown', reason: { ...finding.reason, code: 'not-shown', text } };
  }
}

/** Of a command the builder says nothing else than what is executed. */
function isOneRow({ operation }: PlannedStep, { code }: StepReason): boolean {
  return sameRow.has(code) || (operation.kind === 'run' && sameCommand.has(code));
}

const sameCommand: ReadonlySet<StepReason['code']> = new Set<StepReason['code']>([
  'flag-changed',
  'directory-changed',
]);

/** What may be another while the builder calls the step the same. */
const sameRow: ReadonlySet<StepReason['code']> = new Set<StepReason['code']>([
  'argument-changed',
  'environment-changed',
  'order-changed',
  'base-changed',
  'files-changed',
  'user-changed',
]);

const otherFlags: StepReason = { code: 'not-shown', text: 'the builder lists it with other flags' };
const notListed: StepReason = {
  code: 'no-longer-listed',
  text: 'the builder does not list it any more',
};

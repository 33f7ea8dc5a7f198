import type { ListedRecord } from '../cache/cacheGraph.ts';
import type { PlannedStep } from '../plan/buildPlan.ts';

/** A base as a list names it: an image, or nothing (scratch). */
export type ListedBase = ListedImage | 'nothing';

export interface ListedImage {
  /** `docker.io/library/base:latest` */
  readonly name: string;
  readonly manifest?: string;
}

export interface ListedCandidates {
  /** Described just so. */
  readonly exact: readonly ListedRecord[];
  /** These, and those of which the list says too little. */
  readonly possible: readonly ListedRecord[];
}

/** Where in a builder's list the records of a chain of steps may be, so far. Never changes. */
export class ListedPath {
  readonly #list: readonly ListedRecord[];
  /** What the next step is made on: records, nothing, or undefined where that is not known. */
  readonly #above: ReadonlySet<string> | 'nothing' | undefined;

  private constructor(list: readonly ListedRecord[], above: ReadonlySet<string> | 'nothing' | undefined) {
    this.#list = list;
    this.#above = above;
  }

  /** @param base undefined where it is not known. */
  static from(list: readonly ListedRecord[], base?: ListedBase): ListedPath {
    if (base === 'nothing') return new ListedPath(list, base);
    const found = base === undefined ? [] : list.filter(({ description }) => isPull(description, base));
    return new ListedPath(list, found.length === 0 ? undefined : idsOf(found));
  }

  recordsOf(step: PlannedStep): ListedCandidates {
    const under = this.#under(step);
    const exact = under.filter((record) => describes(record, step));
    return {
      exact,
      possible: [
        ...exact,
        ...under.filter((record) => mayDescribe(record, step) && !describes(record, step)),
      ],
    };
  }

  /** Whether what is listed here is this step with other flags, and nothing is this step itself. */
  hasOtherFlags(step: PlannedStep): boolean {
    const { exact, possible } = this.recordsOf(step);
    const own = withoutFlags(step.row ?? '');
    return exact.length === 0 && possible.some(({ description }) => withoutFlags(description) === own);
  }

  #under(step: PlannedStep): readonly ListedRecord[] {
    const above = this.#above;
    if (above === undefined) return this.#list;
    if (above === 'nothing') return this.#list.filter(({ parents }) => parents.length === 0);
    const ids = isLinked(step) ? this.#mergedInto(above) : above;
    return this.#list.filter(({ parents }) => parents.some((id) => ids.has(id)));
  }

  /** What `--link` puts onto a merge is put onto what was merged there. */
  #mergedInto(above: ReadonlySet<string>): ReadonlySet<string> {
    const merges = this.#list.filter(({ id, description }) => above.has(id) && isMerge(description));
    return new Set([...above, ...merges.flatMap(({ parents }) => parents)]);
  }

  /** The path one step on; where none of that step is known, anything may be below. */
  onto(records: readonly ListedRecord[]): ListedPath {
    return new ListedPath(this.#list, records.length === 0 ? undefined : idsOf(records));
  }
}

/** Whether some record is described by a row of progress, whatever its number and stage. */
export function listsRow(list: readonly ListedRecord[], row: string): boolean {
  const text = withoutNumber(row);
  return list.some(({ description }) => withoutNumber(description) === text);
}

function idsOf(records: readonly ListedRecord[]): ReadonlySet<string> {
  return new Set(records.map(({ id }) => id));
}

/** `pulled from NAME[@DIGEST]`: an image of the same repository may have the same layers. */
function isPull(description: string, { name, manifest }: ListedImage): boolean {
  const [, reference = ''] = /^pulled from (.+)$/.exec(description) ?? [];
  if (reference === '') return false;
  return (
    repositoryOf(reference) === repositoryOf(name) ||
    (manifest !== undefined && reference.endsWith(`@${manifest}`))
  );
}

function repositoryOf(reference: string): string {
  return reference.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}

function describes({ description, type }: ListedRecord, { operation, row }: PlannedStep): boolean {
  if (type !== 'regular') return false;
  if (operation.kind === 'run') return description === `mount / from exec ${operation.args.join(' ')}`;
  return row !== undefined && withoutNumber(description) === withoutNumber(row);
}

/** The same operation may have been written in another way, and old lists say no more than what kind it is. */
function mayDescribe({ description, type }: ListedRecord, { operation }: PlannedStep): boolean {
  if (type !== 'regular' || operation.kind === 'run') return false;
  return (
    description === 'fileop target' ||
    /^\[[^\]]*\] (?:ONBUILD |LINK )?(?:COPY|ADD|WORKDIR) /i.test(description)
  );
}

function isLinked({ operation }: PlannedStep): boolean {
  return (operation.kind === 'copy' || operation.kind === 'add') && operation.isLinked;
}

function isMerge(description: string): boolean {
  return /^\[[^\]]*\] (?:ONBUILD )?LINK /.test(description);
}

function withoutNumber(row: string): string {
  return row.replace(/^\[[^\]]*\] /, '').replace(/^(?:ONBUILD |LINK )/, '');
}

function withoutFlags(row: string): string {
  return withoutNumber(row).replace(/ --[a-z]+(?:=\S*)?/g, '');
}

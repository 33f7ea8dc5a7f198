import { normalizeName } from '../../oci/reference.ts';
import type { BuildPlan } from '../plan/buildPlan.ts';
import type { ListedRecord } from './cacheGraph.ts';
import { executedText } from './explainOperation.ts';
import type { KnownResult } from './knownCache.ts';
import { stepsOfRecord } from './recordedSteps.ts';
import type { KeyedBuild, Vertex } from './vertex.ts';

/**
 * Whether the builder lists what a vertex made: `listed` with its text, `alike` with another text of the same kind, both
 * on a record of the step above; `absent`: nothing can be it.
 */
export type Presence = 'listed' | 'alike' | 'absent';

/** What the builder says that it has, by the descriptions of its records (build-cache.md §4.1). */
export class BuilderList {
  readonly #listed: ReadonlyMap<string, ListedRecord>;
  readonly #keyed: KeyedBuild;
  readonly #plan: BuildPlan;
  readonly #textsOf: (vertex: number) => readonly string[];
  readonly #byParent = new Map<string, ListedRecord[]>();
  /** By vertex: records that may be what it made. */
  readonly #found: ReadonlyMap<string, Presence>[] = [];

  /** @param rowsOf the rows under which a vertex is known to have been made. */
  constructor(
    listed: readonly ListedRecord[],
    keyed: KeyedBuild,
    plan: BuildPlan,
    rowsOf: (vertex: number) => readonly string[],
  ) {
    this.#listed = new Map(
      listed.filter(({ type }) => type === 'regular' || type === '').map((record) => [record.id, record]),
    );
    this.#keyed = keyed;
    this.#plan = plan;
    this.#textsOf = (vertex) => rowsOf(vertex).map(textOfRow);
    for (const record of this.#listed.values())
      for (const parent of record.parents)
        this.#byParent.set(parent, [...(this.#byParent.get(parent) ?? []), record]);
    // Those above are looked up first, since they come before.
    for (const at of keyed.vertices.keys()) this.#found.push(this.#match(at));
  }

  presenceOf(vertex: number): Presence {
    const found = [...(this.#found[vertex]?.values() ?? [])];
    if (found.includes('listed')) return 'listed';
    return found.length > 0 ? 'alike' : 'absent';
  }

  /** How often it lists the vertex by the text that it has now, on what is above it. */
  namedNow(vertex: number): number {
    const at = this.#keyed.vertices[vertex];
    if (at === undefined) return 0;
    const own = new Set(this.#ownText(at).map((text) => withLink(text, at)));
    const isNamed = (id: string): boolean => {
      const { description = '' } = this.#listed.get(id) ?? {};
      return description !== unnamedFiles && presence(description, at, own) === 'listed';
    };
    return [...(this.#found[vertex] ?? [])].filter(([id, how]) => how === 'listed' && isNamed(id)).length;
  }

  /** How many records stand on what is above a vertex; undefined where that cannot be told. */
  countUnder(vertex: number): number | undefined {
    const [onto] = this.#keyed.vertices[vertex]?.inputs ?? [];
    const above = onto?.vertex === undefined ? undefined : this.#keyed.vertices[onto.vertex];
    if (onto?.vertex === undefined || above === undefined || onto.content !== undefined) return undefined;
    const ids =
      above.kind === 'image' ? this.#pulledFor(above) : [...(this.#found[onto.vertex]?.keys() ?? [])];
    if (ids.length === 0) return undefined;
    const under = new Set(ids.flatMap((id) => this.#byParent.get(id) ?? []));
    return [...under].filter(({ description }) => !description.startsWith('pulled from ')).length;
  }

  #pulledFor({ stage }: Vertex): readonly string[] {
    const from = this.#plan.stages[stage]?.from;
    if (from?.kind !== 'image') return [];
    const isOf = ({ description }: ListedRecord): boolean =>
      normalizeName(pulledName(description) ?? '') === from.name;
    return [...this.#listed.values()].filter(isOf).map(({ id }) => id);
  }

  #match(at: number): ReadonlyMap<string, Presence> {
    const vertex = this.#keyed.vertices[at];
    if (vertex?.step === undefined) return new Map();
    const texts = new Set(
      [...this.#textsOf(at), ...this.#ownText(vertex)].map((text) => withLink(text, vertex)),
    );
    const matched = new Map<string, Presence>();
    for (const [record, below] of this.#candidates(vertex)) {
      const own = presence(record.description, vertex, texts);
      if (own !== 'absent')
        matched.set(record.id, own === 'listed' && below === 'listed' ? 'listed' : 'alike');
    }
    return matched;
  }

  /** Records that stand on what the vertex above made; any where no step is above. */
  *#candidates(vertex: Vertex): Iterable<readonly [record: ListedRecord, below: Presence]> {
    const { kind, inputs } = vertex;
    // Of a merge what was copied: what it is put onto may be one itself, and is then not named.
    const [onto] = kind === 'merge' ? inputs.slice(1) : inputs;
    const isOnto = onto?.vertex !== undefined && (kind === 'merge' || onto.content === undefined);
    const above = isOnto ? onto.vertex : undefined;
    const under = above === undefined ? undefined : this.#keyed.vertices[above];
    if (above !== undefined && under?.step !== undefined)
      for (const [id, below] of this.#found[above] ?? [])
        for (const record of this.#byParent.get(id) ?? []) yield [record, below];
    else
      for (const record of this.#listed.values())
        yield [record, this.#isOn(record, under) ? 'listed' : 'alike'];
  }

  /** An image that an engine has of its own is not always listed. */
  #isOn({ parents }: ListedRecord, image: Vertex | undefined): boolean {
    const from = image && this.#plan.stages[image.stage]?.from;
    const pulled = parents.flatMap((id) => pulledName(this.#listed.get(id)?.description ?? '') ?? []);
    return (
      pulled.length === 0 ||
      from?.kind !== 'image' ||
      pulled.some((name) => normalizeName(name) === from.name)
    );
  }

  #ownText({ stage, step }: Vertex): readonly string[] {
    const row = step === undefined ? undefined : this.#plan.stages[stage]?.steps[step]?.row;
    return row === undefined ? [] : [textOfRow(row)];
  }
}

function pulledName(description: string): string | undefined {
  return /^pulled from (.*)@/.exec(description)?.[1];
}

/** Before 0.11 nothing is said of files that were copied. */
const unnamedFiles = 'fileop target';

/** The rows under which a result was made, in the builds that tell of it. */
export function rowsOfResult({ records }: KnownResult): readonly string[] {
  const steps = records.flatMap(({ build, record }) => stepsOfRecord(build, record));
  return [...new Set(steps.flatMap(({ row }) => row ?? []))];
}

function presence(description: string, vertex: Vertex, texts: ReadonlySet<string>): Presence {
  if (vertex.kind === 'run')
    return description === `mount / from exec ${executedText(vertex.operation?.plaintext)}`
      ? 'listed'
      : 'absent';
  if (description === unnamedFiles) return vertex.kind === 'merge' ? 'absent' : 'listed';
  const text = textOfRow(description);
  if (!description.startsWith('[') || description.startsWith('[internal]')) return 'absent';
  if (texts.has(text)) return 'listed';
  return [...texts].some((each) => keywordOf(each) === keywordOf(text)) ? 'alike' : 'absent';
}

/** `[build 2/5] ONBUILD RUN make` without what another Dockerfile may have otherwise. */
export function textOfRow(row: string): string {
  return row.replace(/^\[[^\]]*\] (?:ONBUILD )?/, '');
}

function withLink(text: string, { kind }: Vertex): string {
  return kind === 'merge' && !text.startsWith('LINK ') ? `LINK ${text}` : text;
}

function keywordOf(text: string): string {
  return /^(?:LINK )?[A-Z]+/.exec(text)?.[0] ?? '';
}

import { normalizeName } from '../../oci/reference.ts';
import type { BuildPlan } from '../plan/buildPlan.ts';
import type { ListedRecord } from './cacheGraph.ts';
import { executedText } from './explainRun.ts';
import type { KnownResult } from './knownCache.ts';
import { stepsOfRecord } from './recordedSteps.ts';
import { isSameCopy } from './sameCopy.ts';
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
  readonly #byParent: ReadonlyMap<string, readonly ListedRecord[]>;
  readonly #byDescription: ReadonlyMap<string, readonly ListedRecord[]>;
  /** By record: the image that was pulled into it. */
  readonly #pulled = new Map<string, string | undefined>();
  readonly #directories = new Map<Vertex, string | undefined>();
  /** By vertex, up to the last that was asked about: records that may be what it made. */
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
    this.#byParent = recordsBy(this.#listed.values(), ({ parents }) => parents);
    this.#byDescription = recordsBy(this.#listed.values(), ({ description }) => [description]);
  }

  presenceOf(vertex: number): Presence {
    const found = [...this.#foundOf(vertex).values()];
    if (found.includes('listed')) return 'listed';
    return found.length > 0 ? 'alike' : 'absent';
  }

  /**
   * How often it lists the vertex by the text that it has now, on what is above it. What has no text may be it, where that
   * stands on nothing else.
   */
  namedNow(vertex: number): number {
    const at = this.#keyed.vertices[vertex];
    if (at === undefined) return 0;
    const own = new Set(this.#ownText(at).map((text) => withLink(text, at)));
    const isOnKnown = this.countUnder(vertex) !== undefined;
    const isNamed = (id: string): boolean => {
      const { description = '' } = this.#listed.get(id) ?? {};
      return (description !== unnamedFiles || isOnKnown) && this.#presence(description, at, own) === 'listed';
    };
    return [...this.#foundOf(vertex)].filter(([id, how]) => how === 'listed' && isNamed(id)).length;
  }

  /** Whether it lists the command of a RUN, on whatever that stands. */
  hasCommand(run: Vertex): boolean {
    return this.#byDescription.has(runDescription(run));
  }

  /** How many records stand on what is above a vertex; undefined where that cannot be told. */
  countUnder(vertex: number): number | undefined {
    const [onto] = this.#keyed.vertices[vertex]?.inputs ?? [];
    const above = onto?.vertex === undefined ? undefined : this.#keyed.vertices[onto.vertex];
    if (onto?.vertex === undefined || above === undefined || onto.content !== undefined) return undefined;
    const ids = above.kind === 'image' ? this.#pulledFor(above) : [...this.#foundOf(onto.vertex).keys()];
    if (ids.length === 0) return undefined;
    const under = new Set(ids.flatMap((id) => this.#byParent.get(id) ?? []));
    return [...under].filter(({ description }) => !description.startsWith('pulled from ')).length;
  }

  #pulledFor({ stage }: Vertex): readonly string[] {
    const from = this.#plan.stages[stage]?.from;
    if (from?.kind !== 'image') return [];
    return [...this.#listed.keys()].filter((id) => this.#pulledName(id) === from.name);
  }

  #pulledName(id: string): string | undefined {
    if (this.#pulled.has(id)) return this.#pulled.get(id);
    const name = pulledName(this.#listed.get(id)?.description ?? '');
    const normal = name === undefined ? undefined : normalizeName(name);
    this.#pulled.set(id, normal);
    return normal;
  }

  /** Those above are looked up first, since they come before. */
  #foundOf(vertex: number): ReadonlyMap<string, Presence> {
    while (this.#found.length <= vertex) this.#found.push(this.#match(this.#found.length));
    return this.#found[vertex] ?? new Map<string, Presence>();
  }

  #match(at: number): ReadonlyMap<string, Presence> {
    const vertex = this.#keyed.vertices[at];
    if (vertex?.step === undefined) return new Map();
    const texts = new Set(
      [...this.#textsOf(at), ...this.#ownText(vertex)].map((text) => withLink(text, vertex)),
    );
    const matched = new Map<string, Presence>();
    for (const [record, below] of this.#candidates(vertex)) {
      const own = this.#presence(record.description, vertex, texts);
      // One record may be come to in several ways.
      if (own !== 'absent' && matched.get(record.id) !== 'listed')
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
      for (const [id, below] of this.#foundOf(above))
        for (const record of this.#byParent.get(id) ?? []) yield [record, below];
    else
      for (const record of this.#namedLike(vertex))
        yield [record, this.#isOn(record, under) ? 'listed' : 'alike'];
  }

  /** Those that have not to be left out by their text: of RUN none has but its own. */
  #namedLike(vertex: Vertex): Iterable<ListedRecord> {
    if (vertex.kind !== 'run') return this.#listed.values();
    return this.#byDescription.get(runDescription(vertex)) ?? [];
  }

  /** An image that an engine has of its own is not always listed. */
  #isOn({ parents }: ListedRecord, image: Vertex | undefined): boolean {
    const from = image && this.#plan.stages[image.stage]?.from;
    const pulled = parents.flatMap((id) => this.#pulledName(id) ?? []);
    return pulled.length === 0 || from?.kind !== 'image' || pulled.includes(from.name);
  }

  #presence(description: string, vertex: Vertex, texts: ReadonlySet<string>): Presence {
    const own = presence(description, vertex, texts);
    if (own !== 'alike') return own;
    if (!this.#directories.has(vertex)) this.#directories.set(vertex, this.#directoryOf(vertex));
    const directory = this.#directories.get(vertex);
    const text = textOfRow(description);
    return [...texts].some((each) => isSameCopy(each, text, directory)) ? 'listed' : 'alike';
  }

  /** The working directory, where the stage itself says it. */
  #directoryOf({ stage, step = 0 }: Vertex): string | undefined {
    const above = this.#plan.stages[stage]?.steps.slice(0, step) ?? [];
    const paths = above.flatMap(({ operation }) => (operation.kind === 'workdir' ? [operation.path] : []));
    return paths.at(-1);
  }

  #ownText({ stage, step }: Vertex): readonly string[] {
    const row = step === undefined ? undefined : this.#plan.stages[stage]?.steps[step]?.row;
    return row === undefined ? [] : [textOfRow(row)];
  }
}

function recordsBy(
  records: Iterable<ListedRecord>,
  namesOf: (record: ListedRecord) => readonly string[],
): ReadonlyMap<string, readonly ListedRecord[]> {
  const found = new Map<string, ListedRecord[]>();
  for (const record of records)
    for (const name of namesOf(record)) {
      const others = found.get(name);
      if (others === undefined) found.set(name, [record]);
      else others.push(record);
    }
  return found;
}

function runDescription({ operation }: Vertex): string {
  return `mount / from exec ${executedText(operation)}`;
}

function pulledName(description: string): string | undefined {
  return /^pulled from (.*)@/.exec(description)?.[1];
}

/** Before 0.11 nothing is said of files that were copied. */
const unnamedFiles = 'fileop target';

/** The rows under which a result was made, in the builds that tell of it. */
export function rowsOfResult({ records }: KnownResult): readonly string[] {
  const steps = records.flatMap(({ build, record }) => stepsOfRecord(build, record));
  return [...new Set(steps.flatMap(({ row, text }) => (row === undefined ? [] : wholeRow(row, text))))];
}

/** A history tells a row in two parts. */
function wholeRow(row: string, text: string): string {
  return row.startsWith('[') ? row : `[${row}] ${text}`;
}

function presence(description: string, vertex: Vertex, texts: ReadonlySet<string>): Presence {
  if (vertex.kind === 'run') return description === runDescription(vertex) ? 'listed' : 'absent';
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

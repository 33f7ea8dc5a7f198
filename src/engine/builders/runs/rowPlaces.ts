import type { BuilderKind } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import type { BuildRow } from '../builds.ts';
import type { Dockerfile } from '../../build/dockerfile/ast.ts';
import type { BuildPlan, PlannedStage } from '../../build/plan/buildPlan.ts';

/** Where a row belongs. */
export interface RowPlace {
  /** Rows with equal names are one: COPY --link has two vertices, and ADD of a URL has the download besides. */
  readonly group: string;
  /** Position of the instruction in the file; a trigger's is that of its FROM. */
  readonly instruction?: number;
}

/** Finds the place of a row by its name; undefined of rows that stand for no instruction. */
export type FindRowPlace = (name: string) => RowPlace | undefined;

/**
 * Matches rows with instructions by stage and number, never by text, which is shown with variables replaced and quotes
 * taken away (build-cache.md §5.3).
 */
export function rowPlacesOf(
  kind: BuilderKind,
  dockerfile: Dockerfile,
  plan: BuildPlan,
  { labels = [] }: Pick<BuildRequest, 'labels'> = {},
): FindRowPlace {
  if (kind === 'buildkit') return buildkitPlaces(dockerfile, plan);
  return kind === 'classic' ? classicPlaces(dockerfile) : buildahPlaces(dockerfile, plan, labels.length > 0);
}

/** `[linux/arm64->amd64 build  2/11] RUN make`: platform and stage are left out where there is but one. */
const buildkitRow = /^\[(?:(.*) )?\s*(\d+)\/\d+\] /;

/** The label of the stage, and the number in it; undefined of a name that is no row of an instruction. */
export function parseRow(name: string): { readonly stage: string; readonly number: number } | undefined {
  const match = buildkitRow.exec(name);
  if (match === null) return undefined;
  const last = (match[1] ?? '').trimEnd().split(' ').at(-1) ?? '';
  // No name of a stage has a slash, and every platform has one.
  return { stage: last.includes('/') ? '' : last, number: Number(match[2]) };
}

const rowOfFrom = /^(?:\[[^\]]*\] )?(?:step \d+\/\d+ ?: )?from /i;

/** FROM says nothing of the cache, and what stands for no instruction is no step; a trigger's row is at its FROM and is one. */
export function isRowOfStep({ instruction, name }: BuildRow): boolean {
  return instruction !== undefined && !rowOfFrom.test(name);
}

/** Steps from the top of the file; builders tell of them in an order of their own, often from the last one up. */
export function stepsInOrder(rows: readonly BuildRow[]): readonly BuildRow[] {
  const numberOf = ({ name }: BuildRow): number => parseRow(name)?.number ?? 0;
  return rows
    .filter(isRowOfStep)
    .sort(
      (one, other) => (one.instruction ?? 0) - (other.instruction ?? 0) || numberOf(one) - numberOf(other),
    );
}

function buildkitPlaces(dockerfile: Dockerfile, plan: BuildPlan): FindRowPlace {
  const places = new Map<string, number>();
  for (const stage of plan.stages) addRows(places, dockerfile, stage);
  return (name) => {
    const row = parseRow(name);
    if (row === undefined) return undefined;
    const platform = /^\[(\S*\/\S*) /.exec(name)?.[1] ?? '';
    const instruction = places.get(`${row.stage} ${row.number}`);
    return {
      group: `${platform} ${row.stage} ${row.number}`,
      ...(instruction !== undefined && { instruction }),
    };
  };
}

function addRows(places: Map<string, number>, dockerfile: Dockerfile, stage: PlannedStage): void {
  for (const step of stage.steps) {
    const row = step.row === undefined ? undefined : parseRow(step.row);
    const at = dockerfile.instructions.findIndex(({ range }) => range.start === step.range.start);
    if (row === undefined || at < 0) continue;
    const key = `${row.stage} ${row.number}`;
    // Of two stages with one name, the one that is needed has the rows.
    if (!places.has(key) || stage.isNeeded) places.set(key, at);
  }
}

/** `Step 3/9 : RUN make` is the third instruction of the file. */
function classicPlaces({ instructions }: Dockerfile): FindRowPlace {
  return (name) => {
    const step = Number(/^Step (\d+)\/\d+ : /.exec(name)?.[1] ?? 0);
    if (step === 0) return undefined;
    return { group: `${step}`, ...(step <= instructions.length && { instruction: step - 1 }) };
  };
}

/**
 * `[2/3] STEP 1/4: FROM x`: the stage by its position among those of the file, FROM being its first step, and after it the
 * triggers of its base.
 */
function buildahPlaces(dockerfile: Dockerfile, plan: BuildPlan, hasLabels: boolean): FindRowPlace {
  const starts = dockerfile.instructions.flatMap(({ name }, at) => (name === 'FROM' ? [at] : []));
  const target = plan.target ?? 0;
  return (name) => {
    const match = /^(?:\[(\d+)\/\d+\] )?STEP (\d+)\/(\d+): /.exec(name);
    if (match === null) return undefined;
    const stage = match[1] === undefined ? (starts.length === 1 ? 0 : target) : Number(match[1]) - 1;
    const start = starts[stage] ?? NaN;
    const own = (starts[stage + 1] ?? dockerfile.instructions.length) - start;
    // What `--label` asks for is one more, behind all others.
    const labels = hasLabels && stage === starts.length - 1 ? 1 : 0;
    const triggers = Math.max(Number(match[3]) - own - labels, 0);
    const at = start + Math.max(Number(match[2]) - 1 - triggers, 0);
    const isThere = dockerfile.instructions[at] !== undefined;
    return { group: `${match[1] ?? ''} ${match[2] ?? ''}`, ...(isThere && { instruction: at }) };
  };
}

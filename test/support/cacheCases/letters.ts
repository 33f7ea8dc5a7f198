import type { CaseLetter } from '../buildCases.ts';
import type { DockerfileStep } from './dockerfileSteps.ts';

/** What a builder showed of one row. Rows of one name are more than one: a download and the step, both halves of `--link`. */
export interface ShownRow {
  /** As `dockerfileSteps` names them: `build 2/5`. */
  readonly row: string;
  readonly isCached: boolean;
  /** Whether it needs nothing: a download. */
  readonly isSource: boolean;
}

/** BuildKit's `[build 2/5] RUN make`, taken apart; the platform is left out. */
export function rowOf(name: string): string | undefined {
  const [, label, at, of] = /^\[(?:[a-z]+\/\S+ )?(?:(\S+) )?\s*(\d+)\/(\d+)\] /.exec(name) ?? [];
  return at === undefined ? undefined : `${label === undefined ? '' : `${label} `}${at}/${of}`;
}

/** The letters of BuildKit's rows (build-cache.md §5.2, §5.3). */
export function lettersOfRows(
  steps: readonly DockerfileStep[],
  rows: readonly ShownRow[],
): readonly CaseLetter[] {
  const byRow = new Map<string, ShownRow[]>();
  for (const row of rows) byRow.set(row.row, [...(byRow.get(row.row) ?? []), row]);
  return steps.map((step) => {
    if (step.name === 'FROM') return 'F';
    if (step.row === undefined) return '-';
    const names = [step.row, ...(step.otherRows ?? [])];
    const shown = names.map((name) => byRow.get(name)).find((each) => each !== undefined);
    if (shown === undefined) return 'S';
    const notSources = shown.filter(({ isSource }) => !isSource);
    const own = step.name === 'ADD' && notSources.length > 0 ? notSources : shown;
    return own.every(({ isCached }) => isCached) ? 'C' : 'R';
  });
}

/** `Step 2/5 : RUN make` of the classic builder, which numbers all instructions. */
export function lettersOfClassic(steps: readonly DockerfileStep[], output: string): readonly CaseLetter[] {
  const blocks = output.split(/^Step \d+\/\d+ : /m).slice(1);
  return steps.map((step, at) => {
    const block = blocks[at];
    if (block === undefined) return 'S';
    if (step.name === 'FROM') return 'F';
    if (step.stage < 0) return '-';
    return block.includes('Using cache') ? 'C' : 'R';
  });
}

/** `[1/2] STEP 2/5: RUN make` of buildah, which numbers the instructions of each stage. */
export function lettersOfBuildah(steps: readonly DockerfileStep[], output: string): readonly CaseLetter[] {
  const blocks = new Map<string, boolean>();
  const pieces = output.split(/^(?:\[(\d+)\/\d+\] )?STEP (\d+)\/\d+: /m);
  for (let at = 1; at < pieces.length; at += 3)
    blocks.set(
      `${Number(pieces[at] ?? 1) - 1} ${pieces[at + 1]}`,
      pieces[at + 2]?.includes('Using cache') === true,
    );
  return steps.map((step) => {
    if (step.stage < 0) return '-';
    if (step.name === 'FROM') return 'F';
    const isCached = blocks.get(`${step.stage} ${step.position}`);
    return isCached === undefined ? 'S' : isCached ? 'C' : 'R';
  });
}

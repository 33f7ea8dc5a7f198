import { isEngineError } from '../../base/errors.ts';
import type { BuildkitControl } from '../buildkitControl/buildkitControl.ts';
import type { SolveVertex } from '../buildkitControl/solveStatus.ts';

/** What the events of a finished build tell of one step. */
export interface StepTiming {
  /** The stage's label; empty when the build has one only. */
  readonly stage: string;
  /** `2/5` */
  readonly row?: string;
  /** The instruction as its row shows it. */
  readonly text: string;
  /** How long it ran; undefined when it was found. */
  readonly seconds?: number;
}

/** Events of a build that says more are not read. */
const maxEvents = 100_000;

/**
 * Replays a build's events: by their digests the steps' rows and times. Empty when the builder has them no more.
 *
 * @throws EngineError as {@link BuildkitControl} does.
 */
export async function readStepTimings(
  buildkit: BuildkitControl,
  ref: string,
  vertices: ReadonlyMap<string, number>,
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, StepTiming>> {
  const runs = new Map<number, Map<number, SolveVertex>>();
  let events = 0;
  try {
    for await (const status of buildkit.status(ref, signal)) {
      for (const vertex of status.vertices) note(runs, vertices.get(vertex.digest), vertex);
      events += 1 + status.vertices.length;
      if (events > maxEvents) break;
    }
  } catch (error) {
    if (isEngineError(error, 'cancelled') || isEngineError(error, 'unreachable')) throw error;
  }
  return new Map([...runs].map(([step, of]) => [step, toTiming([...of.values()])]));
}

/** A vertex may be started more than once: each run counts, by when it began. */
function note(
  runs: Map<number, Map<number, SolveVertex>>,
  step: number | undefined,
  vertex: SolveVertex,
): void {
  if (step === undefined) return;
  const of = runs.get(step) ?? new Map<number, SolveVertex>();
  of.set(vertex.started ?? 0, vertex);
  runs.set(step, of);
}

function toTiming(runs: readonly SolveVertex[]): StepTiming {
  const name = runs.at(-1)?.name ?? '';
  const [, place = '', row, text] = /^\[(?:([^\]]*) )?(\d+\/\d+)\] (.*)$/s.exec(name) ?? [];
  const isFound = runs.some(({ isCached }) => isCached);
  const milliseconds = runs.reduce(
    (sum, { started, completed }) => sum + (started === undefined ? 0 : (completed ?? started) - started),
    0,
  );
  return {
    // A platform stands before the stage's label, or alone.
    stage: place.split(' ').findLast((word) => word !== '' && !word.includes('/')) ?? '',
    ...(row !== undefined && { row }),
    text: text ?? name,
    ...(!isFound && { seconds: milliseconds / 1000 }),
  };
}

import type { BuildEvent, BuildOutputReader, VertexEvent } from './buildEvent.ts';

/**
 * Reads what buildah and podman print: `STEP 2/5: RUN make`, before it `[1/2] ` when there are more stages than one, and
 * `--> Using cache ID` where it was found. What a step prints without a line's end stands on the same line before them.
 */
export function buildahReader(now: () => number): BuildOutputReader {
  let current: VertexEvent | undefined;
  const read = (line: string): readonly BuildEvent[] => {
    const step = stepLine.exec(line);
    if (step !== null) {
      const before = current === undefined ? [] : [{ ...current, completed: now() }];
      current = { kind: 'vertex', id: `${step[1] ?? ''}step ${step[2] ?? ''}`, name: line, started: now() };
      return [...before, current];
    }
    const of = current;
    if (of === undefined) return line === '' ? [] : [{ kind: 'text', text: line }];
    if (line.startsWith('--> Using cache ')) return [{ ...of, isCached: true }];
    if (/^(\[\d+\/\d+\] )?COMMIT\b/.test(line)) {
      current = undefined;
      return [
        { ...of, completed: now() },
        { kind: 'text', text: line },
      ];
    }
    if (/^-->|^(?:Error|error|time=)/.test(line)) return [{ kind: 'text', text: line }];
    return [{ kind: 'log', vertex: of.id, text: `${line}\n` }];
  };
  return (line) => piecesOf(line, current?.name).flatMap(read);
}

const stepLine = /^(\[\d+\/\d+\] )?STEP (\d+)\/(\d+): /;

/** A line that begins with what a step printed, and goes on with what buildah says: an image's ID, or the step after it. */
function piecesOf(line: string, current: string | undefined): readonly string[] {
  if (current === undefined || stepLine.test(line)) return [line];
  const id = /--> (?:Using cache )?[0-9a-f]{11,64}$/.exec(line)?.index ?? -1;
  const ends = [id, ...followers(current).map((next) => line.indexOf(next))].filter((at) => at > 0);
  const at = Math.min(...ends);
  return ends.length === 0 ? [line] : [line.slice(0, at), line.slice(at)];
}

/** How the row after this one may begin: the next of its stage, or the first of a later stage. */
function followers(row: string): readonly string[] {
  const [, stage = '', step, steps] = stepLine.exec(row) ?? [];
  if (step !== steps) return [`${stage}STEP ${Number(step) + 1}/${steps ?? ''}: `];
  const [, number, count] = /^\[(\d+)\/(\d+)\]/.exec(stage) ?? [];
  return Array.from(
    { length: Math.min(Number(count ?? 0) - Number(number ?? 0), mostStages) },
    (_, later) => `[${Number(number) + 1 + later}/${count ?? ''}] STEP 1/`,
  );
}

/** Between two that are built, as many may be left out; of more, a line is left as it is. */
const mostStages = 100;

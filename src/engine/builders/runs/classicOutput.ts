import type { BuildOutputReader, VertexEvent } from './buildEvent.ts';

/**
 * Reads what the classic builder prints: `Step 2/5 : RUN make`, ` ---> Using cache` where it was found, and what the step
 * prints. Every instruction of the file is a step, in its order.
 */
export function classicReader(now: () => number): BuildOutputReader {
  let current: VertexEvent | undefined;
  return (line) => {
    const step = /^Step (\d+)\/\d+ : /.exec(line);
    if (step !== null) {
      const before = current === undefined ? [] : [{ ...current, completed: now() }];
      current = { kind: 'vertex', id: `step ${step[1] ?? ''}`, name: line, started: now() };
      return [...before, current];
    }
    const of = current;
    if (of === undefined) return line === '' ? [] : [{ kind: 'text', text: line }];
    if (line === ' ---> Using cache') return [{ ...of, isCached: true }];
    if (/^Successfully built [0-9a-f]+$/.test(line)) {
      current = undefined;
      return [
        { ...of, completed: now() },
        { kind: 'text', text: line },
      ];
    }
    if (isToldByBuilder(line)) return [{ kind: 'text', text: line }];
    return [{ kind: 'log', vertex: of.id, text: `${withoutColours(line)}\n` }];
  };
}

/** What the builder says itself between the lines of a step, or at the end. */
function isToldByBuilder(line: string): boolean {
  return /^ ---> |^Removing intermediate container |^# Executing \d+ build trigger|^The command .* returned a non-zero code: \d+$|^Error response from daemon: /s.test(
    line,
  );
}

/** What a step prints on its standard error comes in red. */
function withoutColours(line: string): string {
  // eslint-disable-next-line no-control-regex -- it is they that are looked for.
  return line.replace(/\x1b\[[0-9;]*m/g, '');
}

import type { BuildOutputReader, VertexEvent } from './buildEvent.ts';

/**
 * Reads what buildah and podman print: `STEP 2/5: RUN make`, before it `[1/2] ` when there are more stages than one, and
 * `--> Using cache ID` where it was found.
 */
export function buildahReader(now: () => number): BuildOutputReader {
  let current: VertexEvent | undefined;
  return (line) => {
    const step = /^(\[\d+\/\d+\] )?STEP (\d+)\/\d+: /.exec(line);
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
}

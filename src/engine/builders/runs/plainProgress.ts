import type { BuildEvent, BuildOutputReader, VertexEvent } from './buildEvent.ts';

/**
 * Reads `--progress=plain` of any BuildKit client: `#7 [3/4] COPY a b`, then lines that begin with the same number. Of
 * COPY --link there is one row, cached only when both of its vertices are.
 *
 * @param now milliseconds since 1970: the text tells durations only.
 */
export function plainReader(now: () => number): BuildOutputReader {
  const names = new Map<string, string>();
  return (line) => {
    const [, number, rest] = /^#(\d+) (.*)$/s.exec(line) ?? [];
    if (number === undefined || rest === undefined) return line === '' ? [] : [{ kind: 'text', text: line }];
    const known = names.get(number);
    if (known !== undefined) return eventOf(number, known, rest, now());
    names.set(number, rest);
    return [{ ...vertex(number, rest), started: now() }];
  };
}

function vertex(number: string, name: string): VertexEvent {
  return { kind: 'vertex', id: `#${number}`, name };
}

function eventOf(number: string, name: string, rest: string, at: number): readonly BuildEvent[] {
  const same = vertex(number, name);
  if (rest === 'CACHED') return [{ ...same, isCached: true, completed: at }];
  const done = /^DONE (\d+(?:\.\d+)?)s$/.exec(rest);
  if (done !== null) return [{ ...same, started: at - Math.round(Number(done[1]) * 1000), completed: at }];
  if (rest === 'CANCELED') return [{ ...same, completed: at, failure: canceled }];
  if (rest.startsWith('ERROR: ')) return [{ ...same, completed: at, failure: rest.slice(7) }];
  const log = /^\d+\.\d+ ?(.*)$/s.exec(rest);
  // What remains are sizes on their way, `...` of a pause, and the name again after one.
  return log === null ? [] : [{ kind: 'log', vertex: same.id, text: `${log[1] ?? ''}\n` }];
}

/** How BuildKit words a step that was stopped because another one failed, or by a person. */
export const canceled = 'context canceled';

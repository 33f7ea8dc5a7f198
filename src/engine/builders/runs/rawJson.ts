import { asList, asObject, type JsonObject, textMember } from '../../oci/json.ts';
import type { BuildEvent, BuildOutputReader, VertexEvent } from './buildEvent.ts';

/** Reads `--progress=rawjson` of buildx and buildctl: a JSON object on each line, and words of the client between them. */
export function rawJsonReader(): BuildOutputReader {
  return (line) => {
    const status = line.startsWith('{') ? objectOf(line) : undefined;
    return status === undefined ? [{ kind: 'text', text: line }] : eventsOf(status);
  };
}

function objectOf(line: string): JsonObject | undefined {
  try {
    return asObject(JSON.parse(line));
  } catch {
    return undefined;
  }
}

function eventsOf(status: JsonObject): readonly BuildEvent[] {
  return [
    ...objectsIn(status, 'vertexes').flatMap(vertexOf),
    ...objectsIn(status, 'logs').flatMap(logOf),
    ...objectsIn(status, 'warnings').flatMap(warningOf),
  ];
}

function objectsIn(status: JsonObject, name: string): readonly JsonObject[] {
  return asList(status[name])
    .map(asObject)
    .filter((each) => each !== undefined);
}

function vertexOf(vertex: JsonObject): readonly VertexEvent[] {
  const id = textMember(vertex, 'digest');
  if (id === undefined) return [];
  const [started, completed] = [timeOf(vertex['started']), timeOf(vertex['completed'])];
  const failure = textMember(vertex, 'error');
  return [
    {
      kind: 'vertex',
      id,
      name: textMember(vertex, 'name') ?? '',
      hasInputs: asList(vertex['inputs']).length > 0,
      ...(vertex['cached'] === true && { isCached: true }),
      ...(started !== undefined && { started }),
      ...(completed !== undefined && { completed }),
      ...(failure !== undefined && { failure }),
    },
  ];
}

function logOf(log: JsonObject): readonly BuildEvent[] {
  const vertex = textMember(log, 'vertex');
  const data = textMember(log, 'data');
  if (vertex === undefined || data === undefined) return [];
  return [{ kind: 'log', vertex, text: Buffer.from(data, 'base64').toString() }];
}

/** `short` is base64 as bytes are in Go's JSON. */
function warningOf(warning: JsonObject): readonly BuildEvent[] {
  const short = textMember(warning, 'short');
  if (short === undefined) return [];
  return [{ kind: 'text', text: `WARNING: ${Buffer.from(short, 'base64').toString()}` }];
}

function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}

import { isEngineError } from '../../base/errors.ts';
import { asObject, textMember } from '../../oci/json.ts';
import { ProtobufMessage } from '../../sources/grpc/protobufMessage.ts';
import type { BuildEvent, VertexEvent } from './buildEvent.ts';

/** One line of the answer to `POST /build`, taken apart. */
export interface ApiLine {
  readonly events: readonly BuildEvent[];
  /** What the classic builder prints, as it comes: no whole lines. */
  readonly stream?: string;
  readonly image?: string;
  readonly failure?: string;
}

/** @param value a parsed line. */
export function readApiLine(value: unknown): ApiLine {
  const line = asObject(value) ?? {};
  const failure = textMember(line, 'error');
  const stream = textMember(line, 'stream');
  const aux = line['aux'];
  if (line['id'] === 'moby.buildkit.trace' && typeof aux === 'string')
    return { events: traceEvents(Buffer.from(aux, 'base64')) };
  const image = textMember(asObject(aux) ?? {}, 'ID');
  return {
    events: [],
    ...(stream !== undefined && { stream }),
    ...(image !== undefined && { image }),
    ...(failure !== undefined && { failure }),
  };
}

/** A `moby.buildkit.v1.StatusResponse`: vertices, statuses, logs, warnings. One that is damaged tells nothing. */
export function traceEvents(bytes: Uint8Array): readonly BuildEvent[] {
  try {
    const status = ProtobufMessage.parse(bytes, 'moby.buildkit.trace');
    return [...status.messages(1).map(vertexOf), ...status.messages(3).map(logOf)];
  } catch (error) {
    if (isEngineError(error, 'damaged')) return [];
    throw error;
  }
}

/** Vertex: 1 digest, 2 inputs, 3 name, 4 cached, 5 started, 6 completed, 7 error. */
function vertexOf(vertex: ProtobufMessage): VertexEvent {
  const [started, completed] = [vertex.instant(5), vertex.instant(6)];
  const failure = vertex.text(7);
  return {
    kind: 'vertex',
    id: vertex.text(1),
    name: vertex.text(3),
    hasInputs: vertex.texts(2).length > 0,
    ...(vertex.isTrue(4) && { isCached: true }),
    ...(started !== undefined && { started }),
    ...(completed !== undefined && { completed }),
    ...(failure !== '' && { failure }),
  };
}

/** VertexLog: 1 vertex, 2 time, 3 stream, 4 bytes. */
function logOf(log: ProtobufMessage): BuildEvent {
  return { kind: 'log', vertex: log.text(1), text: log.text(4) };
}

import { isEngineError } from '../../base/errors.ts';
import { asObject, textMember } from '../../oci/json.ts';
import { parseSolveStatus, type SolveVertex } from '../buildkitControl/solveStatus.ts';
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

/** One that is damaged tells nothing. */
export function traceEvents(bytes: Uint8Array): readonly BuildEvent[] {
  try {
    const { vertices, logs } = parseSolveStatus(bytes, 'moby.buildkit.trace');
    return [...vertices.map(toVertexEvent), ...logs.map((log) => ({ kind: 'log' as const, ...log }))];
  } catch (error) {
    if (isEngineError(error, 'damaged')) return [];
    throw error;
  }
}

function toVertexEvent({
  digest,
  name,
  inputs,
  isCached,
  started,
  completed,
  failure,
}: SolveVertex): VertexEvent {
  return {
    kind: 'vertex',
    ...{ id: digest, name, hasInputs: inputs.length > 0 },
    ...(isCached && { isCached }),
    ...(started !== undefined && { started }),
    ...(completed !== undefined && { completed }),
    ...(failure !== '' && { failure }),
  };
}

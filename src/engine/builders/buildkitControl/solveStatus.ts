import { ProtobufMessage } from '../../sources/grpc/protobufMessage.ts';

/** What a build says of itself (`moby.buildkit.v1.StatusResponse`). Every text may be hostile. */
export interface SolveStatus {
  readonly vertices: readonly SolveVertex[];
  readonly logs: readonly SolveLog[];
}

/** Comes again whenever it changed. */
export interface SolveVertex {
  readonly digest: string;
  readonly inputs: readonly string[];
  readonly name: string;
  readonly isCached: boolean;
  /** Milliseconds since 1970. */
  readonly started?: number;
  readonly completed?: number;
  /** Why it failed; empty when it did not. */
  readonly failure: string;
  /** Vertices of one group are one row. */
  readonly group?: string;
}

export interface SolveLog {
  readonly vertex: string;
  readonly text: string;
}

/**
 * The answer's line `moby.buildkit.trace` of `POST /build?version=2`, base64 taken off (build-cache.md §5.1).
 *
 * @throws EngineError `damaged`.
 */
export function parseSolveStatus(bytes: Uint8Array, subject: string): SolveStatus {
  return toSolveStatus(ProtobufMessage.parse(bytes, subject));
}

/** Logs are taken apart when they are asked for: there may be megabytes of them. @throws EngineError `damaged`. */
export function toSolveStatus(message: ProtobufMessage): SolveStatus {
  return {
    vertices: message.messages(1).map(toVertex),
    get logs() {
      return message.messages(3).map((log) => ({ vertex: log.text(1), text: log.text(4) }));
    },
  };
}

function toVertex(message: ProtobufMessage): SolveVertex {
  const [started, completed] = [message.instant(5), message.instant(6)];
  const group = message.message(8)?.text(1);
  return {
    digest: message.text(1),
    inputs: message.texts(2),
    name: message.text(3),
    isCached: message.isTrue(4),
    ...(started !== undefined && { started }),
    ...(completed !== undefined && { completed }),
    failure: message.text(7),
    ...(group !== undefined && { group }),
  };
}

import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { abortable } from '../../base/abort.ts';
import { EngineError } from '../../base/errors.ts';
import { EngineConnection } from '../dockerEngine/connection.ts';
import type { ConnectionOptions } from '../dockerEngine/engineAgents.ts';
import { type EngineEndpoint, formatEndpoint } from '../dockerEngine/endpoint.ts';
import { connectionFailure, refusal } from '../dockerEngine/engineFailures.ts';
import { encodeProtobuf, type ProtobufFields } from './encodeProtobuf.ts';
import { grpcFailure } from './grpcFailures.ts';
import { readFrames, toFrame } from './grpcFrames.ts';
import { KeptSession } from './keptSession.ts';
import { openSession } from './openSession.ts';
import { ProtobufMessage } from './protobufMessage.ts';

export interface GrpcCallOptions {
  /** The call fails with `cancelled`, and the other side is told. */
  readonly signal?: AbortSignal | undefined;
  /** Fails when nothing comes for so long. 60 s when left out. */
  readonly idleMs?: number;
  /** Headers besides those of the protocol. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** Bytes of one message. 32 MiB when left out, twice what BuildKit sends. */
  readonly messageLimit?: number;
}

/** Questions of one status follow one another within seconds. */
const keptMs = 30_000;

/**
 * Calls gRPC services behind an engine's API socket or on BuildKit's own. Connects at the first call, and keeps that one
 * connection for a while.
 *
 * Calls throw EngineError whose subject is the endpoint: `unreachable`, `denied`, `unsupported` (no such call: it is too
 * old, or no BuildKit), `not-found`, `limit-exceeded`, `truncated`, `damaged`, `refused` (in its own words), `cancelled`.
 */
export class GrpcClient implements Disposable {
  readonly #connection: EngineConnection;
  readonly #session: KeptSession;

  constructor(endpoint: EngineEndpoint, options: ConnectionOptions & { readonly keptMs?: number } = {}) {
    this.#connection = new EngineConnection(endpoint, options);
    this.#session = new KeptSession(() => openSession(this.#connection), options.keptMs ?? keptMs);
  }

  /** @param method `package.Service/Method`. */
  async unary(method: string, request: ProtobufFields, options?: GrpcCallOptions): Promise<ProtobufMessage> {
    let answer: ProtobufMessage | undefined;
    for await (const message of this.stream(method, request, options)) answer = message;
    if (answer === undefined) throw new EngineError('truncated', this.#subject, `${method}: no answer came`);
    return answer;
  }

  /** The messages as they come. Leaving the loop cancels the call. */
  async *stream(
    method: string,
    request: ProtobufFields,
    options: GrpcCallOptions = {},
  ): AsyncGenerator<ProtobufMessage> {
    const { endpoint } = this.#connection;
    const { signal, idleMs = 60_000, messageLimit = 32 * 2 ** 20, metadata } = options;
    const taken = this.#session.take();
    try {
      const session = await abortable(taken, signal, this.#subject);
      const stream = startCall(session, method, request, { metadata, signal });
      yield* this.#answer(stream, method, { idleMs, messageLimit });
    } catch (error) {
      throw connectionFailure(error, endpoint, signal);
    } finally {
      this.#session.release();
    }
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
    this.#connection[Symbol.dispose]();
  }

  get #subject(): string {
    return formatEndpoint(this.#connection.endpoint);
  }

  async *#answer(
    stream: ClientHttp2Stream,
    method: string,
    { idleMs, messageLimit }: { readonly idleMs: number; readonly messageLimit: number },
  ): AsyncGenerator<ProtobufMessage> {
    const ending = followEnding(stream);
    stream.setTimeout(idleMs, () => {
      const detail = `${method}: it has said nothing for ${idleMs / 1000} s`;
      stream.destroy(new EngineError('unreachable', this.#subject, detail));
    });
    try {
      for await (const frame of readFrames(stream, messageLimit, this.#subject))
        yield ProtobufMessage.parse(frame, `${this.#subject} ${method}`);
      checkEnding(ending(), this.#connection.endpoint);
    } finally {
      stream.destroy();
    }
  }
}

function startCall(
  session: ClientHttp2Session,
  method: string,
  request: ProtobufFields,
  { metadata, signal }: Pick<GrpcCallOptions, 'metadata' | 'signal'>,
): ClientHttp2Stream {
  const headers = { ...metadata, 'content-type': 'application/grpc', te: 'trailers' };
  const target = { ':method': 'POST', ':path': `/${method}` };
  const stream = session.request({ ...target, ...headers }, signal === undefined ? {} : { signal });
  stream.end(toFrame(encodeProtobuf(request)));
  return stream;
}

interface Ending {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
}

/** What the headers before and behind the messages have said so far. */
function followEnding(stream: ClientHttp2Stream): () => Ending {
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.once('response', (received) => (headers = received));
  stream.once('trailers', (received: IncomingHttpHeaders) => (trailers = received));
  return () => ({ headers, trailers });
}

/** @throws EngineError unless the call has ended well. A call that fails at once says so in its headers. */
function checkEnding({ headers, trailers }: Ending, endpoint: EngineEndpoint): void {
  const httpStatus = Number(headers[':status']);
  if (httpStatus >= 300) throw refusal(httpStatus, httpStatus === 404 ? 'not found' : '', endpoint);
  const failure = failureOf({ headers, trailers }, endpoint);
  if (failure !== undefined) throw failure;
}

function failureOf({ headers, trailers }: Ending, endpoint: EngineEndpoint): EngineError | undefined {
  const subject = formatEndpoint(endpoint);
  const said = trailers['grpc-status'] === undefined ? headers : trailers;
  const status = said['grpc-status'];
  if (status === undefined) return new EngineError('truncated', subject, 'the answer ended without a status');
  if (status === '0') return undefined;
  return grpcFailure(Number(status), String(said['grpc-message'] ?? ''), subject);
}

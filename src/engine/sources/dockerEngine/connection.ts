import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { type Duplex, PassThrough, type Readable } from 'node:stream';
import { EngineError } from '../../base/errors.ts';
import { type ConnectionOptions, EngineAgents } from './engineAgents.ts';
import { type EngineEndpoint, formatEndpoint } from './endpoint.ts';
import { connectionFailure, refusal, truncatedAnswer } from './engineFailures.ts';
import { IdleWatch } from './idleWatch.ts';
import { errorLimit, readBeginning } from './readBody.ts';
import { writeBody } from './writeBody.ts';

export interface EngineRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** With version and query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
  /** Fails when nothing moves for so long, from the request to the answer's end. Without it, waits for ever. */
  readonly idleMs?: number | undefined;
  /** The same until the answer begins; a stream may then be silent. */
  readonly answerMs?: number | undefined;
}

export interface EngineResponse {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  /** Fails with EngineErrors. Destroying it closes the connection. */
  readonly body: Readable;
}

/** One request on its way. */
interface Exchange {
  readonly request: EngineRequest;
  readonly sent: ClientRequest;
  body: Readable | undefined;
  /** What ended it from our side. */
  cause: EngineError | undefined;
}

/** HTTP to one engine over whatever leads there. Never follows redirects. Connects when asked something. */
export class EngineConnection implements Disposable {
  readonly endpoint: EngineEndpoint;
  readonly #agents: EngineAgents;

  constructor(endpoint: EngineEndpoint, options: ConnectionOptions = {}) {
    this.endpoint = endpoint;
    this.#agents = new EngineAgents(endpoint, options);
  }

  /** @throws EngineError when nobody answers, or answers with 300 and more (but 304). */
  async request(request: EngineRequest): Promise<EngineResponse> {
    const { farProgram } = this.#agents;
    try {
      return await this.#send(request);
    } catch (error) {
      const isStale = error instanceof StaleConnection;
      if (isStale) return await this.#send(request);
      // The far side has no docker, and has received nothing: it may have Podman.
      if (farProgram === 'docker' && this.#agents.farProgram === 'podman' && !isStream(request.body))
        return await this.#send(request).catch(() => {
          throw error;
        });
      throw error;
    }
  }

  /**
   * Asks for the raw connection, for attach and exec, or for another protocol on it. What was said before it was handed
   * over is unshifted.
   */
  upgrade(request: EngineRequest, protocol: 'tcp' | 'h2c' = 'tcp'): Promise<Duplex> {
    return new Promise((resolve, reject) => {
      const headers = { ...request.headers, Connection: 'Upgrade', Upgrade: protocol };
      const sent = this.#open({ ...request, headers });
      sent.once('upgrade', (_response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
      });
      sent.once('response', (response) => {
        this.#refuse(response, request).catch(reject);
      });
      sent.once('error', (error) => {
        reject(connectionFailure(error, this.endpoint, request.signal));
      });
      writeBody(sent, { body: request.body, onSent: () => undefined, onFailure: reject });
    });
  }

  /** Begins a connection for a protocol that is not HTTP/1. Failures come as its `error` event. */
  dial(): Duplex {
    return this.#agents.dial();
  }

  /** Closes idle connections; those in use end with their calls. */
  [Symbol.dispose](): void {
    this.#agents.destroy();
  }

  async #send(request: EngineRequest): Promise<EngineResponse> {
    const sent = this.#open(request);
    const exchange: Exchange = { request, sent, body: undefined, cause: undefined };
    const { idleMs, answerMs } = request;
    const watch = new IdleWatch(idleMs, () => {
      (exchange.body ?? sent).destroy(this.#silence(idleMs ?? 0));
    });
    const beginning = new IdleWatch(answerMs, () => {
      sent.destroy(this.#silence(answerMs ?? 0));
    });
    try {
      const response = await this.#answer(exchange, watch);
      exchange.body = this.#body(response, exchange, watch);
      return { status: response.statusCode ?? 0, headers: response.headers, body: exchange.body };
    } catch (error) {
      watch.stop();
      throw error;
    } finally {
      beginning.stop();
    }
  }

  #open({ method, path, headers, signal }: EngineRequest): ClientRequest {
    const host = this.endpoint.kind === 'tcp' ? this.endpoint.host : 'docker';
    return httpRequest({
      agent: this.#agents.forMethod(method),
      method,
      path,
      // Go's server wants a host that is one; which one does not matter on a socket.
      headers: { Host: host.includes(':') ? `[${host}]` : host, 'User-Agent': 'Lamina', ...headers },
      ...(signal && { signal }),
    });
  }

  #answer(exchange: Exchange, watch: IdleWatch): Promise<IncomingMessage> {
    const { request, sent } = exchange;
    return new Promise((resolve, reject) => {
      sent.once('response', (response) => {
        const status = response.statusCode ?? 0;
        if (status < 300 || status === 304) resolve(response);
        else this.#refuse(response, request).catch(reject);
      });
      // Stays after the answer: a later failure is the body's too.
      sent.on('error', (error) => {
        const mayRepeat = sent.reusedSocket && request.signal?.aborted !== true && isRepeatable(request);
        if (mayRepeat && isBroken(error)) reject(new StaleConnection(error.message));
        else reject(connectionFailure(error, this.endpoint, request.signal));
      });
      writeBody(sent, {
        body: request.body,
        onSent: () => {
          watch.touch();
        },
        onFailure: (error) => {
          exchange.cause = error;
        },
      });
    });
  }

  async #refuse(response: IncomingMessage, { signal }: EngineRequest): Promise<never> {
    const status = response.statusCode ?? 0;
    const text = await readBeginning(response, errorLimit);
    response.destroy();
    if (signal?.aborted === true) throw connectionFailure(undefined, this.endpoint, signal);
    if (status < 300) {
      const detail = `it did not hand over the connection (HTTP ${status})`;
      throw new EngineError('unsupported', formatEndpoint(this.endpoint), detail);
    }
    throw refusal(status, text, this.endpoint);
  }

  /** The answer's bytes, whose failures are EngineErrors. */
  #body(response: IncomingMessage, exchange: Exchange, watch: IdleWatch): Readable {
    const body = new PassThrough({ highWaterMark: 2 ** 18 });
    const { signal } = exchange.request;
    response.on('data', () => {
      watch.touch();
    });
    response.once('error', (error) => {
      const isCut = isBroken(error) && signal?.aborted !== true;
      const failure = isCut
        ? truncatedAnswer(this.endpoint, error)
        : connectionFailure(error, this.endpoint, signal);
      body.destroy(exchange.cause ?? failure);
    });
    body.once('close', () => {
      watch.stop();
      response.destroy();
    });
    return response.pipe(body);
  }

  #silence(idleMs: number): EngineError {
    const detail = `it has said nothing for ${idleMs / 1000} s`;
    return new EngineError('unreachable', formatEndpoint(this.endpoint), detail);
  }
}

/** An idle connection that had ended when it was to be used again. Goes no further than this file. */
class StaleConnection extends Error {}

function isRepeatable({ method }: EngineRequest): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isBroken(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

function isStream(body: EngineRequest['body']): boolean {
  return body !== undefined && !(body instanceof Uint8Array);
}

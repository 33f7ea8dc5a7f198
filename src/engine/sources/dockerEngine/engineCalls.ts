import type { Duplex } from 'node:stream';
import { abortable } from '../../base/abort.ts';
import { EngineError, isEngineError } from '../../base/errors.ts';
import { type Logger, silentLogger } from '../../base/log.ts';
import { formatEndpoint } from './endpoint.ts';
import { type Negotiated, negotiate } from './apiVersion.ts';
import type { EngineConnection, EngineRequest, EngineResponse } from './connection.ts';
import { jsonLimit, readBody } from './readBody.ts';

/** Values of a query: `false` and undefined are left out, bytes stay as they are, other objects become JSON. */
export type Query = Readonly<Record<string, string | number | boolean | object | undefined>>;

export interface EngineCall extends Pick<EngineRequest, 'body' | 'signal' | 'idleMs' | 'answerMs'> {
  readonly method?: EngineRequest['method'];
  /** Without version and query, its variable parts made by {@link pathPart}. */
  readonly path: string;
  readonly query?: Query | undefined;
  readonly json?: object;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An ordinary question that is not answered by then will not be. */
const ordinaryMs = 60_000;

/** Calls of one engine's API, pinned to the version agreed on. */
export class EngineCalls implements Disposable {
  readonly connection: EngineConnection;
  readonly #log: Logger;
  #negotiated: Promise<Negotiated> | undefined;

  constructor(connection: EngineConnection, log: Logger = silentLogger) {
    this.connection = connection;
    this.#log = log;
  }

  get subject(): string {
    return formatEndpoint(this.connection.endpoint);
  }

  /** Asked once; again after a failure. Callers share it, so that no one's signal can cancel it for the others. */
  negotiated(): Promise<Negotiated> {
    this.#negotiated ??= negotiate(this.connection).catch((error: unknown) => {
      this.#negotiated = undefined;
      throw error;
    });
    return this.#negotiated;
  }

  /** What was agreed on is asked anew at the next call: the engine may be another one. */
  forget(): void {
    this.#negotiated = undefined;
  }

  /** The answer's JSON, whatever it is; undefined when the body is empty. */
  async json(call: EngineCall): Promise<unknown> {
    return this.parse(await this.bytes(call), call.path);
  }

  /** @param what the question, for the message when the answer is no JSON. */
  parse(bytes: Buffer, what: string): unknown {
    if (bytes.length === 0) return undefined;
    try {
      return JSON.parse(bytes.toString('utf8')) as unknown;
    } catch (cause) {
      throw new EngineError('refused', this.subject, `the answer to ${what} is not JSON`, { cause });
    }
  }

  async bytes(call: EngineCall): Promise<Buffer> {
    const { body } = await this.stream({ idleMs: ordinaryMs, ...call });
    return readBody(body, jsonLimit, this.connection.endpoint);
  }

  /** The answer as it comes, without a limit of time unless the call names one. */
  async stream(call: EngineCall): Promise<EngineResponse> {
    return this.#remembering(call, async (request) => this.connection.request(request));
  }

  /** The raw connection. */
  async upgrade(call: EngineCall): Promise<Duplex> {
    return this.#remembering(call, async (request) => this.connection.upgrade(request));
  }

  [Symbol.dispose](): void {
    this.connection[Symbol.dispose]();
  }

  async #remembering<T>(call: EngineCall, send: (request: EngineRequest) => Promise<T>): Promise<T> {
    const { apiVersion } = await abortable(this.negotiated(), call.signal, this.subject);
    const request = toRequest(call, apiVersion);
    this.#log.debug(`${this.subject}: ${request.method} ${request.path.slice(0, 300)}`);
    try {
      return await send(request);
    } catch (error) {
      if (isEngineError(error, 'unreachable') || isVersionRefusal(error)) this.forget();
      if (isEngineError(error))
        this.#log.debug(`${this.subject}: ${call.path}: ${error.code}: ${error.detail}`);
      throw error;
    }
  }
}

/** A name or ID as part of a path: slashes stay, since routes of names take them. */
export function pathPart(name: string): string {
  return encodeURIComponent(name).replaceAll('%2F', '/').replaceAll('%3A', ':').replaceAll('%40', '@');
}

function toRequest(call: EngineCall, apiVersion: string): EngineRequest {
  const { method = 'GET', path, query = {}, json, body, signal, idleMs, answerMs, headers } = call;
  const text = queryText(query);
  return {
    method,
    path: `/v${apiVersion}${path}${text === '' ? '' : `?${text}`}`,
    headers: { ...headers, ...(json && { 'Content-Type': 'application/json' }) },
    ...(json && { body: Buffer.from(JSON.stringify(json)) }),
    ...(body && { body }),
    ...{ signal, idleMs, answerMs },
  };
}

function queryText(query: Query): string {
  const parameters: string[] = [];
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === false) continue;
    for (const each of Array.isArray(value) ? (value as readonly unknown[]) : [value])
      if (each instanceof Uint8Array) parameters.push(`${name}=${percentEncoded(each)}`);
      else parameters.push(new URLSearchParams([[name, valueText(each)]]).toString());
  }
  return parameters.join('&');
}

/** Names of files need not be UTF-8. */
function percentEncoded(bytes: Uint8Array): string {
  const encoded = Array.from(bytes, (byte) => {
    const character = String.fromCharCode(byte);
    return /[\w./~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return encoded.join('');
}

function valueText(value: unknown): string {
  if (value === true) return '1';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The engine has changed under us: another version has to be agreed on. */
function isVersionRefusal(error: unknown): boolean {
  return isEngineError(error, 'refused') && /client version .* is too (new|old)/.test(error.detail);
}

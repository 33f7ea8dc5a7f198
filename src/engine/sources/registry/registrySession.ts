import { EngineError, toEngineError } from '../../base/errors.ts';
import { type Logger, silentLogger } from '../../base/log.ts';
import { Authorizer, type Permission } from './authorizer.ts';
import { parseChallenges } from './challenge.ts';
import { followRedirects } from './followRedirects.ts';
import type { HttpRequest, HttpResponse, RequestBody } from './httpMessage.ts';
import type { Network } from './network.ts';
import { Notices } from './notices.ts';
import { discard } from './readDocument.ts';
import { Secrets } from './redact.ts';
import { failureOf } from './registryErrors.ts';
import {
  defaultTimeouts,
  type RegistryAccess,
  type RegistryCall,
  type RegistryPorts,
  type Timeouts,
} from './registryAccess.ts';
import type { SendToken } from './tokens.ts';
import { Transport } from './transport.ts';
import { type WaitReason, withRetries } from './retryWaits.ts';

/** One question to the registry. */
export interface Ask extends Permission {
  /** What is asked for, for errors: `library/nginx:latest`. */
  readonly about: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  /** The statuses that are answers; all others are errors. */
  readonly accept: readonly number[];
  /** The body is a blob, which takes the time that it takes. */
  readonly isBlob?: boolean;
  /** Sent once: when the connection breaks, the caller first finds out how far it came. */
  readonly isOnce?: boolean;
}

/** Requests to a registry at one origin: signed in, repeated, led on, and with errors that hold no secret. */
export class RegistrySession {
  readonly origin: string;
  readonly access: RegistryAccess;
  readonly timeouts: Timeouts;
  readonly #transport: Transport;
  readonly #authorizer: Authorizer;
  readonly #secrets = new Secrets();
  readonly #notices = new Notices();
  readonly #log: Logger;
  readonly #onNotice: RegistryPorts['onNotice'];
  #hasAnswered = false;

  constructor(access: RegistryAccess, ports: RegistryPorts, origin: string, network: Network) {
    this.access = access;
    this.origin = origin;
    this.timeouts = { ...defaultTimeouts, ...access.timeouts };
    this.#transport = new Transport(access, origin, network);
    this.#log = ports.log ?? silentLogger;
    this.#onNotice = ports.onNotice;
    this.#authorizer = new Authorizer({
      domain: access.domain,
      origin,
      credentials: ports.credentials,
      secrets: this.#secrets,
      send: (call) => this.#tokenSender(call),
      onAnswer: ({ problems }) => {
        for (const { code, subject, detail } of problems)
          this.#log.warn(
            this.#secrets.hide(`credentials of ${access.domain}: ${code}: ${subject}: ${detail}`),
          );
      },
    });
  }

  /** @throws EngineError as {@link RegistryClient} says. */
  async request(ask: Ask, call: RegistryCall = {}): Promise<HttpResponse> {
    const heard = this.listening(call);
    try {
      const response = await this.#signed(ask, heard);
      if (response.status !== 401) this.#hasAnswered = true;
      if (ask.accept.includes(response.status)) return response;
      throw await failureOf(response, this.subjectOf(ask.about), call.signal);
    } catch (error) {
      const failure = this.clean(error, ask.about);
      if (failure.code === 'unauthorized') this.#authorizer.forget();
      this.#log.debug(`registry: ${ask.method} ${failure.subject}: ${failure.code}: ${failure.detail}`);
      throw failure;
    }
  }

  /** Whether the registry has let a request in, so that it is known how it wants to be asked. */
  get hasAnswered(): boolean {
    return this.#hasAnswered;
  }

  /** The headers of a request that is made elsewhere, `Authorization` included. */
  async signedHeaders(ask: Ask, call: RegistryCall): Promise<Record<string, string>> {
    try {
      const authorization = await this.#authorizer.known(ask, this.listening(call));
      return this.#headersOf(ask, authorization);
    } catch (error) {
      throw this.clean(error, ask.about);
    }
  }

  /** The error about what was asked of this registry, without secrets in it, nor in its cause. */
  clean(error: unknown, about: string): EngineError {
    const subject = this.subjectOf(about);
    const failure = toEngineError(error, subject);
    const place = failure.subject === subject ? this.#host : placeOf(failure.subject);
    const where = place === this.#host ? '' : `${place}: `;
    const detail = this.#secrets.hide(`${where}${failure.detail}`);
    const cause = isPlainCause(failure.cause) ? { cause: failure.cause } : undefined;
    return new EngineError(failure.code, subject, detail, cause);
  }

  subjectOf(about: string): string {
    return this.#secrets.hide(about === '' ? this.access.domain : `${this.access.domain}/${about}`);
  }

  close(): void {
    this.#authorizer.forget();
    this.#transport.close();
  }

  /** One renewal for a request, whatever the registry answers: a loop of refusals ends here. */
  async #signed(ask: Ask, call: RegistryCall): Promise<HttpResponse> {
    const authorization = await this.#authorizer.known(ask, call);
    const response = await this.#repeated(ask, authorization, call);
    if (response.status !== 401 || !this.#isOurs(response.url)) return response;
    // Only the registry itself may ask for credentials, not who it led us to (containerd CVE-2020-15157).
    const challenges = parseChallenges(challengesOf(response));
    const next = await this.#authorizer.renew(challenges, ask, authorization, call);
    if (next === undefined) return response;
    await discard(response);
    return this.#repeated(ask, next, call);
  }

  #repeated(ask: Ask, authorization: string | undefined, call: RegistryCall): Promise<HttpResponse> {
    const request = { ...this.#requestOf(ask), headers: this.#headersOf(ask, authorization) };
    const attempt = async (): Promise<HttpResponse> => {
      const response = await followRedirects(this.#transport, request, call.signal);
      this.#heed(request.method, response, call);
      return response;
    };
    // What is refused for its rate has not been heard at all.
    const mayRepeat = (reason: WaitReason): boolean => ask.isOnce !== true || reason === 'rate-limited';
    return withRetries(attempt, this.timeouts, call, mayRepeat);
  }

  #requestOf({ method, url, body, isBlob }: Ask): HttpRequest {
    const { connectMs, idleMs, commitMs, documentMs } = this.timeouts;
    const deadline = isBlob === true ? {} : { deadlineMs: documentMs };
    return { method, url, headers: {}, connectMs, idleMs, commitMs, ...deadline, ...(body && { body }) };
  }

  #headersOf({ headers }: Ask, authorization: string | undefined): Record<string, string> {
    return {
      'User-Agent': this.access.userAgent,
      'Accept-Encoding': 'identity',
      ...headers,
      ...(authorization !== undefined && { Authorization: authorization }),
    };
  }

  #tokenSender(call: RegistryCall): SendToken {
    return (request) => {
      const { connectMs, idleMs, commitMs, documentMs } = this.timeouts;
      const whole = {
        ...request,
        headers: { 'User-Agent': this.access.userAgent, Accept: 'application/json', ...request.headers },
        connectMs,
        idleMs,
        commitMs,
        deadlineMs: documentMs,
      };
      const attempt = async (): Promise<HttpResponse> => {
        const response = await followRedirects(this.#transport, whole, call.signal);
        this.#heed(request.method, response, call);
        return response;
      };
      return withRetries(attempt, this.timeouts, call);
    };
  }

  /** Writes the exchange into the log and tells what the registry makes known beside its answer. */
  #heed(method: string, response: HttpResponse, call: RegistryCall): void {
    this.#log.trace(this.#secrets.hide(`registry: ${method} ${response.url} → ${response.status}`));
    for (const notice of this.#notices.of(response)) call.onNotice?.(notice);
  }

  /** The call with a listener, the client's own where it has none; what it hears holds no secret. */
  listening(call: RegistryCall): RegistryCall {
    const tell = call.onNotice ?? this.#onNotice;
    if (tell === undefined) return call;
    return {
      ...call,
      onNotice: (notice) => {
        tell(notice.kind === 'warning' ? { ...notice, text: this.#secrets.hide(notice.text) } : notice);
      },
    };
  }

  get #host(): string {
    return new URL(this.origin).host;
  }

  #isOurs(url: string): boolean {
    return new URL(url).origin === this.origin;
  }
}

function challengesOf({ headers }: HttpResponse): readonly string[] {
  const header = headers['www-authenticate'];
  return header === undefined ? [] : [header];
}

/** The host of a URL; what is none is taken to be a host. */
function placeOf(subject: string): string {
  return /^https?:/.test(subject) ? (URL.parse(subject)?.host ?? '') : subject;
}

/** Codes of the system say why and hold nothing else. */
function isPlainCause(cause: unknown): boolean {
  const isCoded = typeof cause === 'object' && cause !== null && Object.keys(cause).join() === 'code';
  return isCoded && !(cause instanceof EngineError);
}

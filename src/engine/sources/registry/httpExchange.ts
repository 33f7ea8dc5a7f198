import * as http from 'node:http';
import * as https from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { SecureContext } from 'node:tls';
import type { EngineError } from '../../base/errors.ts';
import type { HttpRequest, HttpResponse, RequestBody } from './httpMessage.ts';
import { isBrokenConnection, toTransportError } from './transportErrors.ts';
import { watchTime } from './watchTime.ts';

/** How the connection is made. */
export interface Route {
  readonly agent: http.Agent;
  readonly secureContext?: SecureContext | undefined;
  readonly lookup?: http.RequestOptions['lookup'] | undefined;
  /** A proxy that takes plain requests whole. */
  readonly proxy?: { readonly url: URL; readonly authorization: string | undefined } | undefined;
}

/** Headers beyond this are an attack. */
const maxHeaderSize = 64 * 1024;

/**
 * Sends a request and answers when the response's head is there. A connection that was kept from an earlier request may
 * have been closed meanwhile: what only reads is then sent once more.
 *
 * @throws EngineError `unreachable`, `insecure` (a certificate that is not trusted), `limit-exceeded`, `cancelled`; what
 *   the body's source throws.
 */
export async function exchange(
  request: HttpRequest,
  route: Route,
  signal?: AbortSignal,
): Promise<HttpResponse> {
  const outcome = await attempt(request, route, signal);
  const mayBeStale = 'failure' in outcome && outcome.wasKept && isBrokenConnection(outcome.failure);
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  return answerOrThrow(mayBeStale && isRead ? await attempt(request, route, signal) : outcome);
}

interface Failed {
  readonly failure: EngineError;
  /** Whether the connection was kept from an earlier request. */
  readonly wasKept: boolean;
}

function answerOrThrow(outcome: HttpResponse | Failed): HttpResponse {
  if ('failure' in outcome) throw outcome.failure;
  return outcome;
}

function attempt(
  request: HttpRequest,
  route: Route,
  signal: AbortSignal | undefined,
): Promise<HttpResponse | Failed> {
  return new Promise((resolve) => {
    const sent = open(request, route, signal);
    const fail = (error: unknown): void => {
      sent.destroy();
      resolve({ failure: toTransportError(error, request.url, signal), wasKept: sent.reusedSocket });
    };
    watchTime(sent, request, fail);
    sent.on('error', fail);
    const answered = new Promise<http.IncomingMessage>((answer) => sent.once('response', answer));
    void answered.then((response) => {
      resolve(answerOf(response, request.url));
    });
    send(sent, request.body, answered).catch(fail);
  });
}

function answerOf(response: http.IncomingMessage, url: string): HttpResponse {
  // A body that breaks says so where it is read; who does not read it shall not be brought down by it.
  response.on('error', () => undefined);
  const { statusCode: status = 0, headers, socket } = response;
  return { status, headers, body: response, url, address: socket.remoteAddress };
}

function open(request: HttpRequest, route: Route, signal: AbortSignal | undefined): http.ClientRequest {
  const url = new URL(request.url);
  const viaProxy = route.proxy !== undefined;
  const target = route.proxy?.url ?? url;
  const options: https.RequestOptions = {
    method: request.method,
    hostname: target.hostname.replace(/^\[|\]$/g, ''),
    port: target.port,
    path: viaProxy ? `${url.origin}${url.pathname}${url.search}` : `${url.pathname}${url.search}`,
    headers: headersOf(request, url, route),
    agent: route.agent,
    maxHeaderSize,
    ...(route.lookup !== undefined && { lookup: route.lookup }),
    ...(route.secureContext !== undefined && { secureContext: route.secureContext }),
    ...(signal !== undefined && { signal }),
  };
  return target.protocol === 'https:' ? https.request(options) : http.request(options);
}

function headersOf(request: HttpRequest, url: URL, { proxy }: Route): Record<string, string> {
  return {
    ...request.headers,
    // Node takes the host's name from where it connects to, which is the proxy.
    Host: url.host,
    ...(request.body !== undefined && { 'Content-Length': String(request.body.size) }),
    ...(proxy?.authorization !== undefined && { 'Proxy-Authorization': proxy.authorization }),
  };
}

async function send(
  sent: http.ClientRequest,
  body: RequestBody | undefined,
  answered: Promise<unknown>,
): Promise<void> {
  if (body === undefined) sent.end();
  // Who has answered may stop listening: then the answer counts, not that the rest could not be sent.
  else await Promise.race([pipeline(body.open(), sent), answered]);
}

import { EngineError } from '../../base/errors.ts';
import type { HttpRequest, HttpResponse } from './httpMessage.ts';
import { discard } from './readDocument.ts';
import type { Transport } from './transport.ts';

const maxRedirects = 5;

/**
 * Sends a request and follows where it is led, by the rules of formats.md §6: at most five times, only to read, never
 * from TLS to plain http, and without `Authorization` from the first other origin (scheme, host and port) on.
 *
 * @throws EngineError `insecure` when a rule says no; `refused` for a redirect that leads nowhere or too far; as
 *   {@link Transport.send}.
 */
export async function followRedirects(
  transport: Transport,
  first: HttpRequest,
  signal?: AbortSignal,
): Promise<HttpResponse> {
  let request = first;
  for (let followed = 0; ; followed++) {
    const response = await transport.send(request, signal);
    if (!isRedirect(response.status)) return response;
    await discard(response);
    if (followed === maxRedirects)
      throw new EngineError('refused', first.url, `it redirects more than ${maxRedirects} times`);
    request = redirected(request, response);
  }
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function redirected(request: HttpRequest, { headers, status }: HttpResponse): HttpRequest {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    throw new EngineError('insecure', request.url, `it redirects a ${request.method}`);
  const from = new URL(request.url);
  const to = URL.parse(headers.location ?? '', request.url);
  if (headers.location === undefined || to === null)
    throw new EngineError('refused', request.url, `it answers ${status} and names no place to go to`);
  if (from.protocol === 'https:' && to.protocol !== 'https:')
    throw new EngineError('insecure', request.url, 'it redirects from https to http');
  // A user in the place's name would become credentials of someone else's choice.
  to.username = '';
  to.password = '';
  to.hash = '';
  return {
    ...request,
    url: to.href,
    headers: from.origin === to.origin ? request.headers : stripped(request),
  };
}

function stripped({ headers }: HttpRequest): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => !/^(?:authorization|cookie)$/i.test(name)),
  );
}

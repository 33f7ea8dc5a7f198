import { EngineError } from '../../base/errors.ts';
import { asObject, member, parseJson, textMember } from '../../oci/json.ts';
import type { Challenge } from './challenge.ts';
import type { Credential } from './credentials.ts';
import type { HttpRequest, HttpResponse } from './httpMessage.ts';
import { documentLimits, readDocument } from './readDocument.ts';
import { failureOf } from './registryErrors.ts';
import type { Scope } from './scopes.ts';

/** Where tokens are to be had, from a `Bearer` challenge. */
export interface TokenServer {
  readonly realm: string;
  readonly service: string | undefined;
}

export interface AccessToken {
  readonly value: string;
  /** By this machine's clock, in milliseconds. */
  readonly expiresAtMs: number;
}

/** Sends a request to a token server; redirects, retries and times are the sender's. */
export type SendToken = (
  request: Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>,
) => Promise<HttpResponse>;

/**
 * The token server of a challenge, if it may be asked: by TLS, except that a registry without TLS may name one on its
 * own host (oras-go CVE-2026-48978). Its address is checked where it is connected to.
 *
 * @throws EngineError `insecure`, `refused`.
 */
export function tokenServerOf(challenge: Challenge, registryOrigin: string): TokenServer {
  const realm = challenge.parameters.get('realm') ?? '';
  const url = URL.parse(realm);
  const registry = new URL(registryOrigin);
  if (url === null) throw new EngineError('refused', registry.host, 'its token server is no URL');
  if (url.username !== '' || url.password !== '')
    throw new EngineError('insecure', registry.host, 'the URL of its token server holds a user');
  const isOwnPlain =
    url.protocol === 'http:' && registry.protocol === 'http:' && url.hostname === registry.hostname;
  if (url.protocol !== 'https:' && !isOwnPlain)
    throw new EngineError(
      'insecure',
      registry.host,
      `its token server ${url.origin} is not reached by https`,
    );
  url.hash = '';
  return { realm: url.href, service: challenge.parameters.get('service') };
}

/**
 * Gets a token for the scopes (formats.md §4.2). It may allow less than was asked for.
 *
 * @throws EngineError `unauthorized`, `refused`, and as the sender.
 */
export async function requestToken(
  server: TokenServer,
  scopes: readonly Scope[],
  credential: Credential | undefined,
  send: SendToken,
  signal?: AbortSignal,
): Promise<AccessToken> {
  const askedAtMs = Date.now();
  const response = await ask(server, scopes, credential, send);
  if (response.status !== 200) throw await failureOf(response, new URL(server.realm).host, signal);
  return parseToken(await readDocument(response, documentLimits.token, signal), server, askedAtMs);
}

async function ask(
  server: TokenServer,
  scopes: readonly Scope[],
  credential: Credential | undefined,
  send: SendToken,
): Promise<HttpResponse> {
  if (credential?.kind !== 'identity-token') return send(getRequest(server, scopes, credential));
  const response = await send(postRequest(server, scopes, credential.token));
  if (response.status !== 404 && response.status !== 405) return response;
  response.body.destroy();
  const { username = '', token } = credential;
  return send(getRequest(server, scopes, { kind: 'basic', username, password: token }));
}

function getRequest(
  server: TokenServer,
  scopes: readonly Scope[],
  credential: Credential | undefined,
): Parameters<SendToken>[0] {
  const url = new URL(server.realm);
  if (server.service !== undefined) url.searchParams.set('service', server.service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credential?.kind !== 'basic') return { method: 'GET', url: url.href, headers: {} };
  if (credential.username !== '') url.searchParams.set('account', credential.username);
  return { method: 'GET', url: url.href, headers: { Authorization: basicAuthorization(credential) } };
}

/** OAuth2 with the identity token as refresh token. */
function postRequest(server: TokenServer, scopes: readonly Scope[], token: string): Parameters<SendToken>[0] {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'lamina',
    refresh_token: token,
    ...(server.service !== undefined && { service: server.service }),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
  });
  const bytes = Buffer.from(form.toString());
  return {
    method: 'POST',
    url: server.realm,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: { size: bytes.length, open: () => [bytes] },
  };
}

export function basicAuthorization(user: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${user.username}:${user.password}`).toString('base64')}`;
}

/** Docker's rule: a token lives 60 s unless the answer says longer. */
const leastSeconds = 60;
const mostSeconds = 24 * 3600;
const maxTokenLength = 32 * 1024;

function parseToken(bytes: Buffer, server: TokenServer, askedAtMs: number): AccessToken {
  const { host } = new URL(server.realm);
  const answer = asObject(jsonOf(bytes, host)) ?? {};
  const value = textMember(answer, 'token') ?? textMember(answer, 'access_token');
  if (value === undefined) throw new EngineError('refused', host, 'its answer holds no token');
  if (value.length > maxTokenLength || !/^[!-~]+$/.test(value))
    throw new EngineError('refused', host, 'its token cannot be sent');
  const claimed = member(answer, 'expires_in');
  const seconds = typeof claimed === 'number' ? claimed : leastSeconds;
  const lifeMs = Math.min(Math.max(seconds, leastSeconds), mostSeconds) * 1000;
  return { value, expiresAtMs: askedAtMs + lifeMs };
}

function jsonOf(bytes: Buffer, host: string): unknown {
  try {
    return parseJson(bytes, host, 'manifest').value;
  } catch {
    throw new EngineError('refused', host, 'its answer is no token');
  }
}

import { request as forward, type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** A token server before a real registry: it signs nothing, and remembers what each of its tokens allows. */
export interface TokenFront {
  /** `127.0.0.1:PORT`. */
  readonly host: string;
  /** The scopes of each token that was given. */
  readonly given: readonly (readonly string[])[];
  /** Makes every token worthless. */
  revoke(): void;
  stop(): Promise<void>;
}

export interface TokenFrontOptions {
  /** The registry that is let through to. */
  readonly registry: string;
  readonly user: string;
  readonly password: string;
  /** Whether the user may have this: `repository:a/b`, `push`. */
  readonly allows: (resource: string, action: string) => boolean;
}

export async function startTokenFront(options: TokenFrontOptions): Promise<TokenFront> {
  const tokens = new Map<string, readonly string[]>();
  const given: (readonly string[])[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', `http://${request.headers.host ?? ''}`);
    if (url.pathname === '/token') giveToken(url, request, response, options, tokens, given);
    else if (isAllowed(url, request, tokens)) pass(request, response, options.registry);
    else refuse(url, request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    given,
    revoke: () => {
      tokens.clear();
    },
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function giveToken(
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
  { user, password, allows }: TokenFrontOptions,
  tokens: Map<string, readonly string[]>,
  given: (readonly string[])[],
): void {
  const wanted = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  if (request.headers.authorization !== wanted || url.searchParams.get('service') !== 'front') {
    response.writeHead(401).end();
    return;
  }
  const scopes = url.searchParams.getAll('scope').flatMap((scope) => granted(scope, allows));
  const token = `token-${given.length}`;
  tokens.set(token, scopes);
  given.push(scopes);
  response.end(JSON.stringify({ token, expires_in: 300 }));
}

/** Less than was asked for is no error. */
function granted(scope: string, allows: TokenFrontOptions['allows']): readonly string[] {
  const end = scope.lastIndexOf(':');
  const resource = scope.slice(0, end);
  const actions = scope.slice(end + 1).split(',');
  return actions.filter((action) => allows(resource, action)).map((action) => `${resource}:${action}`);
}

function isAllowed(url: URL, request: IncomingMessage, tokens: Map<string, readonly string[]>): boolean {
  const scopes = tokens.get(request.headers.authorization?.replace('Bearer ', '') ?? '');
  return scopes !== undefined && needs(url, request.method ?? '').every((need) => scopes.includes(need));
}

function needs(url: URL, method: string): readonly string[] {
  const path = /^\/v2\/(.+?)\/(?:blobs|manifests|tags|referrers)\//.exec(url.pathname)?.[1];
  if (path === undefined) return url.pathname === '/v2/_catalog' ? ['registry:catalog:*'] : [];
  const isRead = method === 'GET' || method === 'HEAD';
  const action =
    isRead && !url.pathname.includes('/uploads/') ? 'pull' : method === 'DELETE' ? 'delete' : 'push';
  return [`repository:${path}:${action}`];
}

function refuse(url: URL, request: IncomingMessage, response: ServerResponse): void {
  const [need] = needs(url, request.method ?? '');
  const scope = need === undefined ? '' : `,scope="${need}"`;
  const realm = `http://${request.headers.host ?? ''}/token`;
  response.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${realm}",service="front"${scope}` });
  response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] }));
}

function pass(request: IncomingMessage, response: ServerResponse, registry: string): void {
  const [hostname = '', port = ''] = registry.split(':');
  const headers = { ...request.headers };
  delete headers.authorization;
  const { method, url: path } = request;
  const further = forward({ hostname, port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  further.on('error', () => response.destroy());
  request.pipe(further);
}

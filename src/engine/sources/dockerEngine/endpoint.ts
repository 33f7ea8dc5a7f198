import { EngineError } from '../../base/errors.ts';

/** Where an engine listens. Plain data: it crosses to worker threads. May hold key material; never log it whole. */
export type EngineEndpoint =
  | { readonly kind: 'unix'; readonly path: string }
  /** `path` as Windows opens it: `\\.\pipe\docker_engine`. */
  | { readonly kind: 'npipe'; readonly path: string }
  | TcpEndpoint
  | SshEndpoint;

export interface TcpEndpoint {
  readonly kind: 'tcp';
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly tls?: EngineTls;
}

/** PEM texts, not paths. */
export interface EngineTls {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Takes any certificate. */
  readonly skipVerify?: boolean;
  readonly serverName?: string;
}

export interface SshEndpoint {
  readonly kind: 'ssh';
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
  /** The engine's socket over there, where the URL names one. */
  readonly socketPath?: string;
  /** A private key file, as Podman's connections name it. */
  readonly identityFile?: string;
}

/**
 * Parses an engine's address as the docker CLI takes it: `unix:///run/docker.sock`, `npipe:////./pipe/docker_engine`,
 * `tcp://host:2375`, `ssh://user@host`. `https://` is TCP with TLS.
 *
 * @param tls the keys for TCP, where a context or the environment names some.
 * @throws EngineError `invalid-reference` when it is no such address.
 */
export function parseEndpoint(text: string, tls?: EngineTls): EngineEndpoint {
  const match = /^([a-z]+):\/\/(.*)$/s.exec(text.trim());
  const [, scheme = '', rest = ''] = match ?? [];
  // A NUL would end the path early in the system call; other control characters never belong in an address.
  // eslint-disable-next-line no-control-regex -- it is they that are looked for.
  if (/[\x00-\x1f\x7f]/.test(text)) return refuse(text, 'it holds control characters');
  if (scheme === 'unix') return { kind: 'unix', path: absolute(text, rest) };
  if (scheme === 'npipe') return { kind: 'npipe', path: absolute(text, rest).replaceAll('/', '\\') };
  if (scheme === 'ssh') return parseSsh(text);
  if (scheme === 'tcp' || scheme === 'http' || scheme === 'https') return parseTcp(text, scheme, tls);
  return refuse(text, 'an engine is at unix://, npipe://, tcp://, http://, https:// or ssh://');
}

/** The address as {@link parseEndpoint} takes it, without keys: for people, logs and settings. */
export function formatEndpoint(endpoint: EngineEndpoint): string {
  switch (endpoint.kind) {
    case 'unix':
      return `unix://${endpoint.path}`;
    case 'npipe':
      return `npipe://${endpoint.path.replaceAll('\\', '/')}`;
    case 'tcp':
      return `tcp://${bracketed(endpoint.host)}:${endpoint.port}`;
    case 'ssh':
      return formatSsh(endpoint);
  }
}

/** Whether connecting reaches beyond this machine, or may: then only the user's word allows it. */
export function isRemote(endpoint: EngineEndpoint): boolean {
  if (endpoint.kind === 'npipe') return !endpoint.path.startsWith('\\\\.\\');
  return endpoint.kind === 'tcp' || endpoint.kind === 'ssh';
}

function parseTcp(text: string, scheme: string, tls: EngineTls | undefined): TcpEndpoint {
  const url = parseUrl(text);
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return refuse(text, 'only a host and a port belong there');
  if (url.pathname !== '' && url.pathname !== '/') return refuse(text, 'a path is not supported there');
  const keys = scheme === 'https' ? (tls ?? {}) : scheme === 'http' ? undefined : tls;
  const port = url.port === '' ? (keys === undefined ? 2375 : 2376) : Number(url.port);
  return {
    kind: 'tcp',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    ...(keys !== undefined && { tls: keys }),
  };
}

function parseSsh(text: string): SshEndpoint {
  const url = parseUrl(text);
  if (url.password !== '') return refuse('ssh://…', 'a password does not belong in the address');
  if (url.search !== '' || url.hash !== '') return refuse(text, 'a query does not belong in the address');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const user = decodeURIComponent(url.username);
  const socketPath = decodeURIComponent(url.pathname);
  if (!/^[A-Za-z0-9_.:%][A-Za-z0-9_.:%-]*$/.test(host))
    return refuse(text, 'the host is no name that ssh takes');
  if (user !== '' && !/^[A-Za-z0-9_.@+\\][A-Za-z0-9_.@+\\-]*$/.test(user))
    return refuse(text, 'the user is no name that ssh takes');
  return {
    kind: 'ssh',
    host,
    ...(user !== '' && { user }),
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(socketPath.length > 1 && { socketPath }),
  };
}

function formatSsh({ host, user, port, socketPath }: SshEndpoint): string {
  const before = user === undefined ? '' : `${encodeURIComponent(user)}@`;
  const after = port === undefined ? '' : `:${port}`;
  return `ssh://${before}${bracketed(host)}${after}${encodeURI(socketPath ?? '')}`;
}

/** Its authority; http's own rules for ports and hosts are taken, since URL knows neither `tcp:` nor `ssh:`. */
function parseUrl(text: string): URL {
  const url = URL.parse(text.trim().replace(/^[a-z]+:/, 'lamina:'));
  if (url === null || url.hostname === '') return refuse(text, 'it names no host');
  return url;
}

function absolute(text: string, path: string): string {
  return path.startsWith('/') && path.length > 1 ? path : refuse(text, 'it names no absolute path');
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function refuse(text: string, why: string): never {
  // What stands before an @ may be a password.
  throw new EngineError('invalid-reference', text.replace(/\/\/[^/]*@/, '//…@').slice(0, 500), why);
}

import { addressKind } from './addressKind.ts';
import { bareHost } from './network.ts';
import type { RegistryAccess } from './registryAccess.ts';

/** Whether a URL's host is this machine by its very name: `localhost`, 127.0.0.0/8, `::1`. */
export function isLoopbackHost(hostname: string): boolean {
  const bare = bareHost(hostname);
  return bare === 'localhost' || addressKind(bare) === 'loopback';
}

/** Whether bytes may go to a host without TLS: on loopback, or where the user's setting names it. */
export function mayUsePlainHttp(url: URL, access: RegistryAccess): boolean {
  return isLoopbackHost(url.hostname) || isNamedPlain(url.host, access);
}

/** Whether the user's setting names the registry, `HOST` or `HOST:PORT`. */
export function isNamedPlain(host: string, access: RegistryAccess): boolean {
  return access.plainHttp?.some((name) => name.toLowerCase() === host.toLowerCase()) ?? false;
}

/**
 * Where a registry may answer, in the order of trying: `docker.io` is `registry-1.docker.io`; on loopback TLS is tried
 * first, as docker does.
 */
export function originsOf(access: RegistryAccess): readonly string[] {
  if (access.domain === 'docker.io') return ['https://registry-1.docker.io'];
  const secure = new URL(`https://${access.domain}`);
  const plain = new URL(`http://${access.domain}`);
  if (isNamedPlain(access.domain, access)) return [plain.origin];
  return isLoopbackHost(secure.hostname) ? [secure.origin, plain.origin] : [secure.origin];
}

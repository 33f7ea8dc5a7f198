import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import * as tls from 'node:tls';

/** Certificates larger than this are no certificates. */
const maxBytes = 1024 * 1024;

/** Where docker and podman are given authorities. */
export function usualCertificateFolders(home: string = homedir()): readonly string[] {
  const folders = [
    '/etc/docker',
    '/etc/containers',
    path.join(home, '.docker'),
    path.join(home, '.config/containers'),
  ];
  return folders.map((folder) => path.join(folder, 'certs.d'));
}

/**
 * The authorities to trust for a host: those of the machine, and those that the user has given for this host
 * (`HOST/*.crt`). Undefined when there are none of the latter: then Node's own choice stands.
 */
export async function trustedCertificates(
  host: string,
  folders: readonly string[],
): Promise<readonly string[] | undefined> {
  const lists = await Promise.all(folders.map((folder) => certificatesIn(path.join(folder, folderOf(host)))));
  const extra = lists.flat();
  return extra.length === 0 ? undefined : [...tls.getCACertificates('default'), ...extra];
}

/** As docker names it: Windows allows no colon. */
function folderOf(host: string): string {
  return process.platform === 'win32' ? host.replaceAll(':', '') : host;
}

/** A folder that cannot be read gives none. */
async function certificatesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  const wanted = names.filter((name) => name.endsWith('.crt')).sort();
  const texts = await Promise.all(
    wanted.map((name) => readFile(path.join(folder, name)).catch(() => undefined)),
  );
  return texts
    .filter((bytes) => bytes !== undefined && bytes.length <= maxBytes)
    .map((bytes) => String(bytes))
    .filter((text) => text.includes('-----BEGIN CERTIFICATE-----'));
}

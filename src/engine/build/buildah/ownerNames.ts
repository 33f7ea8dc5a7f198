import path from 'node:path';
import { readSmallFile } from '../classic/readSmallFile.ts';

/** Names of owners as they are written into what buildah hashes. */
export interface OwnerNames {
  user(id: number): string;
  group(id: number): string;
}

/** As buildah from 1.42 on: none. */
export const noNames: OwnerNames = { user: () => '', group: () => '' };

/**
 * The names that buildah finds when it looks them up. It does so with the context as its root directory: in files of the
 * context, which hardly ever are there, and for root and nobody by systemd's part of the C library, where it is in use.
 *
 * @param etc the system's own `/etc`.
 */
export function readOwnerNames(context: string, etc = '/etc'): OwnerNames {
  const [users, groups] = ['passwd', 'group'].map((name) => namesIn(path.join(context, 'etc', name)));
  const ofSystem = (name: 'passwd' | 'group'): ReadonlyMap<number, string> => {
    const isUsed = new RegExp(`^${name}:.*\\bsystemd\\b`).test(
      readLines(path.join(etc, 'nsswitch.conf')).find((line) => line.startsWith(`${name}:`)) ?? '',
    );
    const nobody = namesIn(path.join(etc, name)).get(nobodyId) ?? 'nobody';
    return new Map(isUsed ? [[0, 'root'] as const, [nobodyId, nobody] as const] : []);
  };
  const [systemUsers, systemGroups] = [ofSystem('passwd'), ofSystem('group')];
  return {
    user: (id) => users?.get(id) ?? systemUsers.get(id) ?? '',
    group: (id) => groups?.get(id) ?? systemGroups.get(id) ?? '',
  };
}

/** The same where every file belongs to root, as all do that are sent to Podman's service. */
export function readRootNames(context: string, etc?: string): OwnerNames {
  const names = readOwnerNames(context, etc);
  return { user: () => names.user(0), group: () => names.group(0) };
}

const nobodyId = 65_534;
const mostBytes = 2 ** 20;

function namesIn(file: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of readLines(file)) {
    const [name = '', , id = ''] = line.split(':');
    if (/^[0-9]+$/.test(id) && !names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}

/** None where the file is not there or cannot be read: a lookup finds nothing either. */
function readLines(file: string): readonly string[] {
  try {
    return (readSmallFile(file, mostBytes)?.toString('latin1') ?? '').split('\n');
  } catch {
    return [];
  }
}

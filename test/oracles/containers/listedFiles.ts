import { createHash } from 'node:crypto';
import type { ShownFile } from '../../support/shownFile.ts';

/** An entry as `lamina ls -R --json --hash` prints it. */
interface ListedEntry {
  readonly path: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly mtime?: string;
  readonly sha256?: string;
  readonly link?: string;
  readonly dev?: string;
  readonly hardlinkOf?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
}

/** What `lamina ls -R --json --hash` printed, a line for each file at or below a root. */
export function listedByLamina(json: string, roots: readonly string[]): readonly string[] {
  const entries = JSON.parse(json) as readonly ListedEntry[];
  const found = entries.filter(({ path }) => roots.some((root) => `/${path}/`.startsWith(`${root}/`)));
  return found.map((entry) => lineOf({ ...entry, mtime: seconds(entry.mtime) })).sort();
}

/** The same of what a kernel shows. */
export function listedByKernel(files: readonly ShownFile[]): readonly string[] {
  const first = new Map<string, string>();
  for (const { inode, path } of [...files].sort(byPath)) if (!first.has(inode)) first.set(inode, path);
  return files
    .map(({ path, type, mode, uid, gid, mtime, content, link, dev, xattrs, inode }) => {
      const [own, other] = [textOf(path.slice(1)), textOf((first.get(inode) ?? path).slice(1))];
      return lineOf({
        ...{ path: own, type, mode: mode.toString(8).padStart(4, '0'), uid, gid, mtime: seconds(mtime), dev },
        ...(type === 'file' && { sha256: hashOf(content) }),
        ...(type === 'symlink' && { link: textOf(link) }),
        ...(other !== own && type !== 'dir' && { hardlinkOf: other }),
        xattrs: Object.fromEntries(
          xattrs.map(([name, value]) => [name, Buffer.from(value, 'latin1').toString('hex')]),
        ),
      });
    })
    .sort();
}

function lineOf(entry: ListedEntry): string {
  const { path, type, mode, uid, gid, mtime = '', sha256 = '', link = '', dev = '' } = entry;
  const { hardlinkOf = path, xattrs = {} } = entry;
  const attributes = Object.entries(xattrs).sort(([one], [other]) => (one < other ? -1 : 1));
  const names = hardlinkOf === path ? '' : hardlinkOf;
  return JSON.stringify([path, type, mode, uid, gid, mtime, sha256, link, dev, names, attributes]);
}

function seconds(mtime = '0'): string {
  return String(Math.floor(Number(mtime)));
}

function hashOf(content: string): string {
  return createHash('sha256').update(Buffer.from(content, 'latin1')).digest('hex');
}

function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

/** The order in which a walk comes to them. */
function byPath({ path: one }: ShownFile, { path: other }: ShownFile): number {
  return one.replaceAll('/', '\0') < other.replaceAll('/', '\0') ? -1 : 1;
}

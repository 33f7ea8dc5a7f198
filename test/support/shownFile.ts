import { createUnionView, type MergedView } from '../../src/engine/rootfs/unionView.ts';
import type { RootfsEntry } from '../../src/engine/rootfs/rootfs.ts';
import type { Container } from '../../src/engine/snapshots/container.ts';
import type { ContainerEntry } from '../../src/engine/snapshots/containerEntry.ts';
import { contentOf, indexTar } from './unionOf.ts';

/** A file as somebody shows it: a kernel, Lamina, or layers. Texts have a byte in each character. */
export interface ShownFile {
  readonly path: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Decimal seconds. */
  readonly mtime: string;
  readonly content: string;
  readonly link: string;
  /** `MAJOR:MINOR`; empty for what is no device. */
  readonly dev: string;
  /** By name. */
  readonly xattrs: readonly (readonly [name: string, value: string])[];
  /** Names with the same one are names of one file. */
  readonly inode: string;
}

/** Whether a path is one of the roots, or below it. */
export function isBelow(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path === root || path.startsWith(`${root}/`));
}

/** What a container of the store shows at and below some paths. */
export async function filesOfContainer(
  container: Container,
  roots: readonly string[],
): Promise<readonly ShownFile[]> {
  const files: ShownFile[] = [];
  for (const entry of container.view.walk())
    if (isBelow(entry.path, roots))
      files.push(toFile(entry, await textOf(container, entry), inodeOf(container, entry)));
  return files;
}

async function textOf(container: Container, entry: ContainerEntry): Promise<string> {
  const pieces: Uint8Array[] = [];
  if (entry.type === 'file') for await (const piece of container.read(entry)) pieces.push(piece);
  return Buffer.concat(pieces).toString('latin1');
}

function inodeOf({ view }: Container, { origin, path, type }: ContainerEntry): string {
  if (type === 'dir') return path;
  if (origin.in === 'container') return `own ${origin.inode}`;
  const { contentLayer, contentNode } = origin.entry;
  return `image ${contentLayer} ${view.image.layers[contentLayer]!.inode(contentNode)}`;
}

/** What layers show, lowest first. */
export class LayeredFiles {
  readonly #tars: readonly Buffer[];
  readonly #view: MergedView;

  constructor(tars: readonly Buffer[]) {
    this.#tars = tars;
    this.#view = createUnionView(tars.map((tar) => indexTar(tar)));
  }

  below(roots: readonly string[]): readonly ShownFile[] {
    return [...this.#view.walk()]
      .filter(({ path }) => isBelow(path, roots))
      .map((entry) => {
        const text = entry.type === 'file' ? contentOf(this.#view, this.#tars, entry) : Buffer.alloc(0);
        return toFile(entry, text.toString('latin1'), this.#view.hardLinkOf(entry) ?? entry.path);
      });
  }
}

function toFile(entry: RootfsEntry | ContainerEntry, content: string, inode: string): ShownFile {
  const { path, type, mode, uid, gid, mtime = '0', linkTarget: link = '', device, xattrs } = entry;
  const dev = device === undefined ? '' : `${device.major}:${device.minor}`;
  return {
    ...{ path, type, mode, uid, gid, mtime, content, link, dev, inode },
    xattrs: [...(xattrs ?? [])].sort(([one], [other]) => (one < other ? -1 : 1)),
  };
}

/** What of files is not looked at. */
export interface ShownOptions {
  /** Attributes but `security.capability`. */
  readonly isWithoutXattrs?: boolean;
  readonly isWithoutFolderTimes?: boolean;
  /** Content, time and other names of what this says. */
  readonly isUnsure?: (path: string) => boolean;
}

/** One line for each path, sorted; the first name stands for a file's others, and `now` for the time of the test. */
export function linesOf(files: readonly ShownFile[], options: ShownOptions = {}): readonly string[] {
  const first = new Map<string, string>();
  return [...files]
    .sort((one, other) => (keyOf(one.path) < keyOf(other.path) ? -1 : 1))
    .map((file) => {
      if (!first.has(file.inode)) first.set(file.inode, file.path);
      return lineOf(file, first.get(file.inode) ?? file.path, options);
    });
}

function lineOf(file: ShownFile, firstName: string, options: ShownOptions): string {
  const { path, type, mode, uid, gid, link, dev } = file;
  const isUnsure = options.isUnsure?.(path) === true;
  const hasTime = !isUnsure && !(type === 'dir' && options.isWithoutFolderTimes === true);
  const isKept = ([name]: readonly [string, string]): boolean =>
    options.isWithoutXattrs !== true || name === 'security.capability';
  const unsure = isUnsure ? [] : [file.content, type === 'dir' || firstName === path ? '' : firstName];
  const time = hasTime ? timeOf(file.mtime) : '';
  const xattrs = file.xattrs.filter(isKept);
  return JSON.stringify([path, type, mode.toString(8), uid, gid, time, link, dev, xattrs, ...unsure]);
}

/** Layers have whole seconds. */
function timeOf(mtime: string): string {
  const seconds = Math.floor(Number(mtime));
  return seconds > latest ? 'now' : String(seconds);
}

/** No test sets a later one. */
const latest = 1_750_000_000;

/** Sorts folders right before what is in them. */
function keyOf(path: string): string {
  return path.replaceAll('/', '\0');
}

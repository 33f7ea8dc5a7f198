import {
  type ContainerFile,
  hexIfNotUtf8,
  type LayerChange,
  type RootfsEntry,
  type UnionView,
} from '../engine/index.ts';

/** A path of an image as the JSON of `ls` and `find` has it; the fields of the shared union vectors, and `layer`. */
export type EntryObject = Readonly<Record<string, unknown>>;

/** Gives a file's SHA-256. */
export type HashEntry = (entry: RootfsEntry) => Promise<string>;

/** Writes entries of one union as JSON objects. */
export class EntryJson {
  readonly #view: UnionView;
  readonly #hash: HashEntry | undefined;
  /** By layer and inode: a file of many names is read once. */
  readonly #hashes = new Map<string, string>();

  /** @param hash when given, every file gets its `sha256`. */
  constructor(view: UnionView, hash: HashEntry | undefined) {
    this.#view = view;
    this.#hash = hash;
  }

  async *all(entries: Iterable<RootfsEntry>): AsyncGenerator<EntryObject> {
    for (const entry of entries) yield this.entry(entry);
  }

  async *changes(changes: Iterable<LayerChange>, layer: number): AsyncGenerator<EntryObject> {
    for (const { path, kind, entry, before } of changes) {
      yield entry === undefined
        ? { ...pathFields(path), type: before?.type, layer, change: kind }
        : { ...(await this.entry(entry)), change: kind };
    }
  }

  async entry(entry: RootfsEntry): Promise<EntryObject> {
    const first = this.#view.hardLinkOf(entry);
    return {
      ...pathFields(entry.path),
      ...attributeFields(entry),
      ...(first !== undefined && { hardlinkOf: utf8(first.slice(1)) }),
      layer: entry.layer,
      ...(this.#hash !== undefined &&
        entry.type === 'file' && { sha256: await this.#hashOf(entry, this.#hash) }),
    };
  }

  async #hashOf(entry: RootfsEntry, hash: HashEntry): Promise<string> {
    const inode = this.#view.layers[entry.contentLayer]?.inode(entry.contentNode) ?? entry.contentNode;
    const key = `${entry.contentLayer}/${inode}`;
    const known = this.#hashes.get(key) ?? (await hash(entry));
    this.#hashes.set(key, known);
    return known;
  }
}

/** What a path is, beside its names and its place. */
export function attributeFields(entry: ContainerFile | RootfsEntry): EntryObject {
  return {
    type: entry.type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    ...(entry.type === 'file' && { size: entry.size }),
    ...(entry.mtime !== undefined && { mtime: entry.mtime }),
    ...(entry.linkTarget !== undefined && linkFields(entry.linkTarget)),
    ...(entry.device !== undefined && { dev: `${entry.device.major}:${entry.device.minor}` }),
    ...(entry.xattrs !== undefined && { xattrs: hexValues(entry.xattrs) }),
  };
}

/** Without the leading slash; what is not UTF-8 is shown as U+FFFD, and its bytes in hex. */
export function pathFields(path: string): EntryObject {
  const hex = hexIfNotUtf8(path.slice(1));
  return { path: utf8(path.slice(1)), ...(hex !== undefined && { pathHex: hex }) };
}

function linkFields(target: string): EntryObject {
  const hex = hexIfNotUtf8(target);
  return { link: utf8(target), ...(hex !== undefined && { linkHex: hex }) };
}

function hexValues(xattrs: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...xattrs].map(([name, value]) => [utf8(name), Buffer.from(value, 'latin1').toString('hex')]),
  );
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

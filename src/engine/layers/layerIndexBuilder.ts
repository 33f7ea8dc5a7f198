import type { TarHeader, TarSink } from '../archive/tarSink.ts';
import type { LayerProblemCode } from '../base/problem.ts';
import { cleanName } from './cleanName.ts';
import { encodeXattrs } from './xattrSets.ts';
import { ColumnLayerIndex } from './columnLayerIndex.ts';
import { type LayerFacts, layOutLayer } from './layOutLayer.ts';
import { LayerTree, nodeFlag, nodeType } from './layerTree.ts';
import { LowerLinks } from './lowerLinks.ts';
import { ProblemList } from './problemList.ts';
import { type DirectoryPlace, LayerResolver } from './resolveInLayer.ts';
import { isBookkeeping, isMarkerAt, linkSourcePrefix, markerOf, whiteoutPrefix } from './whiteout.ts';

/**
 * Makes one layer's own tree from its tar, entry by entry, by the rules of formats.md §2.2 (1–7, 9, 10; OCI image-spec
 * layer.md). What concerns lower layers is only noted, for the union. Time and memory follow the bytes of the tar,
 * whatever its shape.
 *
 * Give it to a scanner, then call {@link finish} once.
 *
 * @throws EngineError `limit-exceeded` from `entry` when there are more nodes than memory is for.
 */
export class LayerIndexBuilder implements TarSink {
  readonly #tree: LayerTree;
  readonly #resolver: LayerResolver;
  readonly #lowerLinks = new LowerLinks();
  readonly #problems = new ProblemList();
  readonly #linkSources: number;
  #entryCount = 0;
  /** The file whose content follows, or −1. */
  #contentOf = -1;
  /** The directory of the entry before, under the name it had there; names come in runs. */
  #lastDirectory = '';
  #lastNode = 0;

  constructor(options: { readonly maxNodes?: number } = {}) {
    this.#tree = new LayerTree(options.maxNodes);
    this.#resolver = new LayerResolver(this.#tree);
    this.#linkSources = this.#tree.addHidden();
  }

  entry(header: TarHeader): void {
    this.#entryCount++;
    this.#contentOf = -1;
    const { path, escapes } = cleanName(header.name);
    if (escapes) this.#report('path-escapes-root', path, header.name);
    if (path === '') this.#takeRoot(header);
    else if (isBookkeeping(path)) this.#takeLinkSource(path, header);
    else this.#take(path, header);
  }

  contentHash(hash: Uint8Array): void {
    if (this.#contentOf >= 0) this.#tree.setHash(this.#contentOf, hash);
    this.#contentOf = -1;
  }

  problem(code: 'tar-damaged' | 'gnu-sparse' | 'unknown-typeflag', subject: string, detail?: string): void {
    this.#problems.add(code, subject, detail);
  }

  /** The tree of all that was read. Nothing may be added afterwards. */
  finish(facts: LayerFacts): ColumnLayerIndex {
    const all = { ...facts, entryCount: this.#entryCount };
    return new ColumnLayerIndex(layOutLayer(this.#tree, this.#lowerLinks, this.#problems, all));
  }

  /** The tree of what was read so far; more may be added afterwards. Valid until that is done. */
  preview(tarSize: number): ColumnLayerIndex {
    const facts = { isComplete: false, hasContentHashes: false, tarSize, entryCount: this.#entryCount };
    return new ColumnLayerIndex(
      layOutLayer(this.#tree, this.#lowerLinks, new ProblemList(), facts, 'preview'),
    );
  }

  #take(path: string, header: TarHeader): void {
    const slash = path.lastIndexOf('/');
    const directory = slash < 0 ? '' : path.slice(0, slash);
    const start = slash + 1;
    const isMarker = isMarkerAt(path, start);
    const marker = isMarker ? markerOf(path, start, path.length) : undefined;
    if (directory !== this.#lastDirectory && isBelowMarker(directory))
      this.#report('entry-below-whiteout', path);
    else if (marker === 'invalid') this.#report('invalid-whiteout', path);
    else if (header.typeflag === typeflag.hardLink && !isMarker)
      this.#takeHardLink(path, directory, start, header);
    else {
      const parent = this.#enterDirectory(directory, path);
      if (parent === undefined) return;
      if (marker === 'opaque') this.#tree.set(parent, nodeFlag.opaque);
      else if (marker === 'whiteout') this.#takeWhiteout(parent, path, start + whiteoutPrefix.length);
      else this.#takeEntry(parent, path, start, header);
    }
  }

  /** The root's entry carries attributes only. */
  #takeRoot(header: TarHeader): void {
    if (header.typeflag !== typeflag.directory) this.#report('root-not-directory', '');
    else this.#setAttributes(0, nodeType.dir, header, '');
  }

  /** Files that AUFS kept aside because they have several names: seen only by the links to them. */
  #takeLinkSource(path: string, header: TarHeader): void {
    const start = linkSourcePrefix.length;
    const isSource =
      path.startsWith(linkSourcePrefix) && !path.includes('/', start) && isFile(header.typeflag);
    if (isSource) this.#takeEntry(this.#linkSources, path, start, header);
  }

  #takeWhiteout(parent: number, path: string, start: number): void {
    const node = this.#tree.ensure(parent, path, start, path.length);
    this.#tree.set(node, nodeFlag.whiteout);
  }

  #takeEntry(parent: number, path: string, start: number, header: TarHeader): void {
    const type = typeOf(header.typeflag);
    const node = this.#place(parent, path, start, type);
    this.#setAttributes(node, type, header, path);
    this.#setContent(node, type, header);
  }

  /** The node for an entry: the directory that is there when it is one again, else an empty place. */
  #place(parent: number, path: string, start: number, type: number): number {
    const tree = this.#tree;
    const node = tree.ensure(parent, path, start, path.length);
    const known = tree.type(node);
    tree.markReal(parent);
    if (known === nodeType.dir && type === nodeType.dir) {
      tree.markReal(node);
      return node;
    }
    // A path that led through what is replaced leads elsewhere now.
    if (known === nodeType.dir || known === nodeType.symlink) this.#forgetDirectory();
    const place = known === nodeType.none ? node : tree.clear(node);
    tree.set(place, nodeFlag.real);
    return place;
  }

  #setAttributes(node: number, type: number, header: TarHeader, path: string): void {
    this.#tree.setAttributes(node, type, header);
    this.#tree.setXattrs(node, this.#xattrsOf(header, path));
    this.#tree.set(node, nodeFlag.listed);
  }

  #xattrsOf(header: TarHeader, path: string): string {
    if (header.xattrs === undefined) return '';
    const { encoded, ignored } = encodeXattrs(header.xattrs);
    if (ignored !== undefined) this.#report('overlay-xattr-ignored', path, ignored);
    return encoded;
  }

  #setContent(node: number, type: number, header: TarHeader): void {
    const tree = this.#tree;
    if (type === nodeType.symlink) tree.payloads[node] = tree.links.add(header.linkName);
    else if (type === nodeType.char || type === nodeType.block)
      tree.setDevice(node, header.deviceMajor, header.deviceMinor);
    else if (type === nodeType.file) {
      tree.sizes[node] = header.size;
      tree.payloads[node] = header.dataOffset;
      tree.setSparse(node, header.sparseMap);
      this.#contentOf = node;
    }
  }

  /* Hard links (formats.md §2.2, 9): bound to what their target is at this moment. */

  #takeHardLink(path: string, directory: string, start: number, header: TarHeader): void {
    const { path: target, escapes } = cleanName(header.linkName);
    if (escapes) this.#report('hardlink-escapes-root', path, header.linkName);
    else if (target.startsWith(linkSourcePrefix)) this.#takeLinkToSource(path, directory, start, target);
    else {
      const place = this.#resolve(directory, path);
      const targetSlash = target.lastIndexOf('/');
      const targetPlace = this.#resolve(targetSlash < 0 ? '' : target.slice(0, targetSlash), path);
      if (place === undefined || targetPlace === undefined) return;
      this.#link(
        { path, start, place },
        { path: target, start: targetSlash + 1, place: targetPlace },
        header,
      );
    }
  }

  #link(from: LinkEnd, to: LinkEnd, header: TarHeader): void {
    const target = this.#findEnd(to);
    if (to.path === '' || (target >= 0 && this.#tree.type(target) === nodeType.dir))
      this.#report('hardlink-to-directory', from.path, to.path);
    else if (isSameEnd(from, to)) this.#report('hardlink-to-self', from.path);
    else if (target < 0 || this.#tree.type(target) === nodeType.none)
      this.#bindLater(from, to, this.#pathOf(to));
    else if (this.#tree.has(target, nodeFlag.isPending))
      this.#bindLater(from, to, this.#lowerLinks.pathOf(target, this.#tree));
    else this.#bind(from, target, header);
  }

  /** The attributes in a link's own header are the inode's too, and the last count; of a symlink only the owner can change. */
  #bind(from: LinkEnd, target: number, header: TarHeader): void {
    const tree = this.#tree;
    const inode = tree.inode(target);
    tree.set(inode, nodeFlag.isLinked);
    const parent = this.#makeDirectories(from.place, from.path);
    const node = this.#place(parent, from.path, from.start, nodeType.file);
    tree.hasLinks = true;
    tree.payloads[node] = inode;
    tree.set(node, nodeFlag.listed | nodeFlag.isLink);
    if (tree.type(inode) === nodeType.symlink) tree.setOwner(inode, header);
    else tree.setAttributes(inode, tree.type(inode), header);
    const xattrs = this.#xattrsOf(header, from.path);
    if (xattrs !== '') tree.setXattrs(inode, xattrs);
  }

  /** @param path the target as a lower layer is asked for it. */
  #bindLater(from: LinkEnd, to: LinkEnd, path: string | undefined): void {
    if (path === undefined) {
      this.#report('hardlink-target-missing', from.path, to.path);
      return;
    }
    const parent = this.#makeDirectories(from.place, from.path);
    const node = this.#place(parent, from.path, from.start, nodeType.file);
    const tree = this.#tree;
    tree.hasLinks = true;
    tree.payloads[node] = this.#lowerLinks.add(node, path);
    tree.modes[node] = nodeType.file << 12;
    tree.set(node, nodeFlag.listed | nodeFlag.isPending);
  }

  /** The target's path with this layer's links followed, as a lower layer is asked for it. */
  #pathOf({ path, start, place }: LinkEnd): string | undefined {
    if (!place.usesLinks) return path;
    const parts = [this.#tree.path(place.node), ...place.missing, path.slice(start)];
    const full = parts.filter((part) => part !== '').join('/');
    return this.#resolver.afford(full.length) ? full : undefined;
  }

  #takeLinkToSource(path: string, directory: string, start: number, target: string): void {
    const source = this.#tree.find(this.#linkSources, target, linkSourcePrefix.length, target.length);
    if (source < 0) {
      this.#report('hardlink-target-missing', path, target);
      return;
    }
    const parent = this.#enterDirectory(directory, path);
    if (parent === undefined) return;
    const node = this.#place(parent, path, start, nodeType.file);
    this.#tree.copy(source, node);
    this.#tree.set(node, nodeFlag.listed);
  }

  #findEnd({ path, start, place }: LinkEnd): number {
    return place.missing.length > 0 ? -1 : this.#tree.find(place.node, path, start, path.length);
  }

  /* Directories on the way. */

  /** The directory's node, made where it is missing; undefined when links lead nowhere. */
  #enterDirectory(directory: string, path: string): number | undefined {
    if (directory === this.#lastDirectory) return this.#lastNode;
    const place = this.#resolve(directory, path);
    if (place === undefined) return undefined;
    this.#lastNode = this.#makeDirectories(place, path);
    this.#lastDirectory = directory;
    return this.#lastNode;
  }

  #resolve(directory: string, path: string): DirectoryPlace | undefined {
    const place = this.#resolver.resolve(directory);
    if (place === undefined) this.#report('symlink-loop', path);
    else if (place.escapes) this.#report('path-escapes-root', path, 'through a link');
    return place;
  }

  #makeDirectories(place: DirectoryPlace, path: string): number {
    let node = place.node;
    for (const name of place.missing) node = this.#makeDirectory(node, name, path);
    return node;
  }

  #makeDirectory(parent: number, name: string, path: string): number {
    const tree = this.#tree;
    let node = tree.ensure(parent, name, 0, name.length);
    if (tree.type(node) === nodeType.dir) return node;
    if (tree.type(node) !== nodeType.none) {
      this.#report('entry-under-non-directory', path);
      this.#forgetDirectory();
      node = tree.clear(node);
    }
    tree.makeDirectory(node);
    return node;
  }

  #forgetDirectory(): void {
    this.#lastDirectory = '';
    this.#lastNode = 0;
  }

  #report(code: LayerProblemCode, path: string, detail?: string): void {
    this.#problems.add(code, `/${path}`, detail);
  }
}

/** A name of a hard link, resolved: the component that begins at `start` of the path, in that directory. */
interface LinkEnd {
  readonly path: string;
  readonly start: number;
  readonly place: DirectoryPlace;
}

function isSameEnd(a: LinkEnd, b: LinkEnd): boolean {
  return (
    a.place.node === b.place.node &&
    a.place.missing.join('/') === b.place.missing.join('/') &&
    a.path.slice(a.start) === b.path.slice(b.start)
  );
}

/** Whether some directory of the path is named like a marker. */
function isBelowMarker(directory: string): boolean {
  return isMarkerAt(directory, 0) || directory.includes(`/${whiteoutPrefix}`);
}

/** Typeflags (POSIX ustar). */
const typeflag = { file: 0x30, hardLink: 0x31, symlink: 0x32, directory: 0x35 };

function isFile(flag: number): boolean {
  return typeOf(flag) === nodeType.file && flag !== typeflag.hardLink;
}

/** What POSIX does not know is a regular file. */
function typeOf(flag: number): number {
  return typesByFlag[flag - typeflag.symlink] ?? nodeType.file;
}

const typesByFlag: readonly number[] = [
  nodeType.symlink,
  nodeType.char,
  nodeType.block,
  nodeType.dir,
  nodeType.fifo,
];

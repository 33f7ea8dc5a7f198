import { createHash } from 'node:crypto';
import { Pacer, forEachPaced, hostSliceMs } from '../base/abort.ts';
import type { LayerIndex, NodeId } from '../layers/layerIndex.ts';
import type { ContentKey, LayerContent } from './sharingOf.ts';

/** How layers are looked into. */
export interface LayerReader {
  /** The layer's own tree. */
  index(content: LayerContent): Promise<LayerIndex>;
  /** Whether two files of one size hold the same bytes; asked only where an index has no hashes. */
  sameContent(one: LayerFile, other: LayerFile): Promise<boolean>;
}

export interface LayerFile {
  readonly content: LayerContent;
  readonly node: NodeId;
}

/**
 * Layers that make the same changes though their bytes differ: same paths, types, modes, owners, attributes and
 * contents, whatever the times. Only layers of the same SIZE, and then of the same counts, are looked into.
 *
 * @returns of each such layer but the first, the first one's key.
 * @throws EngineError `cancelled`.
 */
export async function sameFilesOf(
  contents: readonly LayerContent[],
  reader: LayerReader,
  signal?: AbortSignal,
): Promise<ReadonlyMap<ContentKey, ContentKey>> {
  const found = new Map<ContentKey, ContentKey>();
  for (const ofSize of groupsBy(contents, ({ size }) => String(size))) {
    const known = await Promise.all(
      ofSize.map(async (content) => ({ content, index: await reader.index(content) })),
    );
    // What is not read whole is equal to nothing.
    const whole = known.filter(({ index }) => index.isComplete);
    for (const ofCounts of groupsBy(whole, ({ index }) => countsOf(index)))
      await matchShapes(ofCounts, reader, signal, found);
  }
  return found;
}

interface KnownLayer {
  readonly content: LayerContent;
  readonly index: LayerIndex;
}

async function matchShapes(
  layers: readonly KnownLayer[],
  reader: LayerReader,
  signal: AbortSignal | undefined,
  found: Map<ContentKey, ContentKey>,
): Promise<void> {
  const firsts: (KnownLayer & { readonly shape: string })[] = [];
  for (const layer of layers) {
    const shape = await shapeOf(layer.index, signal);
    const first = await findAsync(
      firsts.filter((candidate) => candidate.shape === shape),
      (candidate) => hasSameContents(candidate, layer, reader),
    );
    if (first === undefined) firsts.push({ ...layer, shape });
    else found.set(layer.content.key, first.content.key);
  }
}

function countsOf({ summary, nodeCount }: LayerIndex): string {
  const { files, directories, others, whiteouts, contentSize } = summary;
  return [nodeCount, files, directories, others, whiteouts, contentSize].join(' ');
}

/** A digest of all that a layer does but times and contents. Equal shapes number their nodes alike. */
async function shapeOf(index: LayerIndex, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256');
  await forEachPaced(nodesOf(index), pacerOf(signal), (node) => {
    hash.update(JSON.stringify(nodeShape(index, node)));
  });
  return hash.digest('hex');
}

function nodeShape(index: LayerIndex, node: NodeId): readonly unknown[] {
  const device = index.device(node);
  const flags = [
    index.hasEntry(node),
    index.isWhiteout(node),
    index.isOpaque(node),
    index.isImplied(node),
    index.isLowerLink(node),
  ];
  return [
    ...[index.parent(node), index.name(node), ...flags],
    ...(index.hasEntry(node) ? attributesOf(index, node) : []),
    ...[index.linkTarget(node), index.lowerLinkTarget(node), device?.major, device?.minor],
    [...(index.xattrs(node) ?? [])],
  ];
}

function attributesOf(index: LayerIndex, node: NodeId): readonly unknown[] {
  return [
    ...[index.type(node), index.mode(node), index.uid(node), index.gid(node), index.size(node)],
    index.linkedNodes(node)[0],
  ];
}

async function hasSameContents(one: KnownLayer, other: KnownLayer, reader: LayerReader): Promise<boolean> {
  for (const node of nodesOf(one.index)) {
    const isFile = one.index.hasEntry(node) && one.index.type(node) === 'file' && one.index.size(node) > 0;
    if (!isFile) continue;
    const [hash, otherHash] = [one.index.contentHash(node), other.index.contentHash(node)];
    const isSame =
      hash !== undefined && otherHash !== undefined
        ? hash === otherHash
        : await reader.sameContent({ content: one.content, node }, { content: other.content, node });
    if (!isSame) return false;
  }
  return true;
}

function* nodesOf({ nodeCount }: LayerIndex): Generator<NodeId> {
  for (let node = 0; node < nodeCount; node++) yield node;
}

function pacerOf(signal: AbortSignal | undefined): Pacer {
  return new Pacer(signal, 'sharing', undefined, hostSliceMs);
}

/** Groups of two or more. */
function groupsBy<T>(items: readonly T[], key: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group === undefined) groups.set(key(item), [item]);
    else group.push(item);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

async function findAsync<T>(
  items: readonly T[],
  test: (item: T) => Promise<boolean>,
): Promise<T | undefined> {
  for (const item of items) if (await test(item)) return item;
  return undefined;
}

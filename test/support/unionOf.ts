import { createContentHasher } from '../../src/engine/archive/contentHasher.ts';
import { TarScanner } from '../../src/engine/archive/tarScanner.ts';
import type { ColumnLayerIndex } from '../../src/engine/layers/columnLayerIndex.ts';
import { LayerIndexBuilder } from '../../src/engine/layers/layerIndexBuilder.ts';
import type { RootfsEntry } from '../../src/engine/rootfs/rootfs.ts';
import { type MergedView, createUnionView } from '../../src/engine/rootfs/unionView.ts';
import { type LayerLiteral, layerTar } from './buildImage.ts';

const hasher = await createContentHasher();

/** The index of a layer's tar, in memory; contents hashed unless told otherwise. */
export function indexTar(tar: Buffer, options: { readonly hashes?: boolean } = {}): ColumnLayerIndex {
  const { hashes = true } = options;
  const builder = new LayerIndexBuilder();
  const scanner = new TarScanner(builder, hashes ? hasher : undefined);
  scanner.push(tar);
  scanner.finish();
  return builder.finish({ isComplete: !scanner.isDamaged, hasContentHashes: hashes, tarSize: tar.length });
}

export function indexLayer(literal: LayerLiteral): ColumnLayerIndex {
  return indexTar(layerTar(literal));
}

/** The union of layers, lowest first: `unionOf([{ 'etc/motd': 'hello' }, { 'etc/.wh.motd': '' }])`. */
export function unionOf(literals: readonly LayerLiteral[]): MergedView {
  return createUnionView(literals.map(indexLayer));
}

/** A file's bytes from the tar of its layer, holes as zeros. */
export function contentOf(view: MergedView, tars: readonly Buffer[], entry: RootfsEntry): Buffer {
  const index = view.layers[entry.contentLayer]!;
  const tar = tars[entry.contentLayer]!;
  const content = Buffer.alloc(entry.size);
  let from = index.dataOffset(entry.contentNode);
  for (const [offset, length] of index.sparseMap(entry.contentNode) ?? [[0, entry.size]]) {
    tar.copy(content, offset, from, from + length);
    from += length;
  }
  return content;
}

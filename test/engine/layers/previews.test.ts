import assert from 'node:assert/strict';
import { TarScanner } from '../../../src/engine/archive/tarScanner.ts';
import { LayerIndexBuilder } from '../../../src/engine/layers/layerIndexBuilder.ts';
import { rootPath, toText } from '../../../src/engine/base/layerPath.ts';
import type { LayerIndex } from '../../../src/engine/layers/layerIndex.ts';
import { createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import { buildImage } from '../../support/buildImage.ts';

describe('a preview of a layer that is being read', () => {
  const [layer] = buildImage([
    Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`d${at % 7}/e${at % 5}/file${at}`, `content ${at}`] as const),
    ),
  ]).layers;
  const tar = layer!.tar;

  it('shows what was read, and changes nothing of what comes out in the end', () => {
    const plain = scan(tar, tar.length);
    const watched = scan(tar, 1024, (preview, tarSize) => {
      const paths = pathsOf(preview);
      assert.equal(preview.isComplete, false);
      assert.ok(
        paths.every((path) => pathsOf(plain).includes(path)),
        `at ${tarSize}`,
      );
    });
    assert.deepEqual(pathsOf(watched), pathsOf(plain));
    assert.deepEqual(watched.summary, plain.summary);
  });

  it('grows', () => {
    const counts: number[] = [];
    scan(tar, 8192, (preview) => counts.push(preview.summary.files));
    assert.ok(counts.length > 3 && counts[0]! < counts.at(-1)!);
    assert.deepEqual(
      counts,
      counts.toSorted((a, b) => a - b),
    );
  });
});

function scan(
  tar: Buffer,
  pieceSize: number,
  look: (preview: LayerIndex, tarSize: number) => void = () => undefined,
): LayerIndex {
  const builder = new LayerIndexBuilder();
  const scanner = new TarScanner(builder);
  for (let at = 0; at < tar.length; at += pieceSize) {
    scanner.push(tar.subarray(at, at + pieceSize));
    look(builder.preview(at), at);
  }
  scanner.finish();
  return builder.finish({ isComplete: true, hasContentHashes: false, tarSize: tar.length });
}

function pathsOf(index: LayerIndex): readonly string[] {
  return Array.from(createUnionView([index]).walk(rootPath), ({ path }) => toText(path));
}

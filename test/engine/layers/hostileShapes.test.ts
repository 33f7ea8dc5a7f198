import assert from 'node:assert/strict';
import type { Numbers } from '../../../src/engine/layers/layerColumns.ts';
import type { LayerIndex } from '../../../src/engine/layers/layerIndex.ts';
import { LayerIndexBuilder } from '../../../src/engine/layers/layerIndexBuilder.ts';
import { createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { type HostileLayer, hostileLayers } from '../../support/hostileLayers.ts';
import { tarHeader } from '../../support/tarHeader.ts';

/** Layers made to be slow: time and memory must follow the number of entries. Times are shown, not judged. */
describe('A layer of a hostile shape is read in time that follows its size', function () {
  this.timeout(isFullRun ? 600_000 : 20_000);
  for (const [name, { write, smallest, largest, nodes }] of Object.entries(hostileLayers))
    it(name, () => {
      const count = isFullRun ? largest : smallest;
      const times = [count, count * 2, count * 4].map((each) => {
        const { index, builtMs, walkedMs, bytes, inputBytes } = read(write, each);
        assert.ok(index.nodeCount <= nodes(each));
        assert.ok(bytes < 8 * inputBytes, `${bytes} bytes of ${inputBytes}`);
        return `${each}: ${builtMs} + ${walkedMs} ms, ${Math.round(bytes / each)} B each`;
      });
      console.log(`        ${times.join('; ')}`);
    });
});

function read(
  write: HostileLayer['write'],
  count: number,
): {
  readonly index: LayerIndex;
  readonly builtMs: number;
  readonly walkedMs: number;
  readonly bytes: number;
  readonly inputBytes: number;
} {
  const builder = new LayerIndexBuilder();
  let inputBytes = 0;
  const startedMs = performance.now();
  write(count, (name, header) => {
    inputBytes += 512 + name.length + (header?.linkName ?? '').length;
    builder.entry(tarHeader({ name, ...header }));
  });
  const index = builder.finish({ isComplete: true, hasContentHashes: false, tarSize: 0 });
  const builtMs = performance.now();
  let walked = 0;
  for (const entry of createUnionView([index]).walk()) walked += entry.name.length > 0 ? 1 : 0;
  assert.ok(walked < index.nodeCount);
  const columns: readonly Numbers[] = Object.values(index.columns as unknown as Record<string, Numbers>);
  const bytes = columns.reduce((sum, column) => sum + column.byteLength, 0);
  return {
    index,
    builtMs: Math.round(builtMs - startedMs),
    walkedMs: Math.round(performance.now() - builtMs),
    bytes,
    inputBytes,
  };
}

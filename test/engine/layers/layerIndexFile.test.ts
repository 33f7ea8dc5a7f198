import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { locateCheckpoints, openLayerIndex } from '../../../src/engine/layers/layerIndexFile.ts';
import { writeLayerIndex } from '../../../src/engine/layers/writeLayerIndex.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { describeIndex } from '../../support/describeIndex.ts';
import { Random } from '../../support/random.ts';
import { randomLayers } from '../../support/randomLayers.ts';
import { tempDir } from '../../support/tempDir.ts';
import { indexLayer } from '../../support/unionOf.ts';

describe('layerIndexFile', function () {
  this.timeout(20_000);

  const directory = tempDir();
  const file = directory.file('layer.index');
  const checkpoints = Uint8Array.of(1, 2, 3, 4, 5);
  const everything = indexLayer([
    { name: 'd', type: 'dir', mode: 0o1777, uid: 1000, gid: 3_000_000_000 },
    { name: 'd/f', content: 'hello', xattrs: { 'user.a': '\x00\xff', 'user.b': '' }, mtime: '1.000000001' },
    { name: 'd/g', type: 'hardlink', link: 'd/f' },
    { name: 'lower', type: 'hardlink', link: 'd/not/here' },
    { name: 'early', type: 'hardlink', link: 'late' },
    { name: 'late', content: '' },
    { name: 's', type: 'symlink', link: 'd/f' },
    { name: 'c', type: 'char', dev: [1, 3] },
    { name: '.wh.gone' },
    { name: 'd/.wh..wh..opq' },
    { name: '../up', content: 'x' },
    { name: 'caf\u{f7e9}', content: 'latin1' },
  ]);

  it('keeps everything a layer index answers', async () => {
    await writeLayerIndex(file, everything, checkpoints);
    assert.equal(describeIndex(await openLayerIndex(file)), describeIndex(everything));
  });

  it('keeps random layers', async () => {
    for (let seed = 1; seed <= 40; seed++)
      for (const layer of randomLayers(new Random(seed))) {
        const index = indexLayer(layer);
        await writeLayerIndex(file, index);
        assert.equal(describeIndex(await openLayerIndex(file)), describeIndex(index), `seed ${seed}`);
      }
  });

  it('says where the checkpoints lie, when there are any', async () => {
    await writeLayerIndex(file, everything, checkpoints);
    const place = await locateCheckpoints(file);
    assert.deepEqual(
      readFileSync(file).subarray(place!.offset, place!.offset + place!.size),
      Buffer.from(checkpoints),
    );
    await writeLayerIndex(file, everything);
    assert.equal(await locateCheckpoints(file), undefined);
  });

  it('says that it is absent', async () => {
    rmSync(file, { force: true });
    await assert.rejects(openLayerIndex(file), (error) => isEngineError(error, 'not-found'));
  });

  it('leaves no draft behind when writing fails', async () => {
    const nowhere = directory.file('none', 'layer.index');
    await assert.rejects(writeLayerIndex(nowhere, everything), (error) => isEngineError(error, 'not-found'));
    assert.deepEqual(
      readdirSync(directory.path).filter((name) => name.endsWith('.tmp')),
      [],
    );
  });

  it('is damaged wherever it is cut, and nothing else', async () => {
    const bytes = await fileBytes();
    for (let length = 0; length < bytes.length; length += step(length)) {
      writeFileSync(file, bytes.subarray(0, length));
      await assert.rejects(openLayerIndex(file), isDamage, `cut to ${length}`);
    }
    writeFileSync(file, Buffer.concat([bytes, Buffer.alloc(8)]));
    await assert.rejects(openLayerIndex(file), isDamage);
  });

  it('is damaged whichever bit is flipped, or gives the same tree', async () => {
    const bytes = await fileBytes();
    const whole = describeIndex(everything);
    const { offset } = (await locateCheckpoints(file))!;
    for (let at = 0; at < bytes.length; at += step(at)) {
      const flipped = Buffer.from(bytes);
      flipped[at] = flipped[at]! ^ (1 << (at % 8));
      writeFileSync(file, flipped);
      // Checkpoints are not read here; who reads a file by them compares its hash.
      if (at >= offset) assert.equal(describeIndex(await openLayerIndex(file)), whole);
      else await assert.rejects(openLayerIndex(file), isDamage, `byte ${at}`);
    }
  });

  it('is damaged when it is of another version', async () => {
    const bytes = await fileBytes();
    bytes.writeUInt32LE(bytes.readUInt32LE(8) + 1, 8);
    writeFileSync(file, bytes);
    await assert.rejects(openLayerIndex(file), isDamage);
  });

  it('is damaged when it is noise', async () => {
    const random = new Random(7);
    for (let round = 0; round < 50; round++) {
      writeFileSync(file, random.bytes(random.below(5000)));
      await assert.rejects(openLayerIndex(file), isDamage);
    }
  });

  async function fileBytes(): Promise<Buffer> {
    await writeLayerIndex(file, everything, checkpoints);
    return readFileSync(file);
  }
});

/** Every byte of header and table, and in a short run some of the rest. */
function step(at: number): number {
  return at < 900 || isFullRun ? 1 : 5;
}

function isDamage(error: unknown): boolean {
  return isEngineError(error, 'damaged');
}

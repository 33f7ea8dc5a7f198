import assert from 'node:assert/strict';
import { parseLayerPath } from '../../src/engine/base/layerPath.ts';
import type { Engine } from '../../src/engine/engineContract.ts';
import type { Image } from '../../src/engine/sources/image.ts';
import { orSkip } from '../machine/missing.mjs';
import { type Registry, startRegistry } from '../machine/registry.mjs';
import { buildImage } from '../support/buildImage.ts';
import { sampleText } from '../support/gzipSamples.ts';
import { bytesDuring, engineAt, layoutOf, noise, openRemote, pushLayout } from './registryTools.ts';

/** The upper layer is too large to be hashed as it is indexed: its digest is known from the store alone. */
const content = { 'big/one': noise(1, 20_000_000), 'etc/motd': 'hello', 'etc/words': sampleText(1_000_000) };
const image = buildImage([{ 'bin/sh': 'shell' }, content], { names: ['browse:1'], compression: 'gzip' });

/** Looking into an image where it is, at a real registry, by a proxy that counts what comes. */
describe('an image that is read in a registry', function () {
  this.timeout(120_000);
  const layout = layoutOf(image);
  let registry: Registry;
  let reference: string;
  before(async function () {
    registry = await orSkip(this, () => startRegistry({ proxied: true }));
    reference = `${registry.host}/browse:1`;
    await using engine = engineAt();
    await pushLayout(engine, layout, reference);
  });
  after(() => (registry as Registry | undefined)?.stop());

  it('takes no byte of layers that the store has', async () => {
    await using engine = engineAt();
    await using source = await engine.open(layout);
    const [entry] = await source.list();
    await engine.store.import(source, entry!, undefined);
    const stored = await engine.store.source();
    const [known] = await stored.list();
    await engine.rootfs(await engine.image(stored, known!, known!.variants[0]!));
    const moved = await bytesDuring(registry, async () => {
      const opened = await openRemote(engine, reference);
      assert.equal(await read(engine, opened, '/etc/motd'), 'hello');
      assert.equal(await read(engine, opened, '/bin/sh'), 'shell');
    });
    assert.ok(moved.answered < 10_000, `${moved.answered} bytes`);
  });
});

async function read(engine: Engine, opened: Image, name: string): Promise<string> {
  const file = (await engine.rootfs(opened)).lookup(parseLayerPath(name));
  assert.ok(file);
  return Buffer.from(await engine.readFile(opened, file, 2 ** 20)).toString();
}

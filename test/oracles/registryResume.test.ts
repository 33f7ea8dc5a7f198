import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { orSkip } from '../machine/missing.mjs';
import { type Registry, startRegistry } from '../machine/registry.mjs';
import { buildImage } from '../support/buildImage.ts';
import { tempDir } from '../support/tempDir.ts';
import { bytesDuring, engineAt, layoutOf, noise, pull, pushLayout, rawDigest } from './registryTools.ts';

const size = 6_000_000;
const image = buildImage([{ noise: noise(7, size) }], { names: ['app:1'], compression: 'gzip' });

/** Where a connection is cut, in bytes of one direction: in the headers, at the body's begin, in its midst, at its end. */
const cuts = [100, 5000, size / 3, size * 0.99] as const;

/** What headers and the small documents cost, and what was on its way when it was cut. */
const slack = 600_000;

describe('a cut connection to a registry', function () {
  this.timeout(60_000);
  let registry: Registry;
  const layout = layoutOf(image);
  before(async function () {
    registry = await orSkip(this, () => startRegistry({ proxied: true }));
  });
  after(() => (registry as Registry | undefined)?.stop());
  afterEach(() => {
    registry.proxy!.setFault();
  });

  for (const cut of cuts) {
    it(`is gone on with while an image is pulled: after ${cut} bytes`, async () => {
      await using engine = engineAt();
      const reference = `${registry.host}/pull-${Math.round(cut)}:1`;
      await pushLayout(engine, layout, reference);
      engine.registry(registry.host).close();
      registry.proxy!.setFault({ cutAfterAnswered: cut, times: 2 });
      const before = registry.proxy!.traffic.cut;
      const came = await bytesDuring(registry, () => pull(engine, reference));
      assert.ok(registry.proxy!.traffic.cut > before, 'nothing was cut');
      assert.deepEqual(await engine.store.verify(), []);
      assert.ok(came.answered < size + slack, `${came.answered} bytes came`);
    });

    it(`does not keep an image from being pushed: after ${cut} bytes`, async () => {
      await using engine = engineAt();
      registry.proxy!.setFault({ cutAfterAsked: cut, times: 2 });
      const before = registry.proxy!.traffic.cut;
      const destination = `${registry.host}/push-${Math.round(cut)}:1`;
      const sent = await bytesDuring(registry, () => pushLayout(engine, layout, destination));
      assert.ok(registry.proxy!.traffic.cut > before, 'nothing was cut');
      assert.equal(await rawDigest(destination), image.manifestDigest);
      // This registry forgets a stream that was cut ("upload resumed at wrong offset"): docker begins anew too.
      assert.ok(sent.asked < size + 2 * cut + slack, `${sent.asked} bytes were sent`);
    });
  }

  it('costs what was missing when another process goes on after a cancel', async () => {
    const folder = tempDir().path;
    const reference = `${registry.host}/cancelled:1`;
    await using first = engineAt(folder);
    await pushLayout(first, layout, reference);
    registry.proxy!.setFault({ bytesPerSecond: size });
    const stop = new AbortController();
    const onProgress = ({ done }: { readonly done: number }): void => {
      if (done > size * 0.4) stop.abort();
    };
    await assert.rejects(pull(first, reference, { signal: stop.signal, onProgress }), { code: 'cancelled' });
    await sleep(200);
    registry.proxy!.setFault();
    await using second = engineAt(folder);
    const rest = await bytesDuring(registry, async () => {
      const { blobs, movedBytes } = await pull(second, reference);
      assert.ok(movedBytes < size * 0.7, `${movedBytes} bytes moved`);
      const layer = blobs.find(({ role }) => role === 'layer')?.state;
      assert.ok(layer?.kind === 'moved' && (layer.resumedAt ?? 0) > size * 0.3);
    });
    assert.ok(rest.answered < size * 0.7 + slack, `${rest.answered} bytes came`);
    assert.deepEqual(await second.store.verify(), []);
  });

  it('says what is wrong when the registry stays away, and leaves nothing half done', async () => {
    await using engine = engineAt();
    registry.proxy!.setFault({ refuse: true });
    const failure = pushLayout(engine, layout, `${registry.host}/away:1`);
    await assert.rejects(failure, { code: 'unreachable' });
    await assert.rejects(pull(engine, `${registry.host}/away:1`), { code: 'unreachable' });
    assert.deepEqual(await (await engine.store.source()).list(), []);
  });
});

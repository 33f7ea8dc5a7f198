import assert from 'node:assert/strict';
import { parseLayerPath } from '../../src/engine/base/layerPath.ts';
import type { RegistryClient } from '../../src/engine/sources/registry/registryClient.ts';
import { copyBlobOn } from '../../src/engine/store/copyBlob.ts';
import { nodeDisk } from '../../src/engine/store/nodeDisk.ts';
import { pushImage } from '../../src/engine/transfer/pushImage.ts';
import { orSkip } from '../machine/missing.mjs';
import { type Registry, startRegistry } from '../machine/registry.mjs';
import { buildImage } from '../support/buildImage.ts';
import { tempDir } from '../support/tempDir.ts';
import {
  bytesDuring,
  engineAt,
  forgetFetched,
  forms,
  layoutOf,
  noise,
  openLayout,
  openRemote,
  pull,
  pushLayout,
  rawDigest,
  skopeo,
  treeOf,
} from './registryTools.ts';

/** Lamina and skopeo at one real registry. */
describe('images of a registry', function () {
  this.timeout(60_000);
  let registry: Registry;
  before(async function () {
    registry = await orSkip(this, () => startRegistry({ proxied: true }));
    await orSkip(this, () => skopeo('--version'));
  });
  after(() => (registry as Registry | undefined)?.stop());

  for (const [name, entry] of Object.entries(forms)) {
    const tag = name.replace(/\W+/g, '-');

    it(`reach skopeo as they were: ${name}`, async () => {
      await using engine = engineAt();
      const layout = layoutOf(entry);
      const destination = `${registry.host}/pushed/${tag}:1`;
      const result = await pushLayout(engine, layout, destination);
      assert.equal(await rawDigest(destination), result.target.digest);
      assert.equal(result.movedBytes, result.totalBytes);
      const copy = tempDir().file('copy');
      await skopeo(
        'copy',
        '-q',
        '--all',
        '--src-tls-verify=false',
        `docker://${destination}`,
        `oci:${copy}:x`,
      );
      const image = await openLayout(engine, copy);
      assert.deepEqual(await treeOf(engine, image), await treeOf(engine, await openLayout(engine, layout)));
      assert.deepEqual(await engine.verify(image), []);
    });

    it(`come from skopeo as they were: ${name}`, async () => {
      await using engine = engineAt();
      const reference = `${registry.host}/from-skopeo/${tag}:1`;
      const layout = layoutOf(entry);
      await skopeo(
        'copy',
        '-q',
        '--all',
        '--dest-tls-verify=false',
        `oci:${layout}`,
        `docker://${reference}`,
      );
      const expected = await treeOf(engine, await openLayout(engine, layout));
      assert.deepEqual(await treeOf(engine, await openRemote(engine, reference)), expected, 'opened there');
      const { target } = await pull(engine, reference);
      assert.equal(target.digest, await rawDigest(reference));
      assert.deepEqual(await engine.store.verify(), []);
      const stored = (await (await engine.store.source()).list()).find(({ names }) =>
        names.includes(reference),
      );
      assert.equal(stored?.target?.digest, target.digest);
      const image = await engine.image(await engine.store.source(), stored, stored.variants[0]!);
      assert.deepEqual(await treeOf(engine, image), expected, 'pulled');
    });
  }

  it('come as one platform when that is asked for, with its own digest', async () => {
    await using engine = engineAt();
    const reference = `${registry.host}/platforms:1`;
    await pushLayout(engine, layoutOf(forms['an index with attestations']!), reference);
    const source = await engine.openRemote(reference);
    const [entry] = await source.list();
    const variant = entry!.variants[1]!;
    const { target } = await engine.store.import(source, entry!, undefined, { variant });
    assert.equal(target.digest, variant.manifest?.digest);
    assert.deepEqual(await engine.store.verify(), []);
    const skopeoAsked = ['--override-arch', 'arm64', '--format', '{{.Digest}}', '--tls-verify=false'];
    await skopeo('inspect', ...skopeoAsked, `docker://${reference}`);
  });

  it('are not sent or fetched again', async () => {
    await using engine = engineAt();
    const reference = `${registry.host}/again:1`;
    const layout = layoutOf(forms['oci, gzip']!);
    await pushLayout(engine, layout, reference);
    const sent = await bytesDuring(registry, async () => {
      const { blobs, movedBytes } = await pushLayout(engine, layout, reference);
      assert.deepEqual(new Set(blobs.map(({ state }) => state.kind)), new Set(['already-here']));
      assert.equal(movedBytes, 0);
    });
    assert.ok(sent.asked < 10_000, `${sent.asked} bytes were sent`);
    await pull(engine, reference);
    const fetched = await bytesDuring(registry, async () => {
      const { movedBytes } = await pull(engine, reference);
      assert.equal(movedBytes, 0);
    });
    assert.ok(fetched.answered < 10_000, `${fetched.answered} bytes came`);
  });

  it('are mounted from where they were sent before, by another run too', async () => {
    const directory = tempDir().path;
    const layout = layoutOf(forms['oci, gzip']!);
    {
      await using engine = engineAt(directory);
      await pushLayout(engine, layout, `${registry.host}/remembered/first:1`);
    }
    await using engine = engineAt(directory);
    const sent = await bytesDuring(registry, async () => {
      const { blobs } = await pushLayout(engine, layout, `${registry.host}/remembered/second:1`);
      const layers = blobs.filter(({ role }) => role === 'layer').map(({ state }) => state);
      assert.deepEqual(new Set(layers.map(({ kind }) => kind)), new Set(['mounted']));
    });
    assert.ok(sent.asked < 10_000, `${sent.asked} bytes were sent`);
  });

  it('are mounted from the repository they came from, and no bytes move', async () => {
    await using engine = engineAt();
    await pushLayout(engine, layoutOf(forms['oci, gzip']!), `${registry.host}/mount/first:1`);
    await pull(engine, `${registry.host}/mount/first:1`);
    const source = await engine.store.source();
    const [entry] = await source.list();
    const sent = await bytesDuring(registry, async () => {
      const destination = `${registry.host}/mount/second:1`;
      const { blobs } = await engine.push(source, entry!, { destination });
      const layers = blobs.filter(({ role }) => role === 'layer').map(({ state }) => state);
      assert.deepEqual(new Set(layers.map(({ kind }) => kind)), new Set(['mounted']));
      assert.deepEqual(layers[0], { kind: 'mounted', from: 'mount/first' });
    });
    assert.ok(sent.asked < 10_000, `${sent.asked} bytes were sent`);
    assert.equal(await rawDigest(`${registry.host}/mount/second:1`), entry!.target?.digest);
  });

  it('go from repository to repository without passing here, and from registry to registry', async () => {
    await using engine = engineAt();
    const from = `${registry.host}/remote/first:1`;
    await pushLayout(engine, layoutOf(forms['docker, gzip']!), from);
    const source = await engine.openRemote(from);
    const [entry] = await source.list();
    const moved = await bytesDuring(registry, () =>
      engine.push(source, entry!, { destination: `${registry.host}/remote/second:1` }),
    );
    assert.ok(moved.asked + moved.answered < 20_000, `${moved.asked + moved.answered} bytes moved`);
    const other = await startRegistry();
    try {
      await engine.push(source, entry!, { destination: `${other.host}/third:1` });
      assert.equal(await rawDigest(`${other.host}/third:1`), await rawDigest(from));
    } finally {
      await other.stop();
    }
  });

  it('are opened with their manifest and config alone, and then without anything', async () => {
    const folder = tempDir().path;
    const reference = `${registry.host}/lazy:1`;
    await using first = engineAt(folder);
    await pushLayout(first, layoutOf(forms['oci, gzip']!), reference);
    const opened = await bytesDuring(registry, () => openRemote(first, reference));
    assert.ok(opened.answered < 8000, `${opened.answered} bytes came`);
    await using second = engineAt(folder);
    const again = await bytesDuring(registry, () => openRemote(second, reference));
    assert.ok(again.answered < 3000, `${again.answered} bytes came`);
  });

  it('cost little for one file whose layer’s index is known, and nothing the second time', async () => {
    const folder = tempDir().path;
    const reference = `${registry.host}/ranges:1`;
    const half = Buffer.concat(Array.from({ length: 8 }, () => noise(3, 4_000_000)));
    const image = buildImage([{ half, 'etc/motd': 'hello', rest: half }], {
      names: ['a:1'],
      compression: 'gzip',
    });
    await using first = engineAt(folder);
    const { totalBytes } = await pushLayout(first, layoutOf(image), reference);
    await first.rootfs(await openRemote(first, reference));
    forgetFetched(folder);
    await using engine = engineAt(folder);
    const opened = await bytesDuring(registry, async () => {
      const remote = await openRemote(engine, reference);
      const motd = (await engine.rootfs(remote)).lookup(parseLayerPath('/etc/motd'))!;
      assert.equal(Buffer.from(await engine.readFile(remote, motd, 100)).toString(), 'hello');
    });
    assert.ok(opened.answered < 0.05 * totalBytes, `${opened.answered} of ${totalBytes} bytes came`);
    const remote = await openRemote(engine, reference);
    const motd = (await engine.rootfs(remote)).lookup(parseLayerPath('/etc/motd'))!;
    const again = await bytesDuring(registry, () => engine.readFile(remote, motd, 100));
    assert.equal(again.answered, 0);
  });

  it('are opened from what another image brought', async () => {
    await using engine = engineAt();
    const layout = layoutOf(forms['oci, gzip']!);
    await pushLayout(engine, layout, `${registry.host}/shared/a:1`);
    await pushLayout(engine, layout, `${registry.host}/shared/b:1`);
    await treeOf(engine, await openRemote(engine, `${registry.host}/shared/a:1`));
    const came = await bytesDuring(registry, async () => {
      await treeOf(engine, await openRemote(engine, `${registry.host}/shared/b:1`));
    });
    assert.ok(came.answered < 5000, `${came.answered} bytes came`);
  });

  it('are gone when they were deleted', async () => {
    await using engine = engineAt();
    const reference = `${registry.host}/deleted:1`;
    const { target } = await pushLayout(engine, layoutOf(forms['oci, plain']!), reference);
    await engine.registry(registry.host).deleteManifest('deleted', target.digest);
    await assert.rejects(rawDigest(reference), /manifest unknown|MANIFEST_UNKNOWN/i);
    await assert.rejects(engine.openRemote(reference), { code: 'not-found' });
  });

  it('are sent once more when the registry lacks a blob that it said it had', async () => {
    await using engine = engineAt();
    const client = lying(engine.registry(registry.host));
    await using source = await engine.open(layoutOf(forms['oci, gzip']!));
    const [entry] = await source.list();
    const request = { destination: `${registry.host}/lied:1` };
    await pushImage({ source, entry: entry!, request, client, hashBlob: copyBlobOn(nodeDisk) });
    assert.equal(await rawDigest(`${registry.host}/lied:1`), entry!.target?.digest);
  });
});

/** The real client, but for what it says of blobs. */
function lying(client: RegistryClient): RegistryClient {
  const headBlob: RegistryClient['headBlob'] = () => Promise.resolve({ hasRanges: true });
  return new Proxy(client, {
    get: (target, name) => {
      if (name === 'headBlob') return headBlob;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

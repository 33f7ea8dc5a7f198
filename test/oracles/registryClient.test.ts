import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync } from 'node:fs';
import { EngineError } from '../../src/engine/base/errors.ts';
import { type Digest, digestOf, parseDigest } from '../../src/engine/oci/digest.ts';
import { mediaTypes } from '../../src/engine/oci/mediaType.ts';
import type { RegistryClient, UploadSession } from '../../src/engine/sources/registry/registryClient.ts';
import { describeRegistryReads } from '../contracts/registryReadsContract.ts';
import { orSkip } from '../machine/missing.mjs';
import { type Registry, startRegistry } from '../machine/registry.mjs';
import { buildImage } from '../support/buildImage.ts';
import { basicCanary, blobOf, canary, collect, failure, watchClient } from '../support/registryClients.ts';
import { tempDir } from '../support/tempDir.ts';
import { startTokenFront } from '../support/tokenFront.ts';
import { writeOciLayout } from '../support/writeOciLayout.ts';
import { skopeo } from './registryTools.ts';

const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7) % 253));
const blob = blobOf(bytes);
const absent = digestOf(Buffer.from('nowhere'));

/** Our client at a real registry: the data and the calls of the distribution-spec's conformance suite. */
describe('the registry client', function () {
  this.timeout(30_000);
  let registry: Registry;
  let client: RegistryClient;
  before(async function () {
    registry = await orSkip(this, () => startRegistry());
    ({ client } = watchClient({ domain: registry.host }));
  });
  after(async () => {
    (client as RegistryClient | undefined)?.close();
    await (registry as Registry | undefined)?.stop();
  });

  async function push(content: Uint8Array, path = 'data'): Promise<{ digest: Digest; size: number }> {
    const each = blobOf(content);
    await client.uploadMonolithic(await client.startUpload(path), each);
    return { digest: each.digest, size: each.size };
  }

  async function pushBlobs(mediaType: string, content: string | Uint8Array) {
    return { mediaType, ...(await push(Buffer.from(content))) };
  }

  const encode = (manifest: object) => Buffer.from(JSON.stringify(manifest, undefined, 1));

  /** Puts a manifest by its digest and a tag, and gets the same bytes back by both. */
  async function roundTrip(tag: string, manifest: { readonly mediaType: string }) {
    const encoded = encode(manifest);
    const put = await client.putManifest('data', tag, { bytes: encoded, mediaType: manifest.mediaType });
    for (const reference of [tag, put.digest]) {
      const got = await client.getManifest('data', reference);
      assert.deepEqual(Buffer.from(got.bytes), encoded);
      assert.deepEqual([got.digest, got.mediaType], [digestOf(encoded), manifest.mediaType]);
      const head = await client.headManifest('data', reference);
      assert.deepEqual(head, { mediaType: manifest.mediaType, digest: got.digest, size: encoded.length });
    }
    return {
      ...put,
      descriptor: { mediaType: manifest.mediaType, digest: put.digest, size: encoded.length },
    };
  }

  const imageManifest = async (more: object = {}) => ({
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: await pushBlobs(mediaTypes.ociConfig, '{"architecture":"amd64","os":"linux"}'),
    layers: [await pushBlobs(mediaTypes.ociLayer, 'a layer')],
    ...more,
  });

  const indexOf = (...manifests: readonly object[]) => ({
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests,
  });

  describe('data', () => {
    it('image, with and without layers, with fields of its own', async () => {
      await roundTrip('image', await imageManifest());
      await roundTrip('bare', await imageManifest({ layers: [] }));
      await roundTrip('custom', await imageManifest({ 'org.test.custom': { deep: ['<>&\u2028'] } }));
    });

    it('index, and index of indexes', async () => {
      const image = await roundTrip('image', await imageManifest());
      const index = await roundTrip('index', indexOf(image.descriptor));
      await roundTrip('nested', indexOf(index.descriptor, image.descriptor));
    });

    it('index of what is not there is refused', async () => {
      const sparse = encode(indexOf({ mediaType: mediaTypes.ociManifest, digest: absent, size: 7 }));
      const error = await failure(
        client.putManifest('data', 'sparse', { bytes: sparse, mediaType: mediaTypes.ociIndex }),
        'refused',
      );
      assert.match(error.detail, /MANIFEST_(?:BLOB_)?UNKNOWN/);
    });

    it('artifact, and empty blobs', async () => {
      const empty = { mediaType: mediaTypes.ociEmpty, ...(await push(Buffer.from('{}'))) };
      const artifact = { artifactType: 'application/vnd.test', config: empty, layers: [empty] };
      await roundTrip('artifact', {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        ...artifact,
      } as never);
      const nothing = await pushBlobs('application/octet-stream', '');
      assert.equal((await client.headBlob('data', nothing.digest))?.size, 0);
      await roundTrip('nothing', await imageManifest({ layers: [nothing] }));
    });

    it('data in the descriptor', async () => {
      const data = Buffer.from('a layer').toString('base64');
      const layer = { ...(await pushBlobs(mediaTypes.ociLayer, 'a layer')), data };
      await roundTrip('data', await imageManifest({ layers: [layer] }));
    });

    it('layers that may not be distributed are named, not sent', async () => {
      const mediaType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
      const foreign = { mediaType, digest: absent, size: 9, urls: ['https://nowhere.test/layer'] };
      const config = await pushBlobs(mediaTypes.dockerConfig, '{}');
      const manifest = { schemaVersion: 2, mediaType: mediaTypes.dockerManifest, config, layers: [foreign] };
      await roundTrip('foreign', manifest).catch((error: unknown) => {
        // 2.8 takes them only where its configuration allows the URL.
        assert.match(String(error), /MANIFEST_BLOB_UNKNOWN|MANIFEST_INVALID|BLOB_UNKNOWN/);
      });
    });

    it('subject, kept in the tag for referrers', async () => {
      const image = await roundTrip('image', await imageManifest());
      const missing = { mediaType: mediaTypes.ociManifest, digest: absent, size: 7 };
      const put = async (tag: string, artifactType: string, subject: object) => {
        const manifest = await imageManifest({ artifactType, subject, annotations: { name: tag } });
        const made = await roundTrip(tag, manifest);
        assert.equal(made.listedBy, 'fallback-tag');
        return made.digest;
      };
      const first = await put('sig-1', 'application/vnd.sig', image.descriptor);
      const second = await put('sbom-1', 'application/vnd.sbom', image.descriptor);
      await put('sig-1', 'application/vnd.sig', image.descriptor);
      const orphan = await put('orphan', 'application/vnd.sig', missing);
      const all = await client.referrers('data', image.digest);
      assert.equal(all.isFallback, true);
      assert.deepEqual(
        all.descriptors.map(({ digest, artifactType }) => [digest, artifactType]),
        [
          [second, 'application/vnd.sbom'],
          [first, 'application/vnd.sig'],
        ],
      );
      const some = await client.referrers('data', image.digest, 'application/vnd.sig');
      assert.deepEqual(
        some.descriptors.map(({ digest, annotations }) => [digest, annotations]),
        [[first, { name: 'sig-1' }]],
      );
      assert.deepEqual((await client.referrers('data', absent)).descriptors[0]?.digest, orphan);
      assert.deepEqual((await client.referrers('data', digestOf(Buffer.from('x')))).descriptors, []);
    });

    it('sha512', async () => {
      const digest = parseDigest(`sha512:${createHash('sha512').update(bytes).digest('hex')}`);
      await client.uploadMonolithic(await client.startUpload('data'), { ...blob, digest });
      const { body } = await client.getBlob('data', digest);
      assert.deepEqual(Buffer.concat(await collect(body)), bytes);
    });
  });

  describe('uploads', () => {
    const ways = {
      monolithic: (upload: UploadSession) => client.uploadMonolithic(upload, blob),
      streamed: (upload: UploadSession) => client.uploadStreamed(upload, blob),
      chunked: (upload: UploadSession) => client.uploadChunked(upload, blob, 30_000),
    };
    for (const [way, upload] of Object.entries(ways))
      it(way, async () => {
        const path = `upload/${way}`;
        assert.equal(await client.headBlob(path, blob.digest), undefined);
        await upload(await client.startUpload(path));
        assert.deepEqual(await client.headBlob(path, blob.digest), { size: bytes.length, hasRanges: true });
        // Again is fine.
        await upload(await client.startUpload(path));
      });

    it('of wrong bytes are refused', async () => {
      for (const way of ['uploadMonolithic', 'uploadStreamed'] as const) {
        const upload = await client.startUpload('data');
        await failure(client[way](upload, { ...blob, digest: absent }), 'digest-mismatch');
      }
      assert.equal(await client.headBlob('data', absent), undefined);
    });

    it('out of order are put right by what the registry has', async () => {
      const upload = await client.startUpload('order');
      // 2.8 takes a piece that leaves a gap and counts on from what it had: its count shows it.
      const error = await client.uploadChunked({ ...upload, offset: 50_000 }, blob, 30_000).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      const stored = await client.headBlob('order', blob.digest);
      assert.ok(error !== undefined || stored?.size === bytes.length);
      if (stored !== undefined) assert.deepEqual(await blobBytes('order'), bytes);
    });

    it('tell how far they came, and can be ended', async () => {
      const upload = await client.startUpload('status');
      assert.equal((await client.uploadStatus(upload)).offset, 0);
      await client.cancelUpload(upload);
      await failure(client.uploadStatus(upload), 'not-found');
      await client.cancelUpload(upload);
    });

    it('are spared where a blob can be mounted', async () => {
      await client.uploadMonolithic(await client.startUpload('mount/from'), blob);
      assert.deepEqual(await client.mountBlob('mount/to', blob.digest, 'mount/from'), { kind: 'mounted' });
      assert.deepEqual(await blobBytes('mount/to'), bytes);
    });

    it('begin where the blob to mount is missing', async () => {
      const upload = await client.mountBlob('mount/late', digestOf(Buffer.from('never')), 'mount/from');
      assert.ok(upload.kind === 'upload');
      await client.uploadMonolithic(upload, blob);
      assert.deepEqual(await blobBytes('mount/late'), bytes);
    });
  });

  async function blobBytes(path: string): Promise<Buffer> {
    const { body } = await client.getBlob(path, blob.digest);
    return Buffer.concat(await collect(body));
  }

  describe('reads', () => {
    const image = buildImage([{ bytes }], { names: ['docker.io/library/app:1'] });
    before(async () => {
      await push(bytes);
      for (const part of [image.config, ...image.layers.map((layer) => layer.blob)]) await push(part, 'read');
      await client.putManifest('read', 'v1', { bytes: image.manifest, mediaType: image.mediaType });
    });

    describeRegistryReads(() => ({ client, path: 'read', tag: 'v1', image }));

    it('a blob that is asked for as a manifest', async () => {
      // 2.8 has no better words than 500.
      await assert.rejects(client.getManifest('data', blob.digest), EngineError);
    });

    it('tags, in whatever order', async () => {
      const manifest = { bytes: encode(await imageManifest()), mediaType: mediaTypes.ociManifest };
      await push(Buffer.from('{"architecture":"amd64","os":"linux"}'), 'tagged');
      await push(Buffer.from('a layer'), 'tagged');
      const tags = Array.from({ length: 7 }, (_, at) => `t${at}`);
      for (const tag of tags) await client.putManifest('tagged', tag, manifest);
      assert.deepEqual((await collect(client.tags('tagged'))).flat().sort(), tags);
      assert.ok((await collect(client.catalog())).flat().includes('tagged'));
    });
  });

  describe('deletes', () => {
    it('manifests and blobs; what is absent is fine', async () => {
      await push(Buffer.from('{"architecture":"amd64","os":"linux"}'), 'deleted');
      await push(Buffer.from('a layer'), 'deleted');
      await client.uploadMonolithic(await client.startUpload('deleted'), blob);
      const manifest = { bytes: encode(await imageManifest()), mediaType: mediaTypes.ociManifest };
      const { digest } = await client.putManifest('deleted', 'v1', manifest);
      await client.deleteManifest('deleted', digest);
      await failure(client.getManifest('deleted', 'v1'), 'not-found');
      await client.deleteManifest('deleted', digest);
      await client.deleteBlob('deleted', blob.digest);
      assert.equal(await client.headBlob('deleted', blob.digest), undefined);
      await client.deleteBlob('deleted', blob.digest);
    });

    it('tags alone, which 2.8 does not', async () => {
      await roundTrip('keep', await imageManifest());
      await failure(client.deleteTag('data', 'keep'), 'unsupported');
      await client.getManifest('data', 'keep');
    });
  });

  describe('beside skopeo', () => {
    const image = buildImage([{ 'etc/motd': 'hello' }, { 'etc/.wh.motd': '' }], {
      names: ['docker.io/library/app:1'],
      compression: 'gzip',
    });

    it('what ours pushed is what skopeo gets', async function () {
      await orSkip(this, () => skopeo('--version'));
      for (const part of [image.config, ...image.layers.map((layer) => layer.blob)])
        await client.uploadStreamed(await client.startUpload('ours'), blobOf(part));
      await client.putManifest('ours', 'v1', { bytes: image.manifest, mediaType: image.mediaType });
      const raw = await skopeo('inspect', '--raw', '--tls-verify=false', `docker://${registry.host}/ours:v1`);
      assert.equal(raw, image.manifest.toString());
    });

    it('what skopeo pushed is what ours gets', async function () {
      await orSkip(this, () => skopeo('--version'));
      const layout = writeOciLayout(image, tempDir().path, { names: 'skopeo' });
      const destination = `docker://${registry.host}/theirs:v1`;
      await skopeo('copy', '-q', '--dest-tls-verify=false', `oci:${layout}:1`, destination);
      const got = await client.getManifest('theirs', 'v1');
      assert.deepEqual(Buffer.from(got.bytes), image.manifest);
      for (const layer of image.layers) {
        const { body } = await client.getBlob('theirs', layer.digest);
        assert.deepEqual(Buffer.concat(await collect(body)), layer.blob);
      }
    });
  });

  it('signs in by password', async function () {
    const { username: user, password } = canary;
    const closed = await orSkip(this, () => startRegistry({ auth: { user, password } }));
    const watched = watchClient({ domain: closed.host, credential: basicCanary });
    await watched.client.uploadStreamed(await watched.client.startUpload('app'), blob);
    assert.equal((await watched.client.headBlob('app', blob.digest))?.size, bytes.length);
    const stranger = watchClient({ domain: closed.host });
    const wrong = watchClient({
      domain: closed.host,
      credential: { ...basicCanary, password: 'wrong' } as never,
    });
    const errors = [
      await failure(stranger.client.ping(), 'unauthorized'),
      await failure(wrong.client.startUpload('app'), 'unauthorized'),
    ];
    watched.assertSilent(...errors);
    for (const each of [watched, stranger, wrong]) each.client.close();
    await closed.stop();
  });

  it('signs in by tokens that allow just what is needed', async () => {
    const front = await startTokenFront({
      registry: registry.host,
      user: canary.username,
      password: canary.password,
      allows: (resource, action) =>
        resource === 'repository:team/app' || (resource === 'repository:base' && action === 'pull'),
    });
    await push(bytes, 'base');
    const watched = watchClient({ domain: front.host, credential: basicCanary });
    const { client: own } = watched;
    assert.deepEqual(await own.mountBlob('team/app', blob.digest, 'base'), { kind: 'mounted' });
    assert.deepEqual(front.given.at(-1), [
      'repository:base:pull',
      'repository:team/app:pull',
      'repository:team/app:push',
    ]);
    assert.equal((await own.headBlob('base', blob.digest))?.size, bytes.length);
    front.revoke();
    assert.equal((await own.headBlob('base', blob.digest))?.size, bytes.length);
    await own.uploadChunked(await own.startUpload('team/app'), blobOf(bytes.subarray(1)), 40_000);
    const errors = [
      await failure(own.startUpload('base'), 'unauthorized'),
      await failure(own.headBlob('secret', blob.digest), 'unauthorized'),
      await failure(collect(own.catalog()), 'unauthorized'),
    ];
    watched.assertSilent(...errors);
    own.close();
    await front.stop();
  });

  it('speaks TLS where it is told whom to trust', async function () {
    const secure = await orSkip(this, () => startRegistry({ tls: true }));
    const doubting = watchClient({ domain: secure.host });
    await failure(doubting.client.ping(), 'insecure');
    const folder = tempDir();
    mkdirSync(folder.file(secure.host));
    copyFileSync(secure.ca ?? '', folder.file(secure.host, 'ca.crt'));
    const trusting = watchClient({ domain: secure.host, access: { certificateFolders: [folder.path] } });
    await trusting.client.uploadStreamed(await trusting.client.startUpload('app'), blob);
    assert.equal((await trusting.client.headBlob('app', blob.digest))?.size, bytes.length);
    for (const each of [doubting, trusting]) each.client.close();
    await secure.stop();
  });

  it('goes on after the connection was cut', async function () {
    const shaky = await orSkip(this, () => startRegistry({ proxied: true }));
    const { client: own, notices } = watchClient({ domain: shaky.host });
    await own.ping();
    const large = blobOf(Buffer.alloc(3_000_000, 'abcdefg'), 16_384);
    const upload = await own.startUpload('app');
    shaky.proxy?.setFault({ cutAfterAsked: 1_000_000, times: 1 });
    shaky.proxy?.cutAll();
    await own.uploadStreamed(upload, large);
    assert.equal((await own.headBlob('app', large.digest))?.size, large.size);
    assert.ok(notices.some(({ kind }) => kind === 'waiting'));
    assert.equal(shaky.proxy?.traffic.cut, 1);
    own.close();
    await shaky.stop();
  });
});

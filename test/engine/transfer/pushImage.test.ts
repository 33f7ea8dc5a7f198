import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { type FailureCode, isEngineError } from '../../../src/engine/base/errors.ts';
import { BlobCache } from '../../../src/engine/sources/blobCache.ts';
import { openSource } from '../../../src/engine/sources/index.ts';
import type { ImageSource } from '../../../src/engine/sources/imageSource.ts';
import { packLayer } from '../../../src/engine/sources/packLayer.ts';
import { copyBlobOn } from '../../../src/engine/store/copyBlob.ts';
import { nodeDisk } from '../../../src/engine/store/nodeDisk.ts';
import { pushImage } from '../../../src/engine/transfer/pushImage.ts';
import type {
  PushRequest,
  TransferOptions,
  TransferResult,
} from '../../../src/engine/transfer/transferReport.ts';
import { buildImage } from '../../support/buildImage.ts';
import { readerOf } from '../../support/contentRegistry.ts';
import {
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedServer,
  startScriptedServer,
} from '../../support/hostileRegistry.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { type LayoutEntry, writeOciLayout } from '../../support/writeOciLayout.ts';

const names = ['docker.io/library/app:1'];
const app = buildImage([{ a: '1' }, { b: '2' }], { names, compression: 'gzip' });
const platforms = ['amd64', 'arm64'].map((architecture) => buildImage([{ architecture }], { architecture }));

describe('pushImage', () => {
  let server: ScriptedServer;
  let registry: Taker;
  beforeEach(async () => {
    registry = new Taker();
    server = await startScriptedServer((request) => registry.answer(request));
  });
  afterEach(() => server.stop());

  it('sends content before the manifest, and the tag last', async () => {
    const result = await push(await layout(app), { destination: 'app:1' });
    assert.deepEqual(registry.puts.at(-1), 'manifests/1');
    assert.equal(result.target.digest, app.manifestDigest);
    assert.equal(result.name, `127.0.0.1:${server.port}/app:1`);
    assert.equal(result.movedBytes, result.totalBytes);
    assert.deepEqual(registry.blobs.get(app.layers[0]!.digest), app.layers[0]!.blob);
  });

  it('sends the images of an index before it, under their digests', async () => {
    const source = await layout({ names, platforms });
    await push(source, { destination: 'app:2' });
    const manifests = registry.puts.filter((each) => each.startsWith('manifests/'));
    assert.deepEqual(manifests, [
      ...platforms.map(({ manifestDigest }) => `manifests/${manifestDigest}`),
      'manifests/2',
    ]);
  });

  it('sends one platform when that is asked for', async () => {
    const source = await layout({ names, platforms });
    const { target } = await push(source, { destination: 'app:3', platform: 'linux/arm64' });
    assert.equal(target.digest, platforms[1]!.manifestDigest);
    const unknown = push(source, { destination: 'app:3', platform: 'linux/s390x' });
    await assert.rejects(unknown, isFailure('not-found'));
  });

  it('tries to mount from where it was told, and sends what is not mounted', async () => {
    registry.mountable = new Map([[app.layers[0]!.digest, 'other']]);
    const { blobs, movedBytes } = await push(await layout(app), {
      destination: 'app:1',
      mountFrom: ['other', 'third'],
    });
    const [first, second] = blobs.filter(({ role }) => role === 'layer').map(({ state }) => state);
    assert.deepEqual(first, { kind: 'mounted', from: 'other' });
    assert.equal(second?.kind, 'moved');
    // A small blob is worth one attempt.
    assert.deepEqual(registry.mounts.get(app.layers[1]!.digest), ['other']);
    assert.equal(
      movedBytes,
      [app.config, app.manifest, app.layers[1]!.blob].reduce((sum, { length }) => sum + length, 0),
    );
  });

  it('does not send what is there', async () => {
    const source = await layout(app);
    await push(source, { destination: 'app:1' });
    registry.puts.length = 0;
    const { movedBytes } = await push(source, { destination: 'app:1' });
    assert.equal(movedBytes, 0);
    assert.deepEqual(registry.puts, []);
  });

  it('gives what is there another tag', async () => {
    const source = await layout(app);
    await push(source, { destination: 'app:1' });
    registry.puts.length = 0;
    await push(source, { destination: 'app:next' });
    assert.deepEqual(registry.puts, ['manifests/next']);
  });

  it('packs the plain layers of an archive without manifests, diffIDs kept', async () => {
    const plain = buildImage([{ a: '1' }, { b: '2' }], { names, format: 'docker' });
    const file = writeDockerArchive(plain, tempDir().file('a.tar'), { shape: 'legacy' });
    await push(await open(file), { destination: 'app:packed' });
    const manifest = JSON.parse(registry.manifests.get('packed')!.toString()) as {
      config: { digest: string };
      layers: { digest: string; mediaType: string }[];
    };
    assert.equal(manifest.config.digest, plain.imageId);
    for (const [at, { digest, mediaType }] of manifest.layers.entries()) {
      assert.equal(mediaType, 'application/vnd.docker.image.rootfs.diff.tar.gzip');
      const tar = gunzipSync(registry.blobs.get(digest)!);
      assert.equal(`sha256:${createHash('sha256').update(tar).digest('hex')}`, plain.layers[at]!.diffId);
    }
  });

  it('does not pass on what may not be passed on', async () => {
    const manifest = JSON.parse(app.manifest.toString()) as { layers: { mediaType: string }[] };
    manifest.layers[0]!.mediaType = 'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip';
    const foreign = { ...app, manifest: Buffer.from(JSON.stringify(manifest)) };
    await push(await layout(foreign), { destination: 'app:1' });
    assert.equal(registry.blobs.has(app.layers[0]!.digest), false);
    assert.equal(registry.blobs.has(app.layers[1]!.digest), true);
  });

  it('refuses a destination with a digest, before asking anyone', async () => {
    const destination = `app@${app.manifestDigest}`;
    await assert.rejects(push(await layout(app), { destination }), isFailure('invalid-reference'));
    assert.deepEqual(server.requests, []);
  });

  it('says which blob failed and why, and puts no manifest', async () => {
    registry.refuses = app.layers[1]!.digest;
    const states = new Map<string, string>();
    const onBlob: TransferOptions['onBlob'] = ({ descriptor, state }) =>
      states.set(descriptor.digest, state.kind);
    await assert.rejects(
      push(await layout(app), { destination: 'app:1' }, { onBlob }),
      isFailure('digest-mismatch'),
    );
    assert.equal(states.get(app.layers[1]!.digest), 'failed');
    assert.equal(registry.manifests.size, 0);
  });

  async function push(
    source: ImageSource,
    request: PushRequest,
    options?: TransferOptions,
  ): Promise<TransferResult> {
    const host = `127.0.0.1:${server.port}`;
    const cache = new BlobCache({ directory: tempDir().path });
    const context = { signal: new AbortController().signal, onProgress: () => undefined };
    const [entry] = await source.list();
    return pushImage(
      {
        source,
        entry: entry!,
        request: { ...request, destination: `${host}/${request.destination}` },
        client: readerOf(host).client,
        hashBlob: copyBlobOn(nodeDisk),
        packLayer: (layer, diffId) => packLayer(cache, { layer, diffId }, context),
      },
      options,
    );
  }
});

/** Takes what it is sent, as simply as a registry can. */
class Taker {
  readonly blobs = new Map<string, Buffer>();
  readonly manifests = new Map<string, Buffer>();
  readonly puts: string[] = [];
  readonly mounts = new Map<string, string[]>();
  mountable: ReadonlyMap<string, string> = new Map();
  refuses: string | undefined;
  #uploads = 0;

  answer({ method, url, body }: RecordedRequest): ScriptedAnswer {
    const { pathname, searchParams } = new URL(url, 'http://registry');
    const [kind = '', reference = ''] = pathname.split('/').slice(3);
    const bytes = Buffer.from(body, 'latin1');
    if (pathname === '/v2/') return {};
    if (method === 'HEAD') return this.#head(kind, reference);
    if (kind === 'manifests') return this.#putManifest(reference, bytes);
    const digest = searchParams.get('digest');
    if (method === 'POST') return this.#begin(pathname, searchParams);
    return digest === null ? { status: 404 } : this.#putBlob(digest, bytes);
  }

  #head(kind: string, reference: string): ScriptedAnswer {
    const found = (kind === 'blobs' ? this.blobs : this.manifests).get(reference);
    if (found === undefined) return { status: 404 };
    const digest = `sha256:${createHash('sha256').update(found).digest('hex')}`;
    return { headers: { 'Content-Length': found.length, 'Docker-Content-Digest': digest } };
  }

  #begin(pathname: string, search: URLSearchParams): ScriptedAnswer {
    const [digest, from] = [search.get('mount'), search.get('from')];
    if (digest !== null && from !== null) {
      this.mounts.set(digest, [...(this.mounts.get(digest) ?? []), from]);
      if (this.mountable.get(digest) === from) return { status: 201 };
    }
    return { status: 202, headers: { Location: `${pathname.replace(/\/$/, '')}/${++this.#uploads}` } };
  }

  #putBlob(digest: string, bytes: Buffer): ScriptedAnswer {
    const refusal = JSON.stringify({ errors: [{ code: 'DIGEST_INVALID', message: 'it is another' }] });
    if (digest === this.refuses) return { status: 400, body: refusal };
    this.puts.push(`blobs/${digest}`);
    this.blobs.set(digest, bytes);
    return { status: 201 };
  }

  #putManifest(reference: string, bytes: Buffer): ScriptedAnswer {
    this.puts.push(`manifests/${reference}`);
    this.manifests.set(reference, bytes);
    return { status: 201 };
  }
}

async function layout(entry: LayoutEntry): Promise<ImageSource> {
  return open(writeOciLayout([entry], tempDir().path));
}

function open(location: string): Promise<ImageSource> {
  return openSource(location, { spoolDirectory: tempDir().path });
}

function isFailure(code: FailureCode): (error: unknown) => boolean {
  return (error) => isEngineError(error, code);
}

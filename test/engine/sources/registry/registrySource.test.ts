import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BlobLocation } from '../../../../src/engine/archive/blobLocation.ts';
import { type FailureCode, isEngineError } from '../../../../src/engine/base/errors.ts';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import { formatPlatform } from '../../../../src/engine/oci/platform.ts';
import type { ImageCore, ImageSource } from '../../../../src/engine/sources/imageSource.ts';
import { buildImage } from '../../../support/buildImage.ts';
import { type ContentRegistry, readerOf, startContentRegistry } from '../../../support/contentRegistry.ts';
import {
  type RecordedRequest,
  type ScriptedServer,
  startScriptedServer,
} from '../../../support/hostileRegistry.ts';
import { Random } from '../../../support/random.ts';
import { failure } from '../../../support/registryClients.ts';
import { tempDir } from '../../../support/tempDir.ts';

const names = ['docker.io/library/app:1'];
const foreignType = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
const random = new Random(4);
const big = Uint8Array.from({ length: 300_000 }, () => random.below(256));
const app = buildImage([{ big }, { motd: 'hello' }], { names, compression: 'gzip' });
const platforms = ['amd64', 'arm64', 's390x'].map((architecture) =>
  buildImage([{ architecture }], { architecture }),
);
const index = { names: ['docker.io/library/app:2'], platforms, attestation: 'artifact' } as const;

describe('RegistrySource', () => {
  let registry: ContentRegistry;
  beforeEach(async () => {
    registry = await startContentRegistry([app, index]);
  });
  afterEach(() => registry.stop());

  it('reads manifest and config, and nothing of the layers', async () => {
    const core = await coreOf(await readerOf(registry.host).open('app:1'));
    assert.equal(digestOf(core.configBytes!), app.imageId);
    assert.deepEqual(
      core.layers.map(({ descriptor }) => descriptor?.digest),
      app.layers.map(({ digest }) => digest),
    );
    assert.deepEqual(core.problems, []);
    assert.deepEqual(registry.asked, ['HEAD manifest', 'GET manifest', 'GET blob']);
  });

  it('asks once when it has seen the image before', async () => {
    const { path } = tempDir();
    await coreOf(await readerOf(registry.host, path).open('app:1'));
    registry.asked.length = 0;
    const core = await coreOf(await readerOf(registry.host, path).open('app:1'));
    assert.equal(digestOf(core.configBytes!), app.imageId);
    assert.deepEqual(registry.asked, ['HEAD manifest']);
  });

  it('believes an index about its platforms, and reads the one that is opened', async () => {
    const source = await readerOf(registry.host).open('app:2');
    const [entry] = await source.list();
    assert.deepEqual(
      entry!.variants.map(({ platform }) => platform && formatPlatform(platform)),
      ['linux/amd64', 'linux/arm64', 'linux/s390x'],
    );
    assert.equal(entry!.attachments.length, 3);
    assert.deepEqual(registry.asked, ['HEAD manifest', 'GET manifest']);
    const core = await source.resolve(entry!, entry!.variants[1]!);
    assert.equal(digestOf(core.configBytes!), platforms[1]!.imageId);
    assert.equal(core.attachments.length, 1);
  });

  it('names the image as it was asked for', async () => {
    const reader = readerOf(registry.host);
    const byTag = (await (await reader.open('app:1')).list())[0]!;
    const byDigest = (await (await reader.open(`app@${app.manifestDigest}`)).list())[0]!;
    assert.deepEqual(byTag.names, [`${registry.host}/app:1`]);
    assert.deepEqual(byDigest.names, [`${registry.host}/app@${app.manifestDigest}`]);
    assert.equal(byDigest.target?.digest, byTag.target?.digest);
  });

  it('keeps to what the tag named when it was opened', async () => {
    const source = await readerOf(registry.host).open('app:2');
    registry.hinder = ({ url }) => (url.endsWith('/manifests/2') ? { status: 404 } : undefined);
    const [entry] = await source.list();
    assert.ok(await source.resolve(entry!, entry!.variants[0]!));
  });

  it('is answered by GET where a registry does not know HEAD', async () => {
    registry.hinder = ({ method }) => (method === 'HEAD' ? { status: 405 } : undefined);
    assert.ok(await coreOf(await readerOf(registry.host).open('app:1')));
  });

  it('says what is not there', async () => {
    await assert.rejects(readerOf(registry.host).open('app:3'), isFailure('not-found'));
  });

  it('shows an image whose config the registry has damaged or lost, and keeps nothing of it', async () => {
    for (const [status, code] of [
      [200, 'digest-mismatch'],
      [404, 'config-missing'],
    ] as const) {
      const reader = readerOf(registry.host);
      registry.hinder = ({ url }) => (url.endsWith(app.imageId) ? { status, body: '{}' } : undefined);
      const core = await coreOf(await reader.open('app:1'));
      assert.deepEqual(
        core.problems.map((each) => each.code),
        [code],
      );
      assert.equal(await reader.cache.document(digestOf(app.config)), undefined);
    }
  });

  describe('with layers that say where else they are', () => {
    let elsewhere: ScriptedServer;
    beforeEach(async () => {
      elsewhere = await startScriptedServer(() => ({ body: app.layers[0]!.blob }));
    });
    afterEach(() => elsewhere.stop());

    it('does not fetch foreign ones', async () => {
      const core = await openWith({ mediaType: foreignType });
      assert.deepEqual(
        core.problems.map(({ code }) => code),
        ['foreign-layer'],
      );
      assert.equal(core.layers[0]?.remote, undefined);
      assert.equal(core.layers[0]?.location, undefined);
      assert.ok(core.layers[1]?.remote);
    });

    it('has all others from the registry', async () => {
      const core = await openWith({});
      assert.deepEqual(core.problems, []);
      assert.equal((await core.layers[0]?.remote?.fetch())?.size, app.layers[0]!.blob.length);
    });

    it('asks nothing there, not even when the registry lacks them', async () => {
      const core = await openWith({}, app.layers[0]!.digest);
      const { remote } = core.layers[0]!;
      await failure(remote!.fetch(), 'not-found');
    });

    async function openWith(more: object, lacks?: string): Promise<ImageCore> {
      const manifest = JSON.parse(app.manifest.toString()) as { layers: object[] };
      const urls = [`http://127.0.0.1:${elsewhere.port}/layer`];
      manifest.layers[0] = { ...manifest.layers[0], urls, ...more };
      const bytes = Buffer.from(JSON.stringify(manifest));
      registry.hinder = ({ url }) => {
        if (lacks !== undefined && url.includes(lacks)) return { status: 404 };
        if (!url.includes('/manifests/')) return undefined;
        return {
          headers: { 'Content-Type': app.mediaType, 'Docker-Content-Digest': digestOf(bytes) },
          body: bytes,
        };
      };
      return coreOf(await readerOf(registry.host).open('app:1'));
    }

    afterEach(() => {
      assert.deepEqual(elsewhere.requests, []);
    });
  });
});

describe('a layer of a registry', () => {
  const [layer] = app.layers;
  let registry: ContentRegistry;
  beforeEach(async () => {
    registry = await startContentRegistry([app]);
  });
  afterEach(() => registry.stop());

  it('comes once for all who want it at once', async () => {
    const remote = await firstLayer();
    const [one, other] = await Promise.all([remote.fetch(), remote.fetch()]);
    assert.deepEqual(bytesAt(one), layer!.blob);
    assert.deepEqual(one, other);
    assert.equal(blobGets(), 1);
  });

  it('goes on where the connection broke, and says so', async () => {
    cutAfter(100_000, 2);
    const waits: number[] = [];
    const remote = await firstLayer();
    const at = await remote.fetch({ onProgress: ({ wait }) => waits.push(...(wait ? [wait.seconds] : [])) });
    assert.deepEqual(bytesAt(at), layer!.blob);
    assert.equal(blobGets(), 3);
    assert.equal(waits.length, 2);
  });

  it('goes on in the next process', async () => {
    const { path } = tempDir();
    const stop = new AbortController();
    const remote = await firstLayer(path);
    stall(100_000);
    const first = remote.fetch({
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done > 0) stop.abort();
      },
    });
    await assert.rejects(first, isFailure('cancelled'));
    registry.hinder = undefined;
    await settled(path);
    const reports: number[] = [];
    const again = await (await firstLayer(path)).fetch({ onProgress: ({ done }) => reports.push(done) });
    assert.deepEqual(bytesAt(again), layer!.blob);
    assert.ok(reports[0]! > 0 && reports[0]! <= 100_000);
  });

  it('begins anew where a registry cannot go on in the middle', async () => {
    cutAfter(100_000, 1, (request) => delete request.headers.range);
    assert.deepEqual(bytesAt(await (await firstLayer()).fetch()), layer!.blob);
  });

  it('is not there when its bytes are others, and is not gone on with', async () => {
    const reader = readerOf(registry.host);
    const false_ = Buffer.from(layer!.blob);
    false_[1000]! ^= 1;
    const remote = (await coreOf(await reader.open('app:1'))).layers[0]!.remote!;
    registry.hinder = (_request, bytes) => (bytes?.length === false_.length ? { body: false_ } : undefined);
    await assert.rejects(remote.fetch(), isFailure('digest-mismatch'));
    registry.hinder = undefined;
    assert.deepEqual(bytesAt(await remote.fetch()), layer!.blob);
  });

  it('is refused before it is read when it has another size', async () => {
    const remote = await firstLayer();
    registry.hinder = (_request, bytes) =>
      bytes?.length === layer!.blob.length ? { body: Buffer.alloc(2 * bytes.length) } : undefined;
    await assert.rejects(remote.fetch(), isFailure('size-mismatch'));
  });

  it('is asked for anew when the token has run out on the way', async () => {
    let refusals = 1;
    registry.hinder = (_request, bytes) =>
      bytes?.length === layer!.blob.length && refusals-- > 0 ? { status: 401 } : undefined;
    assert.deepEqual(bytesAt(await (await firstLayer()).fetch()), layer!.blob);
  });

  it('ends when the registry goes on refusing', async () => {
    const remote = await firstLayer();
    registry.hinder = () => ({ status: 401 });
    await assert.rejects(remote.fetch(), isFailure('unauthorized'));
  });

  it('gives a range without the rest', async () => {
    const remote = await firstLayer();
    const at = await remote.fetchRange!({ start: 1000, end: 5000 });
    assert.ok(at.present!.start <= 1000 && at.present!.end >= 5000);
    assert.deepEqual(bytesAt(at).subarray(1000, 5000), layer!.blob.subarray(1000, 5000));
    await remote.fetchRange!({ start: 2000, end: 3000 });
    assert.equal(blobGets(), 1);
  });

  it('remembers that a registry gives no ranges', async () => {
    registry.hinder = (request) => {
      delete request.headers.range;
      return undefined;
    };
    const remote = await firstLayer();
    for (let i = 0; i < 2; i++)
      await assert.rejects(remote.fetchRange!({ start: 0, end: 10 }), isFailure('unsupported'));
    assert.equal(blobGets(), 1);
  });

  async function firstLayer(directory?: string) {
    const core = await coreOf(await readerOf(registry.host, directory).open('app:1'));
    registry.asked.length = 0;
    return core.layers[0]!.remote!;
  }

  function blobGets(): number {
    return registry.asked.filter((each) => each === 'GET blob').length;
  }

  /** Ends the first answers about the layer after so many bytes of the body. */
  function cutAfter(bytes: number, times: number, before?: (request: RecordedRequest) => void) {
    registry.hinder = (request, blob, response) => {
      before?.(request);
      if (blob?.length !== layer!.blob.length || request.method !== 'GET' || times-- <= 0) return undefined;
      const start = Number(/bytes=(\d+)/.exec(request.headers.range ?? '')?.[1] ?? 0);
      const part = start === 0 ? {} : { 'Content-Range': `bytes ${start}-${blob.length - 1}/${blob.length}` };
      response.writeHead(start === 0 ? 200 : 206, { ...part, 'Content-Length': blob.length - start });
      response.write(blob.subarray(start, start + bytes), () => response.destroy());
      return 'handled';
    };
  }

  function stall(bytes: number) {
    registry.hinder = (request, blob, response) => {
      if (blob?.length !== layer!.blob.length || request.method !== 'GET') return undefined;
      response.writeHead(200, { 'Content-Length': blob.length });
      response.write(blob.subarray(0, bytes));
      return 'handled';
    };
  }
});

async function coreOf(source: ImageSource): Promise<ImageCore> {
  const [entry] = await source.list();
  return source.resolve(entry!, entry!.variants[0]!);
}

/** Until who was cancelled has put away what it had. */
async function settled(directory: string): Promise<void> {
  while (!readdirSync(directory).some((name) => name.endsWith('.part'))) await sleep(5);
}

function bytesAt({ file }: BlobLocation): Buffer {
  return readFileSync(file);
}

function isFailure(code: FailureCode): (error: unknown) => boolean {
  return (error) => isEngineError(error, code);
}

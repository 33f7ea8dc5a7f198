import assert from 'node:assert/strict';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { BuildkitControl } from '../../../../src/engine/builders/buildkitControl/buildkitControl.ts';
import { askBuilderForBase } from '../../../../src/engine/builders/localImages/askedBase.ts';
import type { LocalImage } from '../../../../src/engine/builders/localImages/localImage.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import { message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';

const platform = { os: 'linux', architecture: 'amd64' };
const layer = sha256('layer');
const config = JSON.stringify({
  ...platform,
  config: { Env: ['A=b'] },
  rootfs: { type: 'layers', diff_ids: [layer] },
});
const configDigest = digestOf(Buffer.from(config));
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: manifestType,
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    digest: configDigest,
    size: config.length,
  },
  layers: [],
});
const manifestDigest = digestOf(Buffer.from(manifest));
const index = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.index.v1+json',
  manifests: [{ mediaType: manifestType, digest: manifestDigest, size: manifest.length, platform }],
});
const indexDigest = digestOf(Buffer.from(index));

/** Asks a builder for which the name stands for that digest, and which gives these contents. */
async function ask(digest: string, contents: readonly string[]): Promise<LocalImage> {
  const stored = new Map(contents.map((text) => [digestOf(Buffer.from(text)) as string, text]));
  await using server = await startFakeBuildkit(({ method, request, send, end }) => {
    if (method.endsWith('/Solve')) return;
    if (method.endsWith('/ResolveImageConfig')) {
      assert.deepEqual([request.text(1), request.text(3)], ['docker.io/library/base:latest', 'pull']);
      send(message([1, digest], [2, config]));
    } else {
      const text = stored.get(request.text(1));
      if (text === undefined) {
        end(12, 'unknown service');
        return;
      }
      send(message([2, text]));
    }
    end();
  });
  using buildkit = new BuildkitControl(server.endpoint);
  return await askBuilderForBase(buildkit, { name: 'base', platform, mode: 'pull' });
}

describe('a base that the builder is asked for', () => {
  const told = {
    names: ['docker.io/library/base:latest'],
    platform,
    diffIds: [layer],
    config: { Env: ['A=b'] },
    builds: [],
  };

  it('is of the platform, where its name stands for an index', async () => {
    const image = await ask(indexDigest, [index, manifest, config]);
    assert.deepEqual(image, { ...told, id: indexDigest, manifest: manifestDigest });
  });

  it('is known by its layers, where no content is to be had', async () => {
    assert.deepEqual(await ask(indexDigest, []), { ...told, id: indexDigest, manifest: indexDigest });
  });

  it('has no manifest in a classic store', async () => {
    assert.deepEqual(await ask('', []), { ...told, id: configDigest });
  });

  it('is refused in the words of the registry', async () => {
    await using server = await startFakeBuildkit(({ method, end }) => {
      if (!method.endsWith('/Solve')) end(2, 'pull access denied');
    });
    using buildkit = new BuildkitControl(server.endpoint);
    await assert.rejects(
      askBuilderForBase(buildkit, { name: 'base', platform, mode: 'default' }),
      (error) => isEngineError(error, 'refused') && error.detail === 'pull access denied',
    );
  });
});

import assert from 'node:assert/strict';
import {
  type LocalImage,
  readLocalImage,
  toBaseImage,
} from '../../../../src/engine/builders/localImages/localImage.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import type { Platform } from '../../../../src/engine/oci/platform.ts';
import { createEngineClient } from '../../../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { startFakeEngine } from '../../../support/fakeEngine.ts';

const [index, amd, arm, layer] = ['index', 'amd', 'arm', 'layer'].map(sha256);
const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const linux = { os: 'linux', architecture: 'amd64' };

function manifestOf(digest: unknown, architecture: string, kind = 'image'): object {
  const platform = { os: 'linux', architecture };
  return {
    Kind: kind,
    Descriptor: { mediaType: manifestType, digest, size: 1, platform },
    ImageData: { Platform: platform },
  };
}

const plain = {
  Architecture: 'amd64',
  Os: 'linux',
  RootFS: { Layers: [layer] },
  Config: { Env: ['A=b'], OnBuild: ['RUN x'] },
};

/** As an engine would that answers every question about the image with this. */
async function read(answer: (url: string) => object, platform?: Platform): Promise<LocalImage | undefined> {
  await using server = await startFakeEngine(({ url = '' }, response) => {
    if (url.endsWith('/info')) response.end(JSON.stringify({ OSType: 'linux', Architecture: 'x86_64' }));
    else response.end(JSON.stringify(answer(url)));
  });
  using client = createEngineClient(server.endpoint);
  return await readLocalImage(client, 'app', platform);
}

describe('an image of an engine, as builds look at it', () => {
  it('is one of an index, for the platform', async () => {
    const image = await read(() => ({
      ...plain,
      Id: index,
      RepoTags: ['app:1'],
      Descriptor: { mediaType: indexType, digest: index, size: 1 },
      Manifests: [
        manifestOf(arm, 'arm64'),
        manifestOf(amd, 'amd64'),
        manifestOf(arm, 'unknown', 'attestation'),
      ],
      Identity: { Build: [{ Ref: 'first' }, { Ref: 7 }, { Ref: 'second' }] },
    }));
    assert.deepEqual(image, {
      id: index,
      names: ['docker.io/library/app:1'],
      platform: linux,
      manifest: amd,
      diffIds: [layer],
      config: plain.Config,
      builds: ['first', 'second'],
    });
    assert.deepEqual(toBaseImage(image), {
      env: ['A=b'],
      workingDirectory: '',
      user: '',
      shell: [],
      onbuild: ['RUN x'],
      hasLayers: true,
    });
  });

  it('may be the manifest itself, or have none', async () => {
    const target = { mediaType: manifestType, digest: amd, size: 1 };
    assert.equal((await read(() => ({ ...plain, Id: amd, Descriptor: target })))?.manifest, amd);
    assert.equal((await read(() => ({ ...plain, Id: amd })))?.manifest, undefined);
    const unlisted = { mediaType: indexType, digest: index, size: 1 };
    assert.equal((await read(() => ({ ...plain, Id: index, Descriptor: unlisted })))?.manifest, undefined);
  });

  it('is asked for again by its platform when what is told first is of another', async () => {
    const other = { os: 'linux', architecture: 'arm64' };
    const image = await read((url) => {
      const isAsked = url.includes('platform=');
      return { ...plain, Id: index, Architecture: isAsked ? 'arm64' : 'amd64' };
    }, other);
    assert.deepEqual(image?.platform, other);
  });

  it('is not there for a platform that it does not have', async () => {
    assert.equal(
      await read(() => ({ ...plain, Id: index }), { os: 'linux', architecture: 's390x' }),
      undefined,
    );
  });

  it('is not there at all', async () => {
    await using server = await startFakeEngine((_request, response) =>
      response.writeHead(404).end('{"message":"No such image: app"}'),
    );
    using client = createEngineClient(server.endpoint);
    assert.equal(await readLocalImage(client, 'app'), undefined);
  });
});

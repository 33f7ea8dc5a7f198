import assert from 'node:assert/strict';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import type { EngineImage, EngineManifest } from '../../../../src/engine/sources/dockerEngine/engineApi.ts';
import { toEntry } from '../../../../src/engine/sources/dockerEngine/engineEntries.ts';

function digest(text: string): ReturnType<typeof digestOf> {
  return digestOf(Buffer.from(text));
}

function manifest(name: string, more: Partial<EngineManifest> = {}): EngineManifest {
  const descriptor = {
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    digest: digest(name),
    size: 5,
  };
  return {
    kind: 'image',
    descriptor,
    isAvailable: true,
    contentBytes: 1,
    totalBytes: 2,
    containerIds: [],
    ...more,
  };
}

function told(more: Partial<EngineImage> = {}): EngineImage {
  const id = digest('an image');
  return {
    id,
    repoTags: [],
    repoDigests: [],
    createdSeconds: 1,
    sizeBytes: 9,
    labels: {},
    manifests: [],
    ...more,
  };
}

describe('toEntry', () => {
  it('gives names in full, each once, and none to what is dangling', () => {
    const { names } = toEntry(
      told({ repoTags: ['nginx:1', 'localhost/x:2', 'docker.io/library/nginx:1'] }),
      3,
    );
    assert.deepEqual(names, ['docker.io/library/nginx:1', 'localhost/x:2']);
    assert.deepEqual(toEntry(told(), 0).names, []);
  });

  it('has one variant where the engine tells no manifests', () => {
    const platform = { os: 'linux', architecture: 'arm64' };
    const { variants, engineId } = toEntry({ ...told(), platform }, 0);
    assert.deepEqual(variants, [{ position: 0, isAvailable: true, platform }]);
    assert.equal(engineId, digest('an image'));
  });

  it('takes what the tag names for the manifest, where it is one', () => {
    const target = manifest('m').descriptor;
    assert.deepEqual(toEntry(told({ target }), 0).variants[0]?.manifest, target);
    const index = { ...target, mediaType: 'application/vnd.oci.image.index.v1+json' };
    assert.equal(toEntry(told({ target: index }), 0).variants[0]?.manifest, undefined);
  });

  it('keeps platforms that are not here, and what is no image apart', () => {
    const manifests = [
      manifest('a', { platform: { os: 'linux', architecture: 'amd64' } }),
      manifest('b', { platform: { os: 'linux', architecture: 'arm64' }, isAvailable: false }),
      manifest('c', { kind: 'attestation', attests: digest('a') }),
      manifest('d', { kind: 'unknown' }),
    ];
    const { variants, attachments } = toEntry(told({ manifests }), 0);
    assert.deepEqual(
      variants.map((each) => [each.position, each.platform?.architecture, each.isAvailable]),
      [
        [0, 'amd64', true],
        [1, 'arm64', false],
      ],
    );
    assert.deepEqual(
      attachments.map(({ kind, subject }) => [kind, subject]),
      [
        ['attestation', digest('a')],
        ['artifact', undefined],
      ],
    );
  });

  it('offers an image that has lost a layer, and not one that has lost its config', () => {
    const platform = { os: 'linux', architecture: 'amd64' };
    const left = { isAvailable: false, contentBytes: 900 };
    const unknown = { os: '', architecture: '' };
    const manifests = [manifest('a', { ...left, platform }), manifest('b', { ...left, platform: unknown })];
    const { variants } = toEntry(told({ manifests }), 0);
    assert.deepEqual(
      variants.map(({ isAvailable }) => isAvailable),
      [true, false],
    );
  });

  it('maps a thousand images before anybody notices', () => {
    const images = Array.from({ length: 1000 }, (_, at) =>
      told({
        id: digest(`${at}`),
        repoTags: [`team/app${at}:1`, `team/app${at}:2`],
        manifests: [manifest(`m${at}`)],
      }),
    );
    const started = performance.now();
    const entries = images.map(toEntry);
    const milliseconds = performance.now() - started;
    assert.equal(entries.length, 1000);
    assert.ok(milliseconds < 50 * slack, `${milliseconds} ms`);
  });
});

/** Test machines are slow, and do other things. */
const slack = 5;

import assert from 'node:assert/strict';
import { containerdTarget } from '../../../src/engine/compare/containerdTarget.ts';
import { inspectImage, inspectText } from '../../../src/engine/compare/inspectImage.ts';
import { historyRows } from '../../../src/engine/compare/layerHistory.ts';
import type { Digest } from '../../../src/engine/oci/digest.ts';
import { toImage } from '../../../src/engine/sources/image.ts';
import type { ImageCore } from '../../../src/engine/sources/imageSource.ts';
import { type ImageOptions, buildImage } from '../../support/buildImage.ts';

const entry = { position: 0, names: [], variants: [], attachments: [], problems: [] };
const location = { file: '/x', offset: 0, size: 2048 };

function imageOf(options: ImageOptions, more: Partial<ImageCore> = {}) {
  const built = buildImage([{ a: '1' }, { b: '2' }], options);
  const core: ImageCore = {
    names: built.names,
    configBytes: built.config,
    layers: built.layers.map(() => ({ location })),
    attachments: [],
    problems: [],
    ...more,
  };
  return { built, image: toImage({ location: '/x' }, entry, { position: 0, isAvailable: true }, core) };
}

const keys = (document: object): string => Object.keys(document).join(' ');

// Seen on a real engine in test/oracles/docker.test.ts; these are the rules in small.
describe('inspectImage', () => {
  it('has the keys of the classic store in its order', () => {
    const { image, built } = imageOf({ names: ['docker.io/library/b:1', 'docker.io/library/a:1'] });
    const document = inspectImage(image, [5, 7]);
    assert.equal(
      keys(document),
      'Id RepoTags RepoDigests Comment Created Config Architecture Os Size RootFS',
    );
    assert.equal(document['Id'], built.imageId);
    assert.deepEqual(document['RepoTags'], ['a:1', 'b:1']);
    assert.equal(document['Size'], 12);
  });

  it('goes by the alphabet as soon as an old field is there', () => {
    const old = inspectImage(imageOf({ config: { docker_version: '20' } }).image, []);
    const withParent = inspectImage(imageOf({}, { parents: ['sha256:p' as never] }).image, []);
    for (const document of [old, withParent])
      assert.equal(keys(document), Object.keys(document).sort().join(' '));
    assert.equal(old['DockerVersion'], '20');
    assert.equal(withParent['Parent'], 'sha256:p');
  });

  it('names the image by its target as the containerd store does', () => {
    const target = {
      mediaType: 'm',
      digest: 'sha256:d' as Digest,
      size: 3,
      annotations: { b: '2', a: '1' },
      platform: { os: 'linux', architecture: 'amd64' },
    };
    const { image } = imageOf({
      names: ['docker.io/library/a:1', 'docker.io/library/a:2', 'short:1', 'latest'],
      config: { docker_version: '20', comment: 'own' },
    });
    const document = inspectImage(image, [], target);
    assert.equal(document['Id'], 'sha256:d');
    assert.deepEqual(document['RepoTags'], ['a:1', 'a:2', 'latest', 'short:1']);
    assert.deepEqual(document['RepoDigests'], ['a@sha256:d']);
    assert.equal(
      JSON.stringify(document['Descriptor']),
      '{"mediaType":"m","digest":"sha256:d","size":3,"annotations":{"a":"1","b":"2"}}',
    );
    assert.equal(document['DockerVersion'], undefined);
    assert.equal(document['Comment'], 'buildkit.dockerfile.v0');
  });

  const odd: Readonly<Record<string, unknown>> = {
    'no config': undefined,
    'a null config': null,
    'lists for objects': { Labels: [], ExposedPorts: ['80'], Volumes: 'x', Healthcheck: [] },
    'objects for lists': { Env: { a: 1 }, Cmd: 'x', Entrypoint: 5, OnBuild: true, Shell: {} },
    'numbers for texts': { User: 0, WorkingDir: 1, StopSignal: [], ArgsEscaped: 'true' },
  };
  for (const [what, config] of Object.entries(odd))
    it(`shows an empty Config for ${what}`, () => {
      const { image } = imageOf({ config: { config } });
      assert.deepEqual(inspectImage(image, [])['Config'], {});
    });

  it('shows an image without a config', () => {
    const { image } = imageOf({}, { configBytes: Buffer.from('{') });
    assert.equal(inspectImage(image, [])['Os'], 'linux');
    assert.deepEqual(historyRows(image, [1, 2]), []);
  });
});

describe('inspectText', () => {
  it('writes maps in the order of bytes, and neither HTML escapes nor half characters', () => {
    const document = { z: 1, Labels: { b: '<', 10: '', 9: '', a: '\u2028\ud800' }, empty: {}, none: [] };
    assert.equal(
      inspectText([document]),
      `[
    {
        "z": 1,
        "Labels": {
            "10": "",
            "9": "",
            "a": "\\u2028\ufffd",
            "b": "<"
        },
        "empty": {},
        "none": []
    }
]`,
    );
    assert.equal(inspectText([]), '[]');
  });
});

describe('historyRows', () => {
  it('names the first row, those of linked parents, and no other', () => {
    const { image, built } = imageOf({}, { parents: ['sha256:p' as never] });
    assert.deepEqual(
      historyRows(image, [5, 7]).map(({ id, size, layer }) => [id, size, layer]),
      [
        [built.imageId, 7, 1],
        ['sha256:p', 5, 0],
      ],
    );
    assert.deepEqual(
      historyRows(image, [5, 7], 'sha256:t' as Digest).map(({ id }) => id),
      ['sha256:t', '<missing>'],
    );
  });

  it('has a row for each step and none for a layer without one', () => {
    const history = [{ created_by: 'a' }, { created_by: 'b', empty_layer: true }];
    const { image } = imageOf({ history });
    assert.deepEqual(
      historyRows(image, [5, 7]).map(({ createdBy, size, layer }) => [createdBy, size, layer]),
      [
        ['b', 0, undefined],
        ['a', 5, 0],
      ],
    );
  });
});

describe('containerdTarget', () => {
  const stored = [{ digest: `sha256:${'a'.repeat(64)}` as Digest, size: 10, isCompressed: true }];

  it('is what index.json names, without reading a layer', async () => {
    const target = { mediaType: 'm', digest: 'sha256:d' as Digest, size: 3 };
    const { image } = imageOf({}, { target });
    assert.equal(await containerdTarget(image, () => Promise.reject(new Error('read'))), target);
  });

  it('is the manifest that store writes for an archive without one', async () => {
    const { image } = imageOf({ names: ['docker.io/library/b:2', 'docker.io/library/a:1'] });
    const target = await containerdTarget(image, () => Promise.resolve(stored));
    assert.equal(target?.mediaType, 'application/vnd.docker.distribution.manifest.v2+json');
    assert.deepEqual(target.annotations, {
      'io.containerd.image.name': 'docker.io/library/a:1',
      'org.opencontainers.image.ref.name': '1',
    });
  });

  it('is nothing where a layer or the config is missing', async () => {
    const read = () => Promise.resolve(stored);
    assert.equal(await containerdTarget(imageOf({}, { layers: [{}] }).image, read), undefined);
    const core = { names: [], layers: [], attachments: [], problems: [] };
    const bare = toImage({ location: '/x' }, entry, { position: 0, isAvailable: false }, core);
    assert.equal(await containerdTarget(bare, read), undefined);
  });
});

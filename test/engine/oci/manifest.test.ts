import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { digestOf } from '../../../src/engine/oci/digest.ts';
import { isAmbiguous, maxManifests, parseManifest } from '../../../src/engine/oci/manifest.ts';
import { mediaTypes } from '../../../src/engine/oci/mediaType.ts';

const digest = digestOf(Buffer.from('x'));
const descriptor = { mediaType: mediaTypes.ociManifest, digest, size: 1 };
const layer = { mediaType: mediaTypes.ociLayer, digest, size: 1 };
const config = { mediaType: mediaTypes.ociConfig, digest, size: 1 };

const bytes = (document: unknown): Buffer =>
  Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
const parse = (document: unknown, claimed?: string) => parseManifest(bytes(document), 'it', claimed);
const codes = (document: unknown, claimed?: string) =>
  parse(document, claimed).problems.map(({ code }) => code);

describe('parseManifest', () => {
  it('tells kinds by their members, whether or not there is a media type', () => {
    assert.equal(parse({ manifests: [descriptor] }).kind, 'index');
    assert.equal(parse({ manifests: null }).kind, 'index');
    assert.equal(parse({ config, layers: [layer] }).kind, 'manifest');
    assert.equal(parse({ schemaVersion: 1, fsLayers: [{ blobSum: digest }] }).kind, 'schema1');
    assert.equal(parse({ mediaType: mediaTypes.dockerList }).kind, 'index');
    assert.equal(parse({}, mediaTypes.dockerManifest).kind, 'manifest');
  });

  it('gives a manifest without a media type the one it is named by', () => {
    assert.equal(
      parse({ config, layers: [] }, mediaTypes.dockerManifest).mediaType,
      mediaTypes.dockerManifest,
    );
    assert.equal(parse({ config, layers: [] }).mediaType, mediaTypes.ociManifest);
  });

  const ambiguous = {
    'manifests beside layers': { manifests: [], layers: [] },
    'manifests beside config': { manifests: [], config },
    'manifests beside Layers': { manifests: [], Layers: [] },
    'null manifests beside layers': { manifests: null, layers: [] },
    'fsLayers beside layers': { fsLayers: [], layers: [] },
    'an index that says it is a manifest': { mediaType: mediaTypes.ociManifest, manifests: [] },
    'a manifest that says it is an index': { mediaType: mediaTypes.dockerList, layers: [] },
  };
  for (const [name, document] of Object.entries(ambiguous))
    it(`refuses ${name} (CVE-2021-41190)`, () => {
      assert.throws(() => parse(document), isAmbiguous);
    });

  for (const document of ['', 'null', '[]', '"x"', '{', '{}', '{"a":1}', '\ufeff'])
    it(`refuses ${JSON.stringify(document)}`, () => {
      assert.throws(
        () => parse(document),
        (error) => isEngineError(error, 'invalid-manifest') && !isAmbiguous(error),
      );
    });

  it('reports a media type that is not the one it is named by', () => {
    assert.deepEqual(codes({ mediaType: mediaTypes.ociManifest, layers: [] }, mediaTypes.dockerManifest), [
      'media-type-mismatch',
    ]);
    assert.deepEqual(codes({ mediaType: mediaTypes.ociManifest, layers: [] }, ''), []);
  });

  it('reports keys that come twice, and case variants, but not in free maps', () => {
    assert.deepEqual(codes('{"layers":[],"layers":[]}'), ['duplicate-json-key']);
    assert.deepEqual(codes('{"layers":[],"Layers":[]}'), ['duplicate-json-key']);
    assert.deepEqual(codes('{"layers":[],"layer\\u0073":[]}'), ['duplicate-json-key']);
    assert.deepEqual(codes('{"layers":[],"layerſ":[]}'), ['duplicate-json-key']);
    assert.deepEqual(codes('{"layers":[],"annotations":{"a":"1","A":"2"}}'), []);
    assert.deepEqual(codes('{"layers":[],"annotations":{"a":"1","a":"2"}}'), ['duplicate-json-key']);
  });

  it('reads members whose case differs, as Go does', () => {
    const manifest = parse({
      Config: config,
      LAYERS: [{ MediaType: mediaTypes.ociLayer, Digest: digest, Size: 1 }],
    });
    assert.ok(manifest.kind === 'manifest');
    assert.equal(manifest.config?.digest, digest);
    assert.deepEqual(manifest.layers, [layer]);
  });

  it('tolerates a byte order mark and says so', () => {
    assert.deepEqual(codes(`\ufeff${JSON.stringify({ layers: [] })}`), ['manifest-invalid']);
  });

  it('takes __proto__ for a key', () => {
    const manifest = parse(
      '{"layers":[],"annotations":{"__proto__":"p","constructor":"c"},"__proto__":{"config":1}}',
    );
    assert.ok(manifest.kind === 'manifest');
    assert.deepEqual(Object.entries(manifest.annotations ?? {}), [
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
    assert.equal(manifest.config, undefined);
  });

  it('keeps the positions of layers whose descriptor is unusable', () => {
    const manifest = parse({
      layers: [null, layer, { digest: 'sha256:../x' }, 5, { ...layer, digest: 'md5:1' }],
    });
    assert.ok(manifest.kind === 'manifest');
    assert.deepEqual(
      manifest.layers.map((each) => each?.digest),
      [undefined, digest, undefined, undefined, undefined],
    );
    assert.deepEqual(
      manifest.problems.map(({ code }) => code),
      Array(4).fill('manifest-invalid'),
    );
  });

  for (const size of [-1, 1.5, 2 ** 53, '5', null])
    it(`does not believe a size of ${JSON.stringify(size)}`, () => {
      const manifest = parse({ layers: [{ ...layer, size }] });
      assert.ok(manifest.kind === 'manifest');
      assert.equal(manifest.layers[0]?.size, 0);
      assert.deepEqual(codes({ layers: [{ ...layer, size }] }), ['size-mismatch']);
    });

  it('takes embedded bytes only when they have the digest', () => {
    const right = parse({ manifests: [{ ...descriptor, data: Buffer.from('x').toString('base64') }] });
    const wrong = parse({ manifests: [{ ...descriptor, data: Buffer.from('y').toString('base64') }] });
    assert.ok(right.kind === 'index' && wrong.kind === 'index');
    assert.deepEqual(right.manifests[0]?.data, Buffer.from('x'));
    assert.equal(wrong.manifests[0]?.data, undefined);
    assert.deepEqual(
      wrong.problems.map(({ code }) => code),
      ['digest-mismatch'],
    );
  });

  it('takes sha512 digests', () => {
    const long = `sha512:${'a'.repeat(128)}`;
    const index = parse({ manifests: [{ ...descriptor, digest: long }] });
    assert.ok(index.kind === 'index');
    assert.equal(index.manifests[0]?.digest, long);
  });

  it('explains schema 1', () => {
    const manifest = parse({ schemaVersion: 1, name: 'a', fsLayers: [{}, {}] });
    assert.ok(manifest.kind === 'schema1');
    assert.equal(manifest.layerCount, 2);
    assert.deepEqual(
      manifest.problems.map(({ code }) => code),
      ['schema1-manifest'],
    );
  });

  it('stops at so many manifests', () => {
    const index = parse({ manifests: Array(maxManifests + 1).fill(descriptor) });
    assert.ok(index.kind === 'index');
    assert.equal(index.manifests.length, maxManifests);
    assert.deepEqual(
      index.problems.map(({ code }) => code),
      ['limit-exceeded'],
    );
  });

  it('does not exhaust the stack on deep nesting', () => {
    for (const deep of [
      '['.repeat(100_000),
      '{"a":'.repeat(100_000),
      `{"layers":${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
    ])
      assert.throws(
        () => parse(deep),
        (error) => isEngineError(error, 'invalid-manifest'),
      );
  });

  // Far from what it takes, and as far from what work by the square would take.
  it('reads four megabytes of layers, keys or text in bounded time', () => {
    const started = performance.now();
    parse({ layers: Array(30_000).fill(layer) });
    parse({
      layers: [],
      annotations: Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`k${at}`, 'v'])),
    });
    parse({ layers: [], other: '\\"'.repeat(1_000_000) });
    assert.ok(performance.now() - started < 30_000);
  }).timeout(60_000);
});

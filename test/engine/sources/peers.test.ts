import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { type FailureCode, isEngineError } from '../../../src/engine/base/errors.ts';
import type { Image } from '../../../src/engine/sources/image.ts';
import { fixture } from '../../support/fixtures.ts';
import { codesOf, open, openImages } from '../../support/openImages.ts';

/** What is in an archive of others: layers of each image, and the codes of all problems; see the fixtures' MANIFEST.md. */
const archives: Readonly<Record<string, readonly [layers: readonly number[], problems?: readonly string[]]>> =
  {
    'dive/test-docker-image.tar': [[14]],
    'dive/test-kaniko-image.tar': [[14]],
    'dive/test-oci-estargz-image.tar': [[1]],
    'dive/test-oci-gzip-image.tar': [[1]],
    'dive/test-oci-uncompressed-image.tar': [[1]],
    'dive/test-oci-zstd-image.tar': [[1]],
    'fanal/alpine-310.tar.gz': [[1]],
    'fanal/test.oci': [[1]],
    'go-containerregistry/historic/bundle.tar': [[1, 1]],
    'go-containerregistry/historic/foreign.tar': [[2]],
    'go-containerregistry/historic/source_image_all_empty.tar': [[1], ['history-mismatch']],
    'go-containerregistry/historic/sparse_foreign.tar': [[2], ['foreign-layer']],
    'go-containerregistry/historic/test_image_1.tar.gz': [[1]],
    'go-containerregistry/layout/test_gc_image_unknown_mediatype': [[], ['manifest-missing']],
    'go-containerregistry/layout/test_gc_index': [[1, 1, 1], ['media-type-mismatch']],
    'go-containerregistry/layout/test_index': [
      [1, 1, 1, 1],
      ['media-type-mismatch', 'media-type-unknown'],
    ],
    'go-containerregistry/layout/test_index_media_type': [[]],
    'go-containerregistry/layout/test_index_one_image': [[1]],
    'go-containerregistry/mutate/overwritten_file.tar': [[3]],
    'go-containerregistry/mutate/source_image.tar': [[1]],
    'go-containerregistry/mutate/source_image_with_empty_layer_history.tar': [[1]],
    'go-containerregistry/mutate/whiteout_dir.tar': [[4]],
    'go-containerregistry/mutate/whiteout_image.tar': [[3]],
    'go-containerregistry/tarball/hello-world-v25.tar': [[1]],
    // Its LayerSources describe a compressed layer, which the archive holds unpacked.
    'go-containerregistry/tarball/test_bundle.tar': [
      [1, 1],
      ['media-type-mismatch', 'size-mismatch'],
    ],
    'go-containerregistry/tarball/test_image_1.tar': [[1]],
    'go-containerregistry/tarball/test_image_2.tar': [[1]],
    'go-containerregistry/tarball/test_link.tar': [[1, 2]],
    'go-containerregistry/tarball/test_load_manifest.tar': [[1]],
    'osv-scalibr/layerscanning/basic.tar': [[2]],
    'osv-scalibr/layerscanning/multiple-files.tar': [[2]],
    'osv-scalibr/layerscanning/overwrite-file.tar': [[2]],
    'osv-scalibr/layerscanning/single-file.tar': [[1]],
    'osv-scalibr/layerscanning/two-files.tar': [[2]],
    'osv-scalibr/unpack/basic.tar': [[2]],
    'osv-scalibr/unpack/dangling-symlinks.tar': [[2]],
    'osv-scalibr/unpack/permissions.tar': [[1]],
    'osv-scalibr/unpack/symlinks.tar': [[2]],
    'stereoscope/historic/basic_oci.tar': [[1]],
    'stereoscope/multiplatform_oci_dir': [[1, 1]],
    'stereoscope/valid-oci.tar': [[1]],
    'stereoscope/valid_manifest': [[], ['digest-mismatch', 'layout-marker-missing', 'manifest-invalid']],
    'stereoscope/valid_oci_dir': [[1]],
  };

const noImages: Readonly<Record<string, readonly [code: FailureCode, says: RegExp]>> = {
  'dive/test-estargz-image.tar': ['invalid-archive', /not an image \(it holds README.md\)/],
  'dive/test-gzip-image.tar': ['invalid-archive', /not an image/],
  'dive/test-uncompressed-image.tar': ['invalid-archive', /not an image/],
  'dive/test-zstd-image.tar': ['invalid-archive', /not an image/],
  'fanal/historic/osreleaselink.tar': ['invalid-archive', /a layer or a root file system/],
  'fanal/walker-test.tar': ['invalid-archive', /a layer or a root file system/],
  'go-containerregistry/crane/content.tar': ['invalid-archive', /not an image/],
  'go-containerregistry/crane/content.tar.zst': ['invalid-archive', /not an image/],
  'go-containerregistry/tarball/content.tar': ['invalid-archive', /not an image/],
  'go-containerregistry/tarball/no_manifest.tar': ['invalid-archive', /Docker 1.9 or older/],
  'go-containerregistry/tarball/null_manifest.tar': ['invalid-archive', /null/],
  'osv-scalibr/layerscanning/empty.tar': ['invalid-archive', /without any file/],
  'osv-scalibr/unpack/escape.tar': ['invalid-archive', /./],
  'stereoscope/no_manifests': ['invalid-archive', /an image manifest, not an index/],
};

describe('archives of others', () => {
  for (const [name, [layers, problems = []]] of Object.entries(archives))
    it(`${name} opens`, async () => {
      const opened = await openImages(fixture('images', name));
      assert.deepEqual(
        opened.images.map((image) => image.layers.length),
        layers,
      );
      const all = [
        ...opened.problems,
        ...opened.entries.flatMap((entry) => entry.problems),
        ...opened.images.flatMap((image) => image.problems),
      ];
      assert.deepEqual([...new Set(codesOf(all))].sort(), problems);
      for (const [at, image] of opened.images.entries())
        compareHistory(name, at, opened.images.length, image);
    });

  for (const [name, [code, says]] of Object.entries(noImages))
    it(`${name} is refused with the reason`, async () => {
      await assert.rejects(
        open(fixture('images', name)),
        (error) => isEngineError(error, code) && says.test(error.detail),
      );
    });
});

interface UmociStep {
  readonly created_by: string | null;
  readonly empty_layer: boolean | null;
  readonly diff_id: string;
}

/** The history and the layer of each step as umoci reads them; it opened archives of one image, or named them `@N`. */
function compareHistory(name: string, position: number, count: number, image: Image): void {
  const base = name.replaceAll('/', '__');
  const file = `${base}${count > 1 ? `@${position}` : ''}.history.json`;
  if (!existsSync(fixture('images/expected-by-umoci', file))) return;
  const expected = JSON.parse(readFileSync(fixture('images/expected-by-umoci', file), 'utf8')) as UmociStep[];
  assert.deepEqual(
    image.steps.map(({ item, layer }) => [
      item?.createdBy,
      layer === undefined ? '' : image.layers[layer]?.diffId,
    ]),
    expected.map(({ created_by, diff_id }) => [created_by ?? undefined, diff_id]),
  );
}

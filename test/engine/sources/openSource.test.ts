import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { type FailureCode, isEngineError } from '../../../src/engine/base/errors.ts';
import { buildImage, layerTar } from '../../support/buildImage.ts';
import { fixture } from '../../support/fixtures.ts';
import { codesOf, open, openImages } from '../../support/openImages.ts';
import { encodeTar } from '../../support/tarBytes.ts';
import { tempDir } from '../../support/tempDir.ts';
import { dockerArchiveBytes, writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { writeOciArchive, writeOciLayout, writeSkopeoDir } from '../../support/writeOciLayout.ts';
import { openSource } from '../../../src/engine/sources/index.ts';

const image = buildImage([{ a: '1' }, { b: '2' }], { names: ['docker.io/library/it:1'] });

describe('openSource', () => {
  const folder = tempDir();
  const file = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(folder.file(name), bytes);
    return folder.file(name);
  };
  const files = (name: string, contents: Readonly<Record<string, string>>): string => {
    mkdirSync(folder.file(name), { recursive: true });
    for (const [each, content] of Object.entries(contents)) writeFileSync(folder.file(name, each), content);
    return folder.file(name);
  };
  const tar = (name: string, contents: Readonly<Record<string, string>>): string =>
    file(name, encodeTar(Object.entries(contents).map(([each, content]) => ({ name: each, content }))));

  it('tells the kinds of source by content, whatever they are called', async () => {
    const kinds: readonly (readonly [location: string, kind: string])[] = [
      [writeDockerArchive(image, folder.file('a.jpg'), { shape: 'legacy' }), 'docker-archive'],
      [writeDockerArchive(image, folder.file('b'), { shape: 'containerd' }), 'docker-archive'],
      [writeOciArchive(image, folder.file('c.tar.gz')), 'oci-archive'],
      [writeOciLayout(image, folder.file('d')), 'oci'],
      [writeSkopeoDir(image, folder.file('e')), 'dir'],
    ];
    for (const [location, kind] of kinds) {
      await using source = await open(location);
      assert.equal(source.kind, kind);
      assert.equal(source.location, location);
    }
  });

  it('finds manifest.json first, last, and under names with ./', async () => {
    const orders = {
      first: (all: readonly { name: string }[]) => [...all].reverse(),
      dotted: (all: readonly { name: string }[]) => all.map((each) => ({ ...each, name: `./${each.name}` })),
    };
    for (const [name, change] of Object.entries(orders)) {
      const archive = writeDockerArchive(image, folder.file(name), { shape: 'podman', change });
      const { images } = await openImages(archive);
      assert.deepEqual(codesOf(images[0]!.problems), []);
      assert.equal(images[0]!.layers.length, 2);
    }
  });

  it('follows layers that are links to layers, before and behind them', async () => {
    const twins = [
      buildImage([{ a: '1' }, { b: '2' }], { names: ['docker.io/library/x:1'] }),
      buildImage([{ b: '2' }, { a: '1' }], { names: ['docker.io/library/y:1'] }),
    ];
    const { images } = await openImages(writeDockerArchive(twins, folder.file('links'), { shape: 'legacy' }));
    assert.deepEqual(
      images.map(({ layers }) => layers.map(({ blob }) => blob.location?.size)),
      [
        [2048, 2048],
        [2048, 2048],
      ],
    );
  });

  it('tolerates a layout without its marker', async () => {
    const bare = writeOciLayout(image, folder.file('bare'), { without: ['oci-layout'] });
    const { kind, problems, images } = await openImages(bare);
    assert.equal(kind, 'oci');
    assert.deepEqual(codesOf(problems), ['layout-marker-missing']);
    assert.equal(images.length, 1);
  });

  const nothing: readonly (readonly [what: string, make: () => string, code: FailureCode, says: RegExp])[] = [
    ['a path that is not there', () => folder.file('absent'), 'not-found', /./],
    ['an empty file', () => file('empty', ''), 'invalid-archive', /empty/],
    ['text', () => file('text.tar', 'hello'.repeat(1000)), 'invalid-archive', /./],
    ['a tar of zeros', () => file('zeros.tar', Buffer.alloc(10_240)), 'invalid-archive', /without any file/],
    ['an empty folder', () => files('nothing', {}), 'invalid-archive', /a folder without any file/],
    [
      'a layer',
      () => file('layer.tar', layerTar({ 'etc/motd': 'x', 'usr/bin/x': 'y' })),
      'invalid-archive',
      /a layer or a root file system \(it holds etc\/motd, usr\/bin\/x\)/,
    ],
    [
      'a layer with a whiteout',
      () => file('whiteout.tar', layerTar({ 'x/.wh.y': '' })),
      'invalid-archive',
      /a layer or a root file system/,
    ],
    [
      'some other tar',
      () => tar('other.tar', { 'a.txt': '', 'b.txt': '' }),
      'invalid-archive',
      /a tar without manifest.json and index.json/,
    ],
    [
      'some other folder',
      () => files('other', { 'package.json': '{}', 'manifest.json': '{"name":"a web app"}' }),
      'invalid-archive',
      /a folder without manifest.json/,
    ],
    [
      'manifest.json of null',
      () => tar('null.tar', { 'manifest.json': 'null' }),
      'invalid-archive',
      /it is null/,
    ],
    [
      'manifest.json of []',
      () => tar('none.tar', { 'manifest.json': '[]' }),
      'invalid-archive',
      /lists no image/,
    ],
    [
      'a broken manifest.json',
      () => tar('broken.tar', { 'manifest.json': '[{' }),
      'invalid-archive',
      /not JSON/,
    ],
    [
      'a layout without an index',
      () => tar('marker.tar', { 'oci-layout': '{}' }),
      'invalid-archive',
      /layout without index.json/,
    ],
    [
      'a layout with a broken index',
      () => tar('index.tar', { 'oci-layout': '{}', 'index.json': '{"manifests":' }),
      'invalid-archive',
      /index.json is unusable/,
    ],
    [
      'an index that is a manifest',
      () => files('single', { 'index.json': '{"layers":[]}' }),
      'invalid-archive',
      /an image manifest, not an index/,
    ],
    [
      'an archive of Docker 1.9',
      () =>
        tar('old.tar', {
          repositories: '{}',
          [`${'a'.repeat(64)}/json`]: '{}',
          [`${'a'.repeat(64)}/layer.tar`]: '',
        }),
      'invalid-archive',
      /Docker 1.9 or older/,
    ],
    [
      'an archive cut off before its manifest.json',
      () => file('cut.tar', dockerArchiveBytes(image, { shape: 'podman' }).subarray(0, 2000)),
      'invalid-archive',
      /cut short/,
    ],
    ['bzip2', () => file('a.tar.bz2', Buffer.from('BZh91AY&SY')), 'unsupported', /bzip2/],
  ];
  for (const [what, make, code, says] of nothing)
    it(`refuses ${what}, and says so`, async () => {
      await assert.rejects(open(make()), (error) => isEngineError(error, code) && says.test(error.detail));
    });

  it('leaves nothing in the spool folder, whether it opens or not', async () => {
    const spool = folder.file('spool');
    const good = writeDockerArchive(image, folder.file('good.tar.gz'), { compression: 'gzip' });
    const source = await openSource(good, { spoolDirectory: spool });
    assert.equal(readdirSync(spool).length, 1);
    await source[Symbol.asyncDispose]();
    await assert.rejects(
      openSource(fixture('images/go-containerregistry/crane/content.tar.zst'), { spoolDirectory: spool }),
    );
    assert.deepEqual(readdirSync(spool), []);
  });

  it('gives up an archive it is unpacking when it is told to', async () => {
    const archive = writeDockerArchive(image, folder.file('cancelled.tar.gz'), { compression: 'gzip' });
    const options = { spoolDirectory: folder.file('cancelled'), signal: AbortSignal.abort() };
    await assert.rejects(openSource(archive, options), (error) => isEngineError(error, 'cancelled'));
  });
});

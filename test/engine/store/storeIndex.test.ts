import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { Descriptor } from '../../../src/engine/oci/descriptor.ts';
import { digestOf } from '../../../src/engine/oci/digest.ts';
import { mediaTypes } from '../../../src/engine/oci/mediaType.ts';
import {
  emptyIndex,
  formatStoreIndex,
  nameOfEntry,
  parseStoreIndex,
  type StoreIndex,
  withImage,
  withoutName,
  withoutNameless,
} from '../../../src/engine/store/storeIndex.ts';

const [one, two] = ['one', 'two'].map(imageCalled) as [Descriptor, Descriptor];

describe('storeIndex', () => {
  it('names an image for every kind of tool', () => {
    const { entries } = withImage(emptyIndex, one, 'docker.io/library/a:1');
    assert.deepEqual(entries, [
      {
        mediaType: one.mediaType,
        digest: one.digest,
        size: one.size,
        annotations: {
          'io.containerd.image.name': 'docker.io/library/a:1',
          'org.opencontainers.image.ref.name': 'docker.io/library/a:1',
        },
      },
    ]);
  });

  it('keeps a descriptor’s own annotations and platform, under any name', () => {
    const platform = { os: 'linux', architecture: 'arm', variant: 'v7', osVersion: '1' };
    const target = {
      ...one,
      platform,
      annotations: { 'org.example': 'kept', 'io.containerd.image.name': 'old' },
    };
    const [entry] = withImage(emptyIndex, target, 'n').entries;
    assert.deepEqual(entry?.['platform'], {
      architecture: 'arm',
      os: 'linux',
      'os.version': '1',
      variant: 'v7',
    });
    assert.deepEqual(entry['annotations'], {
      'org.example': 'kept',
      'io.containerd.image.name': 'n',
      'org.opencontainers.image.ref.name': 'n',
    });
  });

  it('changes nothing for what is there already', () => {
    const index = withImage(emptyIndex, one, 'a');
    assert.equal(withImage(index, one, 'a'), index);
    assert.equal(withImage(index, one, undefined), index);
    assert.equal(withoutName(index, 'b', 'drop-image'), index);
    assert.equal(withoutNameless(index, one.digest), index);
  });

  it('gives an image without a name its first, in the place of having none', () => {
    assert.deepEqual(shown(withImage(withImage(emptyIndex, one, undefined), one, 'a')), [`a ${one.digest}`]);
  });

  it('moves a name, and keeps the image that had no other', () => {
    const moved = withImage(withImage(emptyIndex, one, 'a'), two, 'a');
    assert.deepEqual(shown(moved), [`- ${one.digest}`, `a ${two.digest}`]);
    const other = withImage(withImage(withImage(emptyIndex, one, 'a'), one, 'b'), two, 'a');
    assert.deepEqual(shown(other), [`b ${one.digest}`, `a ${two.digest}`]);
  });

  it('takes a name away, and the image with its last', () => {
    const both = withImage(withImage(emptyIndex, one, 'a'), one, 'b');
    assert.deepEqual(shown(withoutName(both, 'a', 'drop-image')), [`b ${one.digest}`]);
    assert.deepEqual(shown(withoutName(withImage(emptyIndex, one, 'a'), 'a', 'drop-image')), []);
  });

  it('forgets an image without a name, and only that', () => {
    const index = withImage(withImage(emptyIndex, one, undefined), two, 'b');
    assert.deepEqual(shown(withoutNameless(index, one.digest)), [`b ${two.digest}`]);
    assert.equal(withoutNameless(index, two.digest), index);
  });

  it('keeps what other tools wrote, entries it cannot use included', () => {
    const text =
      '{"schemaVersion":2,"annotations":{"x":"y"},"manifests":[{"digest":"md5:0"},' +
      '{"annotations":{"org.opencontainers.image.ref.name":"latest"},"__proto__":{"a":1}}]}';
    const index = withImage(parseStoreIndex(Buffer.from(text), ''), one, 'a');
    const again = JSON.parse(Buffer.from(formatStoreIndex(index)).toString()) as {
      readonly annotations: unknown;
      readonly manifests: readonly unknown[];
    };
    assert.deepEqual(again.annotations, { x: 'y' });
    assert.equal(JSON.stringify(again.manifests.slice(0, 2)), text.slice(text.indexOf('[')).slice(0, -1));
    assert.equal(nameOfEntry(index.entries[1]!), 'latest');
  });

  for (const text of [
    '',
    '{',
    '[]',
    '{}',
    '{"manifests":{}}',
    '{"manifests":[1]}',
    '\uFEFF{"manifests":[]}',
    'null',
  ])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => parseStoreIndex(Buffer.from(text), ''),
        (error) => isEngineError(error, 'damaged'),
      );
    });
});

function imageCalled(text: string): Descriptor {
  return { mediaType: mediaTypes.ociManifest, digest: digestOf(Buffer.from(text)), size: text.length };
}

function shown({ entries }: StoreIndex): readonly string[] {
  return entries.map((entry) => `${nameOfEntry(entry) ?? '-'} ${String(entry['digest'])}`);
}

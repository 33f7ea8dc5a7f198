import assert from 'node:assert/strict';
import type { Digest } from '../../src/engine/oci/digest.ts';
import type { ImageEntry, ImageSource } from '../../src/engine/sources/imageSource.ts';
import { collectGarbage } from '../../src/engine/store/collectGarbage.ts';
import type { DiskStore } from '../../src/engine/store/diskStore.ts';
import { importImage } from '../../src/engine/transfer/importImage.ts';
import { tagImage } from '../../src/engine/transfer/tagImage.ts';
import { buildImage } from './buildImage.ts';
import { tagsOf } from './storeFixture.ts';

/** Two images that share a layer. */
export const firstImage = buildImage([{ 'base/a': 'shared' }, { 'own/1': 'first' }], {
  names: ['docker.io/library/first:1'],
  compression: 'gzip',
});
export const secondImage = buildImage([{ 'base/a': 'shared' }, { 'own/2': 'second' }], {
  names: ['docker.io/library/second:1'],
  compression: 'gzip',
});

/** What changes a store, and how to see that it has. Each can be done again. */
export interface StoreOperation {
  readonly name: string;
  readonly run: (store: DiskStore, from: ImportedFrom) => Promise<unknown>;
  /** That it is done. */
  readonly check: (directory: string) => Promise<void>;
}

export interface ImportedFrom {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
}

/** On a store that holds {@link firstImage} under two names, and some garbage. */
export const storeOperations: readonly StoreOperation[] = [
  {
    name: 'import',
    run: (store, { source, entry }) => importImage(store, source, entry, undefined),
    check: (directory) => requireTag(directory, 'docker.io/library/second:1', secondImage.manifestDigest),
  },
  {
    name: 'tag',
    run: (store) => tagImage(store, 'new', firstImage.manifestDigest),
    check: (directory) => requireTag(directory, 'docker.io/library/new:latest', firstImage.manifestDigest),
  },
  {
    name: 'remove',
    run: (store) => store.refs.removeName('docker.io/library/other:1'),
    check: (directory) => requireTag(directory, 'docker.io/library/other:1', undefined),
  },
  {
    name: 'gc',
    run: (store) => collectGarbage(store, { isDryRun: false, graceMs: -1 }),
    check: () => Promise.resolve(),
  },
];

export async function requireTag(directory: string, name: string, digest: Digest | undefined): Promise<void> {
  assert.equal((await tagsOf(directory)).get(name), digest, name);
}

import { cpSync } from 'node:fs';
import path from 'node:path';
import { type Digest, hexOf } from '../../src/engine/oci/digest.ts';
import { openSource } from '../../src/engine/sources/index.ts';
import type { ImageEntry, ImageSource } from '../../src/engine/sources/imageSource.ts';
import { type DiskStore, diskStoreAt } from '../../src/engine/store/diskStore.ts';
import { openDiskStore } from '../../src/engine/store/openDiskStore.ts';
import { digestOfEntry, nameOfEntry } from '../../src/engine/store/storeIndex.ts';
import { importImage } from '../../src/engine/transfer/importImage.ts';
import { tempDir } from './tempDir.ts';
import { type LayoutEntry, writeOciLayout } from './writeOciLayout.ts';

/** Locks that are waited for shortly, since a test knows when nobody will give them back. */
export const shortLocks = { waitMs: 300, heartbeatMs: 5_000, silentMs: 30_000, recycledMs: 600_000 };

/** A source with these images, as a layout on disk, and its entries. */
export async function sourceOf(
  ...images: readonly LayoutEntry[]
): Promise<{ readonly source: ImageSource; readonly entries: readonly ImageEntry[] }> {
  const source = await openSource(writeOciLayout(images, tempDir().path), { spoolDirectory: tempDir().path });
  return { source, entries: await source.list() };
}

/** A new store with these images under their own names. */
export async function storeWith(...images: readonly LayoutEntry[]): Promise<DiskStore> {
  const store = await openDiskStore(path.join(tempDir().path, 'store'));
  const { source, entries } = await sourceOf(...images);
  for (const entry of entries) await importImage(store, source, entry, undefined);
  return store;
}

/** A copy of a store's directory, times kept. */
export function copyOfStore(store: DiskStore): string {
  const directory = path.join(tempDir().path, 'store');
  cpSync(store.places.directory, directory, { recursive: true, preserveTimestamps: true });
  return directory;
}

/** What the store in a directory calls its images, read anew. */
export async function tagsOf(directory: string): Promise<ReadonlyMap<string, Digest>> {
  const { entries } = await diskStoreAt(directory).refs.read();
  return new Map(entries.map((entry) => [nameOfEntry(entry) ?? '', digestOfEntry(entry) ?? ('' as Digest)]));
}

export function blobFile(directory: string, digest: Digest): string {
  return path.join(directory, 'blobs/sha256', hexOf(digest));
}

import type { DiskStore } from './diskStore.ts';

/** How much the store's blobs take, each once. */
export async function storeUsage(
  store: DiskStore,
): Promise<{ readonly blobs: number; readonly bytes: number }> {
  const blobs = await store.blobs.list();
  return { blobs: blobs.length, bytes: blobs.reduce((sum, { size }) => sum + size, 0) };
}

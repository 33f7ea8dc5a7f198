import type { TarScanner } from './tarScanner.ts';

/** Reads up to `buffer.length` bytes at an offset of the tar; fewer only at its end. */
export type ReadAt = (buffer: Buffer, offset: number) => number | Promise<number>;

/**
 * Scans a tar that can be sought, without reading the files' contents.
 *
 * @param size bytes of the tar.
 * @param afterRead called after each read, for progress and to stop by throwing.
 */
export async function scanTarHeaders(
  scanner: TarScanner,
  size: number,
  readAt: ReadAt,
  afterRead?: (position: number) => void | Promise<void>,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(32 * 1024);
  while (scanner.position < size) {
    const wanted = Math.min(buffer.length, size - scanner.position);
    const count = await readAt(buffer.subarray(0, wanted), scanner.position);
    if (count === 0) break;
    scanner.push(buffer.subarray(0, count));
    scanner.skip(Math.min(scanner.skippable, size - scanner.position));
    const pause = afterRead?.(scanner.position);
    if (pause !== undefined) await pause;
  }
  scanner.finish();
}

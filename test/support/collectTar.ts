import { createHash } from 'node:crypto';
import { createContentHasher } from '../../src/engine/archive/contentHasher.ts';
import { TarScanner } from '../../src/engine/archive/tarScanner.ts';
import type { TarHeader } from '../../src/engine/archive/tarSink.ts';

export interface CollectedEntry extends TarHeader {
  /** XXH128, hex. */
  contentHash?: string;
}

export interface CollectedTar {
  readonly entries: readonly CollectedEntry[];
  readonly problems: readonly string[];
  readonly isDamaged: boolean;
  readonly position: number;
}

const hasher = createContentHasher();

/** What the scanner tells of a tar that comes in pieces of `pieceSize` bytes. */
export async function collectTar(tar: Buffer, pieceSize = tar.length || 1): Promise<CollectedTar> {
  const entries: CollectedEntry[] = [];
  const problems: string[] = [];
  const sink = {
    entry: (header: TarHeader) => void entries.push({ ...header }),
    contentHash: (hash: Uint8Array) => {
      const last = entries.at(-1);
      if (last !== undefined) last.contentHash = Buffer.from(hash).toString('hex');
    },
    problem: (code: string) => void problems.push(code),
  };
  const scanner = new TarScanner(sink, await hasher);
  for (let at = 0; at < tar.length; at += pieceSize) {
    // A piece is the caller's again after each call: what was not copied is spoilt.
    const piece = Buffer.from(tar.subarray(at, at + pieceSize));
    scanner.push(piece);
    piece.fill(0xaa);
  }
  scanner.finish();
  return { entries, problems, isDamaged: scanner.isDamaged, position: scanner.position };
}

/** The content of an entry, holes of sparse files as zeros. */
export function contentOf(tar: Buffer, entry: TarHeader): Buffer {
  const content = Buffer.alloc(entry.size);
  let stored = entry.dataOffset;
  for (const [offset, length] of entry.sparseMap ?? [[0, entry.size] as const]) {
    tar.copy(content, offset, stored, stored + length);
    stored += length;
  }
  return content;
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

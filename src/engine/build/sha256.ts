import { createHash } from 'node:crypto';

/** A SHA-256 as BuildKit writes it: `sha256:` and 64 hex digits. */
export type Sha256 = `sha256:${string}`;

export function isSha256(text: string): text is Sha256 {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}

/** @param text hashed as UTF-8. */
export function sha256(text: string): Sha256 {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** @param parts byte strings: each character stands for one byte. */
export function sha256OfBytes(parts: Iterable<string>): Sha256 {
  const hash = createHash('sha256');
  let some = '';
  for (const part of parts) {
    some += part;
    // Handing over many short pieces takes longer than hashing them.
    if (some.length < pieceLength) continue;
    hash.update(some, 'latin1');
    some = '';
  }
  return `sha256:${hash.update(some, 'latin1').digest('hex')}`;
}

const pieceLength = 64 * 1024;

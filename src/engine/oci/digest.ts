import { createHash } from 'node:crypto';
import { EngineError } from '../base/errors.ts';

/** Names some bytes as they are stored or sent: `sha256:<64 hex>` or `sha512:<128 hex>` (image-spec, descriptor.md). */
export type Digest = string & { readonly __digest: 'blob' };
/** Names a layer's uncompressed tar (image-spec, config.md, `rootfs.diff_ids`). */
export type DiffId = string & { readonly __digest: 'diff' };
/** Names a stack of layers, bottom to top (image-spec, config.md, "Layer ChainID"). */
export type ChainId = string & { readonly __digest: 'chain' };
/** The digest of an image's config. */
export type ImageId = string & { readonly __digest: 'image' };

const grammar = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;

/** @throws EngineError `invalid-reference`: only what matches may become part of a path or a URL. */
export function parseDigest(text: string): Digest {
  return checked(text) as Digest;
}

/** @throws EngineError `invalid-reference` as {@link parseDigest}. */
export function parseDiffId(text: string): DiffId {
  return checked(text) as DiffId;
}

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && grammar.test(text);
}

/** The SHA-256 digest of bytes held in memory. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}` as Digest;
}

/** Whether bytes held in memory are those the digest names, by its own algorithm. */
export function hasDigest(bytes: Uint8Array, digest: Digest): boolean {
  return createHash(algorithmOf(digest)).update(bytes).digest('hex') === hexOf(digest);
}

/** The algorithm, `sha256` or `sha512`. */
export function algorithmOf(digest: Digest | DiffId | ChainId | ImageId): 'sha256' | 'sha512' {
  return digest.startsWith('sha512:') ? 'sha512' : 'sha256';
}

/** The hex part. */
export function hexOf(digest: Digest | DiffId | ChainId | ImageId): string {
  return digest.slice(digest.indexOf(':') + 1);
}

function checked(text: string): string {
  if (!grammar.test(text)) throw new EngineError('invalid-reference', text, 'not a sha256 or sha512 digest');
  return text;
}

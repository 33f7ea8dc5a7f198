import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { algorithmOf, type Digest, hexOf, isDigest } from '../oci/digest.ts';

/** What lies in the cache of fetched things. */
export type CacheFileKind =
  /** A whole blob. */
  | 'blob'
  /** The beginning of a blob, which nobody writes just now. */
  | 'part'
  /** The beginning of a blob, which somebody writes, or wrote when its process ended. */
  | 'draft'
  /** Some ranges of a blob at their places, with holes between. */
  | 'ranges'
  /** Which ranges there are. */
  | 'present'
  /** A manifest or config. */
  | 'document'
  /** A small file on its way to its name. */
  | 'tmp';

/**
 * The files of the cache by name. Their names come from a digest, or from a hash of whatever text names a thing: no text
 * from outside becomes part of a path.
 */
export class CacheNames {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  of(identity: string, kind: 'blob' | 'part' | 'present' | 'document'): string {
    return path.join(this.directory, `${nameOf(identity)}.${kind}`);
  }

  /** A name nobody else has. */
  own(identity: string, kind: 'draft' | 'tmp'): string {
    return this.ofGeneration(identity, newGeneration(), kind);
  }

  /** @param generation from {@link newGeneration}. */
  ofGeneration(identity: string, generation: string, kind: 'draft' | 'ranges' | 'tmp'): string {
    return path.join(this.directory, `${nameOf(identity)}.${generation}.${kind}`);
  }

  /** Whether a file in the directory is such a thing of that identity. */
  isOf(file: string, identity: string, kind: CacheFileKind): boolean {
    return file.startsWith(`${nameOf(identity)}.`) && kindOf(file) === kind;
  }
}

/** What a file of the cache is; undefined for anything that is not the cache's. */
export function kindOf(file: string): CacheFileKind | undefined {
  return grammar.exec(file)?.[1] as CacheFileKind | undefined;
}

export function newGeneration(): string {
  return randomBytes(8).toString('hex');
}

/** Whether a generation that was read from a file may become part of a name. */
export function isGeneration(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{16}$/.test(text);
}

const grammar =
  /^(?:sha256|sha512|text)-[0-9a-f]{64,128}(?:\.[0-9a-f]{16})?\.(blob|part|draft|ranges|present|document|tmp)$/;

/** The digest that an identity is: nothing with other bytes may have its name. */
export function digestNamed(identity: string): Digest | undefined {
  const digest = identity.startsWith('blob ') ? identity.slice('blob '.length) : identity;
  return isDigest(digest) ? digest : undefined;
}

/** Bytes that a digest vouches for have one name, whatever place vouches for them. */
function nameOf(identity: string): string {
  const digest = digestNamed(identity);
  if (digest !== undefined) return `${algorithmOf(digest)}-${hexOf(digest)}`;
  return `text-${createHash('sha256').update(identity).digest('hex')}`;
}

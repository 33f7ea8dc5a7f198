import type { Digest } from './digest.ts';
import type { Platform } from './platform.ts';

/** Media type, digest and size of some bytes (image-spec, descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes as stored. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
  readonly artifactType?: string;
  readonly urls?: readonly string[];
  /** The bytes themselves, where the descriptor carries them (verified when parsed). */
  readonly data?: Uint8Array;
}

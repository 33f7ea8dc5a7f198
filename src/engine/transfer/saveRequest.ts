import type { ImageEntry, ImageSource, ImageVariant } from '../sources/imageSource.ts';

/** Images to be written into one archive. */
export interface SaveRequest {
  /** Any source's images, not only the store's. */
  readonly images: readonly SavedImage[];
  readonly format: 'oci-archive' | 'docker-archive';
  /** Written beside and renamed; an existing file is replaced only when complete. */
  readonly destination: string;
}

export interface SavedImage {
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  /** One platform; without it, all that the entry has. */
  readonly variant?: ImageVariant;
  /** What the archive calls it; without them, the entry's own names. */
  readonly names?: readonly string[];
}

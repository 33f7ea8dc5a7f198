import type { Digest } from '../../oci/digest.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type ImageManifest, parseManifest } from '../../oci/manifest.ts';
import type { Platform } from '../../oci/platform.ts';
import { choosePlatform } from '../../oci/platform.ts';
import { attestationRole } from '../../oci/attestation.ts';
import type { BlobCache } from '../blobCache.ts';

/** An image's true documents, as an earlier save stream has brought them. */
export interface KnownDocuments {
  readonly config: Uint8Array;
  readonly manifest?: {
    readonly descriptor: Descriptor;
    readonly bytes: Uint8Array;
    readonly parsed: ImageManifest;
  };
}

/** Finds an image's documents in the cache; undefined when they have not come yet. */
export async function findDocuments(
  cache: BlobCache,
  root: Digest | Descriptor,
  platform: Platform | undefined,
): Promise<KnownDocuments | undefined> {
  if (typeof root !== 'string') return fromManifest(cache, root, platform, 0);
  const config = await cache.document(root);
  return config && { config };
}

async function fromManifest(
  cache: BlobCache,
  descriptor: Descriptor,
  platform: Platform | undefined,
  depth: number,
): Promise<KnownDocuments | undefined> {
  const bytes = await cache.document(descriptor.digest);
  const parsed = bytes && tryParse(bytes, descriptor);
  if (bytes === undefined || parsed === undefined || depth > maxDepth) return undefined;
  if (parsed.kind === 'index') {
    const child = chosenOf(parsed.manifests, platform);
    return child && fromManifest(cache, child, platform, depth + 1);
  }
  if (parsed.kind !== 'manifest' || parsed.config === undefined) return undefined;
  const config = await cache.document(parsed.config.digest);
  return config && { config, manifest: { descriptor, bytes, parsed } };
}

const maxDepth = 4;

function tryParse(
  bytes: Uint8Array,
  { digest, mediaType }: Descriptor,
): ReturnType<typeof parseManifest> | undefined {
  try {
    return parseManifest(bytes, digest, mediaType);
  } catch {
    return undefined;
  }
}

/** As the engine chooses where it does not tell its manifests. */
function chosenOf(manifests: readonly Descriptor[], platform: Platform | undefined): Descriptor | undefined {
  const images = manifests.filter((each) => attestationRole(each) === undefined);
  if (platform === undefined) return images[0];
  const position = choosePlatform(
    platform,
    images.map((each) => each.platform),
  );
  return position === undefined ? undefined : images[position];
}

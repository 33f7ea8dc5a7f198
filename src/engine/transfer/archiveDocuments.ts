import { algorithmOf, type Digest, hexOf } from '../oci/digest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { choosePlatform, hostPlatform } from '../oci/platform.ts';
import { tryParseReference } from '../oci/reference.ts';
import { emptyIndex, formatStoreIndex, indexEntry } from '../store/storeIndex.ts';
import type { ImagePlan, PlannedManifest } from './imagePlan.ts';

/** One image of an archive and what it is called there. */
export interface NamedPlan {
  readonly plan: ImagePlan;
  /** In full. */
  readonly names: readonly string[];
}

/** Where a blob lies in an archive (image-spec, image-layout.md). */
export function blobName(digest: Digest): string {
  return `blobs/${algorithmOf(digest)}/${hexOf(digest)}`;
}

/**
 * `index.json`: an entry for each name of each image, in the order asked.
 *
 * @param style `full`: both annotations hold the full name, as podman writes and skopeo and umoci ask for it; `tag`:
 *   the second one holds the tag, as `docker save` writes.
 */
export function indexDocument(images: readonly NamedPlan[], style: 'full' | 'tag'): Uint8Array {
  const entries = images.flatMap(({ plan, names }) =>
    names.length === 0
      ? [indexEntry(plan.target, undefined)]
      : names.map((name) => indexEntry(plan.target, name, style === 'full' ? name : tagOf(name))),
  );
  return formatStoreIndex({ ...emptyIndex, entries });
}

/**
 * `manifest.json` (docker's image-spec v1.2): all that engines before 25, and the classic store still today, read. Of
 * several platforms it names this machine's, since it can name only one. Names are in full, as podman writes them: it takes
 * a short one for one of localhost's, while docker takes both for the same.
 */
export function dockerManifest(images: readonly NamedPlan[]): Uint8Array {
  const elements = images.flatMap(({ plan, names }) => {
    const manifest = bestManifest(plan);
    return manifest === undefined ? [] : element(manifest, names);
  });
  return Buffer.from(JSON.stringify(elements));
}

function element({ config, layers }: PlannedManifest, names: readonly string[]): object {
  return {
    Config: blobName(config.digest),
    RepoTags: names.length === 0 ? null : names,
    Layers: layers.map(({ digest }) => blobName(digest)),
  };
}

function bestManifest({ manifests }: ImagePlan): PlannedManifest | undefined {
  const platforms = manifests.map(({ descriptor }: { descriptor: Descriptor }) => descriptor.platform);
  return manifests[choosePlatform(hostPlatform(), platforms) ?? 0];
}

function tagOf(name: string): string {
  return tryParseReference(name)?.tag ?? name;
}

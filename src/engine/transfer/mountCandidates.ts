import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import { type Reference, tryParseReference } from '../oci/reference.ts';
import type { ImageEntry, ImageSource } from '../sources/imageSource.ts';

/** The repositories of a registry that may have a blob, the likeliest first. */
export type MountCandidates = (digest: Digest) => readonly string[];

/**
 * Where a registry may take blobs from instead of being sent them: the repository the image came from, by its source or
 * by containerd's note of it; others that the image is named in; and those of other images of the source that share a
 * layer. That one of them has a blob is only likely: the registry says.
 */
export async function mountCandidates(
  source: ImageSource,
  entry: ImageEntry,
  destination: Reference,
  options: CallOptions = {},
): Promise<MountCandidates> {
  const own = distinct(
    [...cameFrom(source, entry, destination.domain), ...namedIn(entry, destination.domain)],
    destination.path,
  );
  const shared = await sharedLayers(source, entry, destination, options);
  return (digest) => distinct([...own, ...(shared.get(digest) ?? [])], destination.path);
}

/** The note that containerd and Lamina leave of where an image came from: `PATH[,PATH]` by registry. */
export function sourceNoteKey(domain: string): string {
  return `containerd.io/distribution.source.${domain}`;
}

/** Of a registry's image, the note that `index.json` keeps of it. */
export function sourceNoteOf({ kind, location }: ImageSource): Readonly<Record<string, string>> | undefined {
  const reference = kind === 'docker' ? tryParseReference(location.replace(/^docker:\/\//, '')) : undefined;
  return reference && { [sourceNoteKey(reference.domain)]: reference.path };
}

function cameFrom(source: ImageSource, entry: ImageEntry, domain: string): readonly string[] {
  const noted = entry.target?.annotations?.[sourceNoteKey(domain)]?.split(',') ?? [];
  const remembered = sourceNoteOf(source)?.[sourceNoteKey(domain)];
  const isPath = (path: string): boolean => tryParseReference(`${domain}/${path}`)?.path === path;
  return [...(remembered === undefined ? [] : [remembered]), ...noted.filter(isPath)];
}

function namedIn({ names }: ImageEntry, domain: string): readonly string[] {
  return names.flatMap((name) => {
    const reference = tryParseReference(name);
    return reference?.domain === domain ? [reference.path] : [];
  });
}

/** Images that are looked into; each costs reading a manifest. */
const maxOthers = 100;

/** By layer, the repositories of other images here that have it. */
async function sharedLayers(
  source: ImageSource,
  entry: ImageEntry,
  { domain }: Reference,
  options: CallOptions,
): Promise<ReadonlyMap<Digest, readonly string[]>> {
  const found = new Map<Digest, string[]>();
  if (source.kind === 'docker-daemon' || source.kind === 'docker') return found;
  const others = (await source.list(options)).filter(({ position }) => position !== entry.position);
  for (const other of others.slice(0, maxOthers)) {
    const paths = [...cameFrom(source, other, domain), ...namedIn(other, domain)];
    if (paths.length > 0)
      for (const digest of await layersOf(source, other, options))
        found.set(digest, [...(found.get(digest) ?? []), ...paths]);
  }
  return found;
}

/** What cannot be read gives no candidates. */
async function layersOf(
  source: ImageSource,
  entry: ImageEntry,
  options: CallOptions,
): Promise<readonly Digest[]> {
  const digests: Digest[] = [];
  for (const variant of entry.variants.filter(({ isAvailable }) => isAvailable)) {
    const core = await source.resolve(entry, variant, options).catch(() => undefined);
    digests.push(...(core?.layers.flatMap(({ descriptor }) => descriptor?.digest ?? []) ?? []));
  }
  return digests;
}

/** Each path once, in their order, without one. */
export function distinct(paths: readonly string[], besides: string): readonly string[] {
  return [...new Set(paths)].filter((path) => path !== besides);
}

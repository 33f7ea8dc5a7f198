import type { Problem } from '../base/problem.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { DockerImages } from './dockerImages.ts';
import type { DockerElement } from './dockerManifest.ts';
import type { ImageEntry, ImageVariant } from './imageSource.ts';
import type { ContentBlobs } from './sourceBlobs.ts';
import { normalizeName } from '../oci/reference.ts';
import { namesFromAnnotations } from './imageNames.ts';
import { type FoundVariant, type IndexContents, newWalkBudget, walkIndex } from './walkIndex.ts';

export interface IndexedParts {
  readonly blobs: ContentBlobs;
  /** What the source's index names. */
  readonly roots: readonly Descriptor[];
  /** The same images, as a `manifest.json` beside the index names them: it may know names and images the index lacks. */
  readonly docker?: DockerImages;
}

/** The images of a source whose blobs are found by digest. */
export interface SourceContents {
  readonly entries: readonly ImageEntry[];
  /** The entries that only `manifest.json` has, by position. */
  readonly elements: ReadonlyMap<number, DockerElement>;
}

/** Reads an index to its image manifests, and puts beside them what a `manifest.json` knows more. */
export async function readContents(parts: IndexedParts, options?: CallOptions): Promise<SourceContents> {
  const budget = newWalkBudget();
  const found: FoundEntry[] = [];
  for (const { target, names, problems } of mergeRoots(parts.roots))
    found.push({ target, names, problems, contents: await walkIndex(target, parts.blobs, budget, options) });
  const leftOver = parts.docker === undefined ? [] : await addDockerNames(found, parts.docker);
  const entries = found.map(toEntry);
  const elements = new Map<number, DockerElement>();
  for (const element of leftOver) {
    elements.set(entries.length, element);
    if (parts.docker !== undefined) entries.push(await parts.docker.entry(element, entries.length));
  }
  return { entries, elements };
}

interface FoundEntry {
  readonly target: Descriptor;
  readonly names: string[];
  readonly problems: readonly Problem[];
  readonly contents: IndexContents;
}

/**
 * An index lists an image once per name: entries of one digest are one image. Its target is the entry whose name comes
 * first by bytes, which is the one that Docker's containerd store answers with when asked by ID.
 */
function mergeRoots(roots: readonly Descriptor[]): readonly Omit<FoundEntry, 'contents'>[] {
  const byDigest = new Map<Digest, Root[]>();
  for (const target of roots) {
    const root = { target, ...namesFromAnnotations(target.annotations) };
    const same = byDigest.get(target.digest);
    if (same === undefined) byDigest.set(target.digest, [root]);
    else same.push(root);
  }
  return [...byDigest.values()].map((same) => ({
    target: same.reduce((best, root) => (comesBefore(root, best) ? root : best)).target,
    names: [...new Set(same.flatMap(({ names }) => names))],
    problems: same.flatMap(({ problems }) => problems),
  }));
}

interface Root {
  readonly target: Descriptor;
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
}

function comesBefore({ names: [a] }: Root, { names: [b] }: Root): boolean {
  return a !== undefined && (b === undefined || Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0);
}

/** Gives names that only `manifest.json` knows to the image with the same config; returns what the index lacks. */
async function addDockerNames(
  found: readonly FoundEntry[],
  docker: DockerImages,
): Promise<readonly DockerElement[]> {
  const leftOver: DockerElement[] = [];
  for (const element of docker.elements) {
    const config = await docker.configDigest(element);
    const owners = found.filter(({ contents }) =>
      contents.variants.some(({ configDigest }) => config !== undefined && configDigest === config),
    );
    const listed = new Set(found.flatMap(({ names }) => names.map(normalizeName)));
    const missing = element.names.filter((name) => !listed.has(name));
    if (owners[0] !== undefined) owners[0].names.push(...missing);
    // Without its config here, the element says nothing that the index's own entry does not.
    else if (config !== undefined && (missing.length > 0 || element.names.length === 0))
      leftOver.push(element);
  }
  return leftOver;
}

function toEntry({ target, names, problems, contents }: FoundEntry, position: number): ImageEntry {
  return {
    position,
    names,
    target,
    variants: contents.variants.map(toVariant),
    attachments: contents.attachments,
    problems: [...problems, ...contents.problems],
  };
}

function toVariant({ position, platform, manifest, isAvailable }: FoundVariant): ImageVariant {
  return { position, isAvailable, ...(platform && { platform }), ...(manifest && { manifest }) };
}

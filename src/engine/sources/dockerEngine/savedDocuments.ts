import type { Digest, DiffId } from '../../oci/digest.ts';
import { parseImageConfig } from '../../oci/imageConfig.ts';
import { asObject, parseJson } from '../../oci/json.ts';
import { type Manifest, parseManifest } from '../../oci/manifest.ts';
import { attestationRole, manifestRole } from '../../oci/attestation.ts';

/** A layer as a manifest and its config name it together. */
export interface NamedLayer {
  readonly digest: Digest;
  readonly diffId: DiffId;
}

/** What the documents lead to from their root. */
export interface DocumentChain {
  /** Indexes, manifests and configs of images that were met, by digest. */
  readonly documents: ReadonlyMap<Digest, Uint8Array>;
  readonly layers: readonly NamedLayer[];
  /** Whether nothing that an image needs is missing; an index may lack some of its images. */
  readonly isWhole: boolean;
}

/** More than any honest image has. */
const maxDocuments = 10_000;

/** Small blobs that may be manifests and configs, gathered while a stream flows; each has the digest it is named by. */
export class SavedDocuments {
  readonly #bytes = new Map<Digest, Uint8Array>();

  /** Takes what is a JSON object; anything else is passed over. @returns whether it was taken. */
  add(digest: Digest, bytes: Uint8Array): boolean {
    if (this.#bytes.size >= maxDocuments || !isJsonObject(bytes)) return false;
    this.#bytes.set(digest, bytes);
    return true;
  }

  get(digest: Digest): Uint8Array | undefined {
    return this.#bytes.get(digest);
  }

  /** @param root of a classic store a config, else a manifest or an index. */
  from(root: Digest): DocumentChain {
    const chain = new Chain(this.#bytes);
    const isWhole = chain.visit(root, 0);
    return { documents: chain.documents, layers: chain.layers, isWhole };
  }
}

class Chain {
  readonly documents = new Map<Digest, Uint8Array>();
  readonly layers: NamedLayer[] = [];
  readonly #bytes: ReadonlyMap<Digest, Uint8Array>;

  constructor(bytes: ReadonlyMap<Digest, Uint8Array>) {
    this.#bytes = bytes;
  }

  /** Whether it was there, with what it needs. */
  visit(digest: Digest, depth: number): boolean {
    const bytes = this.#bytes.get(digest);
    if (bytes === undefined || depth > maxDepth) return false;
    if (this.documents.has(digest)) return true;
    this.documents.set(digest, bytes);
    const manifest = tryParse(bytes, digest);
    // What is no manifest is a config: a classic store knows its images by that.
    if (manifest === undefined) return true;
    if (manifest.kind === 'index') return this.#visitAll(manifest.manifests, depth);
    return manifest.kind === 'manifest' && this.#manifest(manifest);
  }

  #visitAll(descriptors: Extract<Manifest, { kind: 'index' }>['manifests'], depth: number): boolean {
    const images = descriptors.filter((each) => attestationRole(each) === undefined);
    return images.map(({ digest }) => this.visit(digest, depth + 1)).some(Boolean);
  }

  #manifest(manifest: Extract<Manifest, { kind: 'manifest' }>): boolean {
    if (manifestRole(manifest).kind !== 'image') return true;
    const config = manifest.config && this.#bytes.get(manifest.config.digest);
    if (manifest.config === undefined || config === undefined) return false;
    this.documents.set(manifest.config.digest, config);
    const diffIds = diffIdsOf(config, manifest.config.digest);
    for (const [position, layer] of manifest.layers.entries()) {
      const diffId = diffIds[position];
      if (layer !== undefined && diffId !== undefined) this.layers.push({ digest: layer.digest, diffId });
    }
    return true;
  }
}

const maxDepth = 4;

function tryParse(bytes: Uint8Array, digest: Digest): Manifest | undefined {
  try {
    return parseManifest(bytes, digest);
  } catch {
    return undefined;
  }
}

function diffIdsOf(config: Uint8Array, digest: Digest): readonly (DiffId | undefined)[] {
  try {
    return parseImageConfig(config, digest).config.diffIds;
  } catch {
    return [];
  }
}

function isJsonObject(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x7b && !/^\s*\{/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1')))
    return false;
  try {
    return asObject(parseJson(bytes, '', 'manifest').value) !== undefined;
  } catch {
    return false;
  }
}

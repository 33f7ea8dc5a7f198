import { EngineError, isEngineError } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import type { BlobStore } from './blobStore.ts';
import { documentLimit, type DocumentReference, documentReferences } from './documentReferences.ts';

/** A blob that images need, and who says so. */
export interface ReachableBlob {
  readonly digest: Digest;
  readonly isOptional: boolean;
  readonly isDocument: boolean;
  /** What is known of its document: what it names, or why that cannot be said. Undefined for layers and configs. */
  readonly document?: 'read' | 'absent' | EngineError;
}

/**
 * Finds what images lead to: through indexes in indexes, manifests, attestations and subjects, down to configs and
 * layers. Documents never change, so each is read once in the life of this object.
 */
export class ReachableBlobs {
  readonly #blobs: BlobStore;
  readonly #known = new Map<Digest, readonly DocumentReference[]>();

  constructor(blobs: BlobStore) {
    this.#blobs = blobs;
  }

  /** All blobs that the roots lead to, the roots themselves included, each once. */
  async from(roots: Iterable<Digest>): Promise<ReadonlyMap<Digest, ReachableBlob>> {
    const found = new Map<Digest, ReachableBlob>();
    const open: Step[] = [...roots].map((digest) => ({ digest, isDocument: true, isOptional: false }));
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      const before = found.get(step.digest);
      if (before !== undefined && covers(before, step)) continue;
      open.push(...(await this.#visit(merge(before, step), found)));
    }
    return found;
  }

  /** Notes one blob and gives the steps that lead on from it. */
  async #visit(step: Step, found: Map<Digest, ReachableBlob>): Promise<readonly Step[]> {
    if (!step.isDocument) {
      found.set(step.digest, step);
      return [];
    }
    const references = await this.#references(step.digest);
    if (references === 'absent' || references instanceof EngineError) {
      found.set(step.digest, { ...step, document: references });
      return [];
    }
    found.set(step.digest, { ...step, document: 'read' });
    return references.map(toStep);
  }

  async #references(digest: Digest): Promise<readonly DocumentReference[] | 'absent' | EngineError> {
    const known = this.#known.get(digest);
    if (known !== undefined) return known;
    try {
      const bytes = await this.#blobs.read(digest, documentLimit);
      const references = documentReferences(bytes, digest) ?? [];
      this.#known.set(digest, references);
      return references;
    } catch (error) {
      if (isEngineError(error, 'not-found')) return 'absent';
      if (isEngineError(error)) return error;
      throw error;
    }
  }
}

interface Step {
  readonly digest: Digest;
  readonly isDocument: boolean;
  readonly isOptional: boolean;
}

function toStep({ digest, role, isOptional }: DocumentReference): Step {
  return { digest, isDocument: role === 'manifest' || role === 'subject', isOptional };
}

/** Whether a second way to a blob says nothing new. */
function covers(before: Step, step: Step): boolean {
  return (before.isDocument || !step.isDocument) && (!before.isOptional || step.isOptional);
}

function merge(before: Step | undefined, step: Step): Step {
  if (before === undefined) return step;
  return {
    digest: step.digest,
    isDocument: before.isDocument || step.isDocument,
    isOptional: before.isOptional && step.isOptional,
  };
}

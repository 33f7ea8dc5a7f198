import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { PlannedBlob, PlannedManifest } from './imagePlan.ts';
import type { BlobTransfer, TransferOptions, TransferResult, TransferState } from './transferReport.ts';

/** Keeps the state of each blob of one transfer, tells listeners of changes, and adds up the end. */
export class TransferLog {
  readonly #options: TransferOptions;
  readonly #blobs = new Map<Digest, BlobTransfer>();
  readonly #totalBytes: number;
  readonly #resumedAt = new Map<Digest, number>();
  /** Of the blobs that are on their way. */
  readonly #doneBytes = new Map<Digest, number>();
  #finishedBytes = 0;
  #movedBytes = 0;

  constructor(
    blobs: readonly PlannedBlob[],
    manifests: readonly PlannedManifest[],
    options: TransferOptions,
  ) {
    this.#options = options;
    for (const { descriptor } of blobs) this.#set({ descriptor, ...rolesOf(descriptor, manifests) });
    this.#totalBytes = blobs.reduce((sum, { descriptor }) => sum + descriptor.size, 0);
  }

  /**
   * What the copying of one blob takes: the signal, and progress as progress of the whole.
   *
   * @param signal in the place of the transfer's own.
   */
  optionsFor({ descriptor }: PlannedBlob, signal = this.#options.signal): CallOptions {
    return {
      ...(signal && { signal }),
      onProgress: ({ done, wait }) => {
        if (wait !== undefined) this.#options.onWait?.(wait);
        else this.#moving(descriptor, done);
      },
    };
  }

  /** What bringing something here takes before it goes on: waits are told, bytes count when they go on. */
  waitsOf(signal: AbortSignal | undefined): CallOptions {
    return {
      ...(signal && { signal }),
      onProgress: ({ wait }) => {
        if (wait !== undefined) this.#options.onWait?.(wait);
      },
    };
  }

  alreadyHere({ descriptor }: PlannedBlob): void {
    this.#finish(descriptor, { kind: 'already-here' });
  }

  mounted({ descriptor }: PlannedBlob, from: string): void {
    this.#finish(descriptor, { kind: 'mounted', from });
  }

  /**
   * It has arrived. What its first progress told as done, an earlier attempt had brought; a look into the image may have
   * brought all of it.
   */
  moved({ descriptor }: PlannedBlob): void {
    const resumedAt = this.#resumedAt.get(descriptor.digest) ?? 0;
    const bytes = descriptor.size - resumedAt;
    if (bytes === 0 && resumedAt > 0) {
      this.#finish(descriptor, { kind: 'already-here' });
      return;
    }
    this.#movedBytes += bytes;
    this.#finish(descriptor, { kind: 'moved', bytes, ...(resumedAt > 0 && { resumedAt }) });
  }

  failed({ descriptor }: PlannedBlob, error: unknown): void {
    this.#change(descriptor, {
      kind: 'failed',
      reason: error instanceof Error ? error.message : String(error),
    });
  }

  result(target: Descriptor, name: string | undefined): TransferResult {
    const blobs = [...this.#blobs.values()];
    return { target, name, blobs, movedBytes: this.#movedBytes, totalBytes: this.#totalBytes };
  }

  #moving(descriptor: Descriptor, done: number): void {
    const { digest, size } = descriptor;
    if (!this.#resumedAt.has(digest)) this.#resumedAt.set(digest, Math.min(done, size));
    this.#doneBytes.set(digest, done);
    this.#change(descriptor, { kind: 'moving', done, total: size });
    this.#report(descriptor);
  }

  #finish(descriptor: Descriptor, state: TransferState): void {
    this.#doneBytes.delete(descriptor.digest);
    this.#change(descriptor, state);
    this.#finishedBytes += descriptor.size;
    this.#report(descriptor);
  }

  #change(descriptor: Descriptor, state: TransferState): void {
    const known = this.#blobs.get(descriptor.digest);
    if (known !== undefined) this.#set({ ...known, state });
  }

  #set(blob: Omit<BlobTransfer, 'state'> & { readonly state?: TransferState }): void {
    const whole = { state: { kind: 'waiting' } as const, ...blob };
    this.#blobs.set(blob.descriptor.digest, whole);
    this.#options.onBlob?.(whole);
  }

  #report({ digest }: Descriptor): void {
    let done = this.#finishedBytes;
    for (const bytes of this.#doneBytes.values()) done += bytes;
    this.#options.onProgress?.({ subject: digest, done, total: this.#totalBytes });
  }
}

function rolesOf(
  { digest }: Descriptor,
  manifests: readonly PlannedManifest[],
): Pick<BlobTransfer, 'role' | 'layer'> {
  for (const { layers } of manifests) {
    const layer = layers.findIndex((each) => each.digest === digest);
    if (layer >= 0) return { role: 'layer', layer };
  }
  const isConfig = manifests.some(({ config }) => config.digest === digest);
  return { role: isConfig ? 'config' : 'manifest' };
}

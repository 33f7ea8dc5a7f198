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

  /** What the copying of one blob takes: the signal, and progress as progress of the whole. */
  optionsFor({ descriptor }: PlannedBlob): CallOptions {
    const { signal } = this.#options;
    return {
      ...(signal && { signal }),
      onProgress: ({ done }) => {
        this.#change(descriptor, { kind: 'moving', done, total: descriptor.size });
        this.#report(descriptor, done);
      },
    };
  }

  alreadyHere({ descriptor }: PlannedBlob): void {
    this.#finish(descriptor, { kind: 'already-here' });
  }

  mounted({ descriptor }: PlannedBlob, from: string): void {
    this.#finish(descriptor, { kind: 'mounted', from });
  }

  /** @param resumedAt bytes that an earlier attempt had brought. */
  moved({ descriptor }: PlannedBlob, resumedAt?: number): void {
    const bytes = descriptor.size - (resumedAt ?? 0);
    this.#movedBytes += bytes;
    this.#finish(descriptor, { kind: 'moved', bytes, ...(resumedAt !== undefined && { resumedAt }) });
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

  #finish(descriptor: Descriptor, state: TransferState): void {
    this.#change(descriptor, state);
    this.#finishedBytes += descriptor.size;
    this.#report(descriptor, 0);
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

  #report({ digest }: Descriptor, ahead: number): void {
    this.#options.onProgress?.({
      subject: digest,
      done: this.#finishedBytes + ahead,
      total: this.#totalBytes,
    });
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

import type { BlobTransfer } from '../../engine/index.ts';

export type TransferDirection = 'pull' | 'push';

/** One pull or push, as it stands. */
export interface Transfer {
  readonly id: string;
  readonly direction: TransferDirection;
  /** What is moved, as people write it. */
  readonly name: string;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  /** In the order in which they were planned; a blob is listed once. */
  readonly blobs: readonly BlobTransfer[];
  readonly failure?: unknown;
}

import * as vscode from 'vscode';
import type { BlobTransfer, TransferOptions, TransferResult, TransferWait } from '../../engine/index.ts';
import { isCancelled } from '../failures.ts';
import { withCancellable } from '../progress.ts';
import type { Transfer, TransferDirection } from './transfer.ts';
import { waitText } from './transferTexts.ts';

const announceEveryMs = 200;
const mostKept = 20;

/** The pulls and pushes of this window, newest first. They end with the window. */
export class Transfers {
  readonly #all: MutableTransfer[] = [];
  readonly #changed = new vscode.EventEmitter<Transfer | undefined>();
  #count = 0;

  /** A transfer that changed, or undefined when the list did. */
  readonly onDidChange = this.#changed.event;

  get all(): readonly Transfer[] {
    return this.#all;
  }

  /** Moves an image with a notification that can be cancelled, and keeps what became of each blob. */
  async run(
    direction: TransferDirection,
    name: string,
    title: string,
    move: (options: TransferOptions) => Promise<TransferResult>,
  ): Promise<TransferResult> {
    const transfer = new MutableTransfer(`transfer ${++this.#count}`, direction, name);
    this.#all.unshift(transfer);
    this.#all.splice(mostKept);
    this.#changed.fire(undefined);
    try {
      const result = await withTransferProgress(title, (options) =>
        move({ ...options, onBlob: this.#listener(transfer) }),
      );
      transfer.state = 'done';
      return result;
    } catch (error) {
      transfer.state = isCancelled(error) ? 'cancelled' : 'failed';
      transfer.failure = error;
      throw error;
    } finally {
      this.#changed.fire(transfer);
    }
  }

  clear(): void {
    const running = this.#all.filter(({ state }) => state === 'running');
    this.#all.splice(0, this.#all.length, ...running);
    this.#changed.fire(undefined);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #listener(transfer: MutableTransfer): (blob: BlobTransfer) => void {
    let lastMs = 0;
    return (blob) => {
      transfer.take(blob);
      const now = Date.now();
      if (now - lastMs < announceEveryMs) return;
      lastMs = now;
      this.#changed.fire(transfer);
    };
  }
}

class MutableTransfer implements Transfer {
  readonly id: string;
  readonly direction: TransferDirection;
  readonly name: string;
  state: Transfer['state'] = 'running';
  failure?: unknown;
  readonly #blobs = new Map<string, BlobTransfer>();

  constructor(id: string, direction: TransferDirection, name: string) {
    this.id = id;
    this.direction = direction;
    this.name = name;
  }

  get blobs(): readonly BlobTransfer[] {
    return [...this.#blobs.values()];
  }

  take(blob: BlobTransfer): void {
    this.#blobs.set(blob.descriptor.digest, blob);
  }
}

function withTransferProgress<T>(title: string, work: (options: TransferOptions) => Promise<T>): Promise<T> {
  return withCancellable(title, (signal, progress) => {
    let percent = 0;
    return work({
      signal,
      onProgress: ({ done, total }) => {
        if (total === undefined || total === 0) return;
        const next = Math.min(100, Math.floor((done / total) * 100));
        if (next > percent) progress.report({ increment: next - percent, message: `${next}\u00a0%` });
        percent = Math.max(percent, next);
      },
      onWait: (wait: TransferWait) => {
        progress.report({ message: waitText(wait) });
      },
    });
  });
}

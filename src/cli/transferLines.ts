import {
  type BlobTransfer,
  dockerSize,
  escapeForDisplay,
  type TransferOptions,
  type TransferResult,
  type TransferWait,
} from '../engine/index.ts';
import type { Output } from './host.ts';
import type { ProgressBar } from './progressBar.ts';

/** What a blob's move is called: docker's words for both ways. */
export interface TransferWords {
  readonly here: 'already here' | 'already there';
  readonly moved: 'pulled' | 'pushed' | 'copied';
}

/** Tells on a terminal what became of each layer as soon as it is settled, above the bar; and of every wait. */
export class TransferLines {
  readonly #stderr: Output;
  readonly #bar: ProgressBar;
  readonly #words: TransferWords;
  readonly #settled = new Set<string>();

  constructor(stderr: Output, bar: ProgressBar, words: TransferWords) {
    this.#stderr = stderr;
    this.#bar = bar;
    this.#words = words;
  }

  /** What a transfer takes, beside Ctrl-C and the bar. */
  get listeners(): Pick<TransferOptions, 'onBlob' | 'onWait'> {
    return { onBlob: this.#onBlob, onWait: this.#onWait };
  }

  readonly #onBlob = (blob: BlobTransfer): void => {
    const text = settledText(blob, this.#words);
    const { digest } = blob.descriptor;
    if (blob.role !== 'layer' || text === undefined || this.#settled.has(digest)) return;
    this.#settled.add(digest);
    if (this.#stderr.isTerminal) this.#line(`${digest.slice(0, 19)} ${text}`);
  };

  readonly #onWait = ({ reason, host, seconds }: TransferWait): void => {
    const why = reason === 'rate-limited' ? 'it limits how often it is asked' : 'it is not available now';
    this.#line(`lamina: ${host}: ${why}; trying again in ${Math.ceil(seconds)} s`);
  };

  #line(text: string): void {
    this.#bar.clear();
    // A terminal that is gone has nobody to tell.
    this.#stderr.write(`${escapeForDisplay(text)}\n`).catch(() => undefined);
  }
}

/** `12.3MB of 45.6MB moved (3 of 9 layers already here)`. */
export function summaryText(result: TransferResult, words: TransferWords): string {
  const layers = result.blobs.filter(({ role }) => role === 'layer');
  const mounted = layers.filter(({ state }) => state.kind === 'mounted').length;
  const here = layers.filter(({ state }) => state.kind === 'already-here').length;
  const more = mounted === 0 ? '' : `, ${mounted} mounted`;
  const moved = `${dockerSize(result.movedBytes)} of ${dockerSize(result.totalBytes)} moved`;
  return `${moved} (${here} of ${layers.length} layers ${words.here}${more})`;
}

/** Undefined while the blob is on its way. */
function settledText({ state }: BlobTransfer, words: TransferWords): string | undefined {
  switch (state.kind) {
    case 'already-here':
      return words.here;
    case 'mounted':
      return `mounted from ${state.from}`;
    case 'moved':
      return `${words.moved} ${dockerSize(state.bytes)}${resumedText(state.resumedAt)}`;
    case 'failed':
      return `failed: ${state.reason}`;
    case 'waiting':
    case 'moving':
      return undefined;
  }
}

function resumedText(resumedAt: number | undefined): string {
  return resumedAt === undefined || resumedAt === 0 ? '' : `, resumed at ${dockerSize(resumedAt)}`;
}

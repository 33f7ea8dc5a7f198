import * as vscode from 'vscode';
import type { TransferEvent } from '../../engine/index.ts';
import { withCancellable } from '../progress.ts';
import { oneLine, sizeText } from '../text.ts';

const reportEveryMs = 100;

/**
 * Runs a pull or load with a notification that can be cancelled, and that says of each layer what the engine says.
 * Cancelling fails with `cancelled`.
 */
export async function withEngineProgress<T>(
  title: string,
  work: (options: {
    readonly signal: AbortSignal;
    readonly onEvent: (event: TransferEvent) => void;
  }) => Promise<T>,
): Promise<T> {
  return withCancellable(title, (signal, progress) => {
    const layers = new LayerTransfers();
    let lastMs = 0;
    return work({
      signal,
      onEvent: (event) => {
        layers.take(event);
        const now = Date.now();
        if (now - lastMs < reportEveryMs) return;
        lastMs = now;
        progress.report({ message: layers.text });
      },
    });
  });
}

/** What the engine told of each layer so far, in one line. */
export class LayerTransfers {
  readonly #layers = new Map<string, TransferEvent>();
  #status = '';

  take(event: TransferEvent): void {
    if (event.id === undefined) {
      this.#status = oneLine(event.status);
      return;
    }
    const before = this.#layers.get(event.id);
    this.#layers.set(event.id, {
      ...event,
      ...(event.total === undefined && before?.total !== undefined && { total: before.total }),
    });
  }

  /** `3 of 5 layers · 12 MB of 40 MB · Extracting`. */
  get text(): string {
    const layers = [...this.#layers.values()].filter(({ status }) => !status.startsWith('Pulling from'));
    if (layers.length === 0) return this.#status;
    const done = layers.filter(({ status }) => isDone(status)).length;
    const running = layers.filter(
      ({ current, total, status }) => !isDone(status) && current !== undefined && total !== undefined,
    );
    const current = running.reduce((sum, each) => sum + (each.current ?? 0), 0);
    const total = running.reduce((sum, each) => sum + (each.total ?? 0), 0);
    const counted = vscode.l10n.t('{0} of {1} layers', done, layers.length);
    if (running.length === 0) return counted;
    const bytes = vscode.l10n.t('{0} of {1}', sizeText(current), sizeText(total));
    return [counted, oneLine(running[0]?.status ?? ''), bytes].join(' \u00b7 ');
  }
}

function isDone(status: string): boolean {
  return /^(?:Already exists|Pull complete|Download complete|Layer already exists|Loaded|Mounted)/i.test(
    status,
  );
}

import { escapeForDisplay, type ProgressReport } from '../engine/index.ts';
import type { Output } from './host.ts';

const intervalMs = 100;
const barWidth = 24;

/** A bar on a terminal's last line, for work that takes a while. Draws nothing elsewhere. */
export class ProgressBar {
  readonly #output: Output;
  #drawnAt = 0;
  #isDrawn = false;
  readonly #startedAt = Date.now();

  constructor(output: Output) {
    this.#output = output;
  }

  readonly report = (report: ProgressReport): void => {
    const now = Date.now();
    const isDue = now - this.#startedAt > 3 * intervalMs && now - this.#drawnAt >= intervalMs;
    if (!this.#output.isTerminal || !isDue) return;
    this.#drawnAt = now;
    this.#isDrawn = true;
    this.#draw(`\r\x1b[K${barText(report, this.#output.columns)}`);
  };

  /** Takes the bar away. */
  clear(): void {
    if (this.#isDrawn) this.#draw('\r\x1b[K');
    this.#isDrawn = false;
  }

  #draw(text: string): void {
    // A terminal that is gone has nothing to show a bar on.
    this.#output.write(text).catch(() => undefined);
  }
}

function barText(report: ProgressReport, columns: number): string {
  const { done, total, subject, wait } = report;
  if (wait !== undefined)
    return `waiting ${Math.ceil(wait.seconds)} s for ${escapeForDisplay(wait.host)}`.slice(0, columns - 1);
  const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const filled = share === undefined ? 0 : Math.round(share * barWidth);
  const bar = `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}]`;
  const percent = share === undefined ? `${(done / 1e6).toFixed(0)} MB` : `${(share * 100).toFixed(0)} %`;
  return `${bar} ${percent.padStart(5)} ${escapeForDisplay(subject)}`.slice(0, columns - 1);
}

import type { CacheReport } from '../../build/cache/cacheReport.ts';
import { partialReport } from './partialReport.ts';

/** Layers that are here are read sooner. */
const usualPatienceMs = 500;

export interface LayerAnswers {
  /** @param stop aborted when the answer is not needed any more. */
  readonly whole: (stop: AbortSignal) => Promise<CacheReport>;
  /** What is known without any layer. */
  readonly withoutLayers: () => Promise<CacheReport>;
  readonly onPartial?: ((report: CacheReport) => void) | undefined;
  readonly patienceMs?: number;
}

/**
 * The answer; when it takes longer what is known without layers, as soon as that is sure for every line: no layer can tell
 * anything else then. While it is not, what is sure of it is told.
 */
export async function whileLayersAreRead(answers: LayerAnswers): Promise<CacheReport> {
  const stop = new AbortController();
  const whole = answers.whole(stop.signal);
  let timer: NodeJS.Timeout | undefined;
  const sooner = new Promise<CacheReport>((resolve) => {
    timer = setTimeout(() => {
      answers.withoutLayers().then(
        (report) => {
          if (isSure(report)) resolve(report);
          else if (!stop.signal.aborted) answers.onPartial?.(partialReport(report));
        },
        // The answer itself tells of what fails.
        () => undefined,
      );
    }, answers.patienceMs ?? usualPatienceMs);
  });
  try {
    return await Promise.race([whole, sooner]);
  } finally {
    clearTimeout(timer);
    stop.abort();
    // What is not needed any more ends as cancelled.
    whole.catch(() => undefined);
  }
}

function isSure({ steps, triggers }: CacheReport): boolean {
  return [...steps, ...triggers].every(({ state }) => state === 'cached' || state === 'no-step');
}

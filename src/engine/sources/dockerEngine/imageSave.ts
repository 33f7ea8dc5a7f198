import type { BlobLocation } from '../../archive/blobLocation.ts';
import { throwIfAborted } from '../../base/abort.ts';
import { EngineError } from '../../base/errors.ts';
import { type Disposable, EventEmitter } from '../../base/event.ts';
import { fromFailure } from '../../base/jobProtocol.ts';
import type { CallOptions, EndedPart, OnProgress, ProgressReport } from '../../base/progress.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { SavedEngineImage } from './saveEngineImage.ts';

/** Starts the save stream of one image. */
export type StartSave = (options: Required<CallOptions>) => Promise<SavedEngineImage>;

/**
 * One save stream of an image that several callers wait for: each for a layer, and has it as soon as that has come. When
 * the last of them cancels it is given up; when the last has what it wanted, it goes on for the layers that others will
 * want next.
 */
export class ImageSave {
  readonly wanted: ReadonlySet<DiffId>;
  /** Settles when the stream has ended, well or not. */
  readonly result: Promise<SavedEngineImage>;
  readonly #abort = new AbortController();
  readonly #ended = new Map<string, EndedPart>();
  readonly #progress = new EventEmitter<ProgressReport>();
  #last: ProgressReport | undefined;
  #waiting = 0;

  constructor(wanted: readonly DiffId[], start: StartSave) {
    this.wanted = new Set(wanted);
    this.result = start({
      signal: this.#abort.signal,
      onProgress: (report) => {
        if (report.part !== undefined) this.#ended.set(report.part.name, report.part);
        this.#last = report;
        this.#progress.fire(report);
      },
    });
    // Whoever waits hears of a failure; without anybody it has no meaning.
    this.result.catch(() => undefined);
  }

  /** Whether it was given up: it must not be joined any more. */
  get isAbandoned(): boolean {
    return this.#abort.signal.aborted;
  }

  abandon(): void {
    this.#abort.abort();
  }

  /** @throws EngineError why the layer did not come; `not-found` when the stream ended without a word of it. */
  layer(diffId: DiffId, options: CallOptions = {}): Promise<BlobLocation> {
    return this.#wait(diffId, options, async () => {
      const part = this.#ended.get(diffId) ?? (await this.#part(diffId));
      if (part?.failure !== undefined) throw fromFailure(part.failure);
      if (part?.file === undefined)
        throw new EngineError('not-found', diffId, 'the engine did not send this layer');
      return { file: part.file, offset: 0, size: part.size ?? 0 };
    });
  }

  /** Waits for the end. */
  whole(subject: string, options: CallOptions = {}): Promise<SavedEngineImage> {
    return this.#wait(subject, options, () => this.result);
  }

  /** The part when it has ended; undefined when the stream ended before. */
  async #part(diffId: DiffId): Promise<EndedPart | undefined> {
    let listening: Disposable | undefined;
    const ended = new Promise<EndedPart>((resolve) => {
      listening = this.#progress.event(({ part }) => {
        if (part?.name === diffId) resolve(part);
      });
    });
    try {
      return await Promise.race([ended, this.result.then(() => this.#ended.get(diffId))]);
    } finally {
      listening?.dispose();
    }
  }

  async #wait<T>(subject: string, { signal, onProgress }: CallOptions, wait: () => Promise<T>): Promise<T> {
    throwIfAborted(signal, subject);
    const hear = withoutParts(onProgress);
    if (this.#last !== undefined) hear(this.#last);
    const listening = this.#progress.event(hear);
    let leave = (): void => undefined;
    const cancelled = new Promise<never>((_, reject) => {
      leave = () => {
        reject(new EngineError('cancelled', subject, 'cancelled'));
      };
      signal?.addEventListener('abort', leave, { once: true });
    });
    this.#waiting++;
    try {
      return await Promise.race([cancelled, wait()]);
    } finally {
      signal?.removeEventListener('abort', leave);
      listening.dispose();
      if (--this.#waiting === 0 && signal?.aborted === true) this.#abort.abort();
    }
  }
}

/** Which layers have come is between the stream and those who wait for them. */
function withoutParts(onProgress: OnProgress | undefined): OnProgress {
  return (report) => {
    if (report.part === undefined) onProgress?.(report);
  };
}

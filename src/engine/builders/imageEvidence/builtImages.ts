import type { CallOptions } from '../../base/progress.ts';
import type { HistoryLine } from '../../build/createdBy/historyLines.ts';
import { normalizeName } from '../../oci/reference.ts';

/** An image of an engine, an archive or a store that may have been built from a Dockerfile. */
export interface CandidateImage {
  /** Of its content: what was read of it once is kept by that. */
  readonly id: string;
  /** In any form; none of an image that lost them to a newer one. */
  readonly names: readonly string[];
  /** Milliseconds since 1970. */
  readonly createdAt?: number;
  /** The texts of its history, oldest first; empty where an entry has none. */
  history(options?: CallOptions): Promise<readonly string[]>;
}

/** What is looked for: a Dockerfile's lines, and names that its image may have. */
export interface WantedImage {
  readonly lines: readonly HistoryLine[];
  /** Tags of the request, and one that is remembered of this file, in any form. */
  readonly names: readonly string[];
}

/** Finds the images that a Dockerfile was built to before. Histories are read once for each image. */
export class BuiltImages {
  readonly #histories = new Map<string, Promise<readonly string[]>>();

  /**
   * Best first: images of the wanted names whose histories have a line of the Dockerfile in common, or the same
   * instructions in the end; then those whose histories have most of its lines in their order; of equals the newest. A few of them, since an image from before an
   * edit that was taken back tells what the newest one cannot.
   *
   * @throws EngineError as reading a history does.
   */
  async find<Candidate extends CandidateImage>(
    candidates: readonly Candidate[],
    wanted: WantedImage,
    options?: CallOptions,
  ): Promise<readonly Candidate[]> {
    const names = new Set(wanted.names.map(normalizeName));
    const lines = wanted.lines.filter(({ hasLayer }) => hasLayer);
    const found: Ranked<Candidate>[] = [];
    for (const image of candidates) {
      const history = await this.#historyOf(image, options);
      const common = inCommon(lines, history);
      const isNamed = image.names.some((name) => names.has(normalizeName(name)));
      const isLikely = isNamed
        ? common > 0 || endsAlike(lines, history)
        : common > 0 && common * 2 >= lines.length;
      if (isLikely) found.push({ image, common, isNamed });
    }
    return found
      .sort(compare)
      .slice(0, mostFound)
      .map(({ image }) => image);
  }

  #historyOf(image: CandidateImage, options: CallOptions | undefined): Promise<readonly string[]> {
    const known = this.#histories.get(image.id);
    if (known !== undefined) return known;
    const reading = image.history(options);
    if (this.#histories.size >= mostKept) this.#histories.clear();
    this.#histories.set(image.id, reading);
    // What failed is tried again.
    reading.catch(() => this.#histories.delete(image.id));
    return reading;
  }
}

const mostFound = 4;
const mostKept = 1000;

interface Ranked<Candidate> {
  readonly image: Candidate;
  /** Lines in common. */
  readonly common: number;
  readonly isNamed: boolean;
}

function compare(one: Ranked<CandidateImage>, other: Ranked<CandidateImage>): number {
  if (one.isNamed !== other.isNamed) return one.isNamed ? -1 : 1;
  if (one.common !== other.common) return other.common - one.common;
  return (other.image.createdAt ?? 0) - (one.image.createdAt ?? 0);
}

/** How many lines a history has in their order, looked for from the end: what lies below is the base's. */
function inCommon(lines: readonly HistoryLine[], history: readonly string[]): number {
  const texts = history.slice(-mostCompared);
  let row: readonly number[] = texts.map(() => 0);
  for (const line of lines.slice(-mostCompared)) {
    const next: number[] = [];
    for (const [at, text] of texts.entries()) {
      const matched = line.texts.includes(text) ? (row[at - 1] ?? 0) + 1 : 0;
      next.push(Math.max(matched, row[at] ?? 0, next[at - 1] ?? 0));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** Whether the last layers were made by the same instructions, whatever these said. */
function endsAlike(lines: readonly HistoryLine[], history: readonly string[]): boolean {
  const keywords = history.map((text) => /^(?:RUN|COPY|ADD|WORKDIR)(?= (?!\/$))/.exec(text)?.[0]);
  const made = keywords.filter((keyword) => keyword !== undefined).slice(-lines.length);
  return lines.length > 0 && lines.every(({ name }, at) => made[at] === name);
}

/** Images have up to 127 layers. */
const mostCompared = 300;

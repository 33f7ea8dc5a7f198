import { forEachAtOnce } from '../../base/forEachAtOnce.ts';
import { isEngineError } from '../../base/errors.ts';
import { historyLines } from '../../build/createdBy/historyLines.ts';
import type { EngineImage } from '../../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';

/** Of the newest images so many are looked at. */
const mostLooked = 200;
const atOnce = 8;
/** As many are worth a closer look. */
const mostLikely = 3;

export interface LikelyImage {
  readonly id: string;
  /** Of the Dockerfile's lines that make layers, how many its history has; 1 is all. */
  readonly share: number;
}

/** The texts of images' histories. An image never changes, so that they are asked for once. */
export class LikelyImages {
  readonly #client: EngineClient;
  #histories = new Map<string, readonly string[]>();

  constructor(client: EngineClient) {
    this.#client = client;
  }

  /**
   * Images that were probably built from a Dockerfile: those whose histories have most of its lines, at least half of
   * them, the newest first among equals.
   *
   */
  async find(prepared: PreparedBuild, signal: AbortSignal | undefined): Promise<readonly LikelyImage[]> {
    const lines = layerLines(prepared);
    if (lines.length === 0) return [];
    const stop = signal && { signal };
    const images = [...(await this.#client.listImages(stop))].sort(byAge).slice(0, mostLooked);
    await this.#read(images, signal);
    const scores = images.map(({ id }) => ({ id, score: scoreOf(this.#histories.get(id) ?? [], lines) }));
    const likely = scores.filter(({ score }) => score > 0 && score * 2 >= lines.length);
    return likely
      .sort((one, other) => other.score - one.score)
      .slice(0, mostLikely)
      .map(({ id, score }) => ({ id, share: score / lines.length }));
  }

  async #read(images: readonly EngineImage[], signal: AbortSignal | undefined): Promise<void> {
    const known = this.#histories;
    // Those that are gone are forgotten.
    this.#histories = new Map(images.flatMap(({ id }) => (known.has(id) ? [[id, known.get(id) ?? []]] : [])));
    const missing = images.filter(({ id }) => !known.has(id));
    await forEachAtOnce(missing, atOnce, signal, async ({ id }, either) => {
      this.#histories.set(id, await this.#textsOf(id, either));
    });
  }

  async #textsOf(id: string, signal: AbortSignal): Promise<readonly string[]> {
    try {
      const rows = await this.#client.imageHistory(id, { signal });
      return rows.map(({ createdBy }) => createdBy);
    } catch (error) {
      if (isEngineError(error, 'not-found')) return [];
      throw error;
    }
  }
}

/** What the instructions that make layers leave in a history, each in all its spellings. */
function layerLines({ plan, dockerfile, request }: PreparedBuild): readonly (readonly string[])[] {
  if (plan.target === undefined) return [];
  const { escape } = dockerfile;
  const lines = historyLines(plan, plan.target, { escape, buildArgs: request.buildArgs });
  return lines.flatMap(({ hasLayer, texts }) => (hasLayer ? [texts] : []));
}

function scoreOf(history: readonly string[], lines: readonly (readonly string[])[]): number {
  const texts = new Set(history);
  return lines.filter((spellings) => spellings.some((text) => texts.has(text))).length;
}

function byAge(one: EngineImage, other: EngineImage): number {
  return other.createdSeconds - one.createdSeconds;
}

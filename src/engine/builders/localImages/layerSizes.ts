import { isEngineError } from '../../base/errors.ts';
import type { CacheReport, StepLayer, StepStatus } from '../../build/cache/cacheReport.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import { toldSteps } from '../../sources/dockerEngine/toldSteps.ts';

/** Sizes by position of the layer, lowest first. */
type Sizes = readonly number[];

/** What the layers of an engine's images add, as docker's SIZE column shows it. An image never changes: it is asked once. */
export class LayerSizes {
  readonly #engine: EngineClient;
  readonly #byId = new Map<string, Sizes>();

  constructor(engine: EngineClient) {
    this.#engine = engine;
  }

  /**
   * A report with the sizes of the layers that are known by their place in an image. One that is gone is left as it is.
   *
   * @throws EngineError `cancelled`.
   */
  async complete(report: CacheReport, signal?: AbortSignal): Promise<CacheReport> {
    const lacking = [...report.steps, ...report.triggers].flatMap(({ layer }) => lackingImage(layer) ?? []);
    const sizes = new Map<string, Sizes>();
    for (const image of new Set(lacking)) sizes.set(image, await this.#sizesOf(image, signal));
    const complete = (steps: readonly StepStatus[]): readonly StepStatus[] =>
      steps.map((step) => withSize(step, sizes));
    return { ...report, steps: complete(report.steps), triggers: complete(report.triggers) };
  }

  async #sizesOf(image: string, signal: AbortSignal | undefined): Promise<Sizes> {
    const options = signal === undefined ? {} : { signal };
    try {
      const details = await this.#engine.inspectImage(image, options);
      const known = this.#byId.get(details.id);
      if (known !== undefined) return known;
      const history = await this.#engine.imageHistory(details.id, options);
      const steps = await toldSteps(this.#engine, details, history, { ...options, mayAsk: false });
      const sizes = steps.filter(({ isEmpty }) => !isEmpty).map(({ sizeBytes }) => sizeBytes);
      const told = sizes.length === details.diffIds.length ? sizes : [];
      this.#byId.set(details.id, told);
      return told;
    } catch (error) {
      if (isEngineError(error, 'cancelled')) throw error;
      return [];
    }
  }
}

function lackingImage(layer: StepLayer | undefined): string | undefined {
  const isPlaced = layer?.position !== undefined && layer.size === undefined;
  return isPlaced ? layer.image : undefined;
}

function withSize(step: StepStatus, sizes: ReadonlyMap<string, Sizes>): StepStatus {
  const image = lackingImage(step.layer);
  const size = image === undefined ? undefined : sizes.get(image)?.[step.layer?.position ?? -1];
  return size === undefined ? step : { ...step, layer: { ...step.layer, size } };
}

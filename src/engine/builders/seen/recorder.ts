import { randomUUID } from 'node:crypto';
import type { Logger } from '../../base/log.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitResult } from '../../build/cache/buildkitQuestion.ts';
import type { SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import { recordBuildkit } from '../../build/cache/predictBuildkit.ts';
import type { ContextWork } from '../../build/contextHash/contextWork.ts';
import type { Ledger } from '../../build/ledger/ledger.ts';
import type { AskedEngine } from '../askedEngine.ts';
import type { BuildOutcome, BuildRow } from '../builds.ts';
import { cacheNameOf } from '../knownBuilders/engineBuilders.ts';
import { readLocalImage } from '../localImages/localImage.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import { uploadKeyOf } from '../prepare/uploadKey.ts';
import { parseRow } from '../runs/rowPlaces.ts';
import { toBuildkitBuild } from '../status/buildkitStatus.ts';
import { completedPart } from './completedPart.ts';
import { type FrozenView, frozenView } from './frozenView.ts';
import { stepLayersOf } from './stepLayers.ts';

export interface RecorderParts {
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly contexts: ContextWork;
  readonly engine: AskedEngine | undefined;
}

/**
 * Keeps a record of one build by BuildKit: what its context was is looked at when it begins, and again when it has ended,
 * so that nothing is kept of a context that changed under way.
 */
export class Recorder {
  readonly #parts: RecorderParts;
  readonly #prepared: PreparedBuild;
  readonly #uploadKey: string | undefined;
  readonly #lastUpload: string | undefined;
  readonly #began: FrozenView;
  readonly #builtAt = Date.now();

  private constructor(parts: RecorderParts, prepared: PreparedBuild, lastUpload: string | undefined) {
    this.#parts = parts;
    this.#prepared = prepared;
    this.#uploadKey = uploadKeyOf(prepared.builder, prepared.request);
    this.#lastUpload = lastUpload;
    this.#began = frozenView(parts.contexts.view(prepared.context, lastUpload));
  }

  /** @throws EngineError what the context says; `cancelled`. */
  static async begin(parts: RecorderParts, prepared: PreparedBuild, options: CallOptions): Promise<Recorder> {
    const key = uploadKeyOf(prepared.builder, prepared.request);
    const lastUpload = key === undefined ? undefined : await parts.ledger.lastUpload(key);
    const recorder = new Recorder(parts, prepared, lastUpload);
    await recorder.#record(recorder.#began, { builtAt: recorder.#builtAt }, options);
    return recorder;
  }

  /** Undefined when nothing can be kept. */
  async end(outcome: BuildOutcome): Promise<SeenBuild | undefined> {
    const { contexts, ledger, log } = this.#parts;
    const { builder, request, context } = this.#prepared;
    await contexts.refresh(context);
    if (await this.#hasChanged()) {
      log.info(`${request.dockerfile}: its context changed while it was built: no record is kept`);
      return undefined;
    }
    const upload = randomUUID();
    const result = { builtAt: this.#builtAt, upload, ...(await this.#told(outcome)) };
    const whole = await this.#record(this.#began, result, {});
    const build = completedPart(whole, this.#isMade(outcome));
    const selections = this.#began.selections.filter(({ origin }) => origin.kind === 'context');
    await contexts.keepUpload(context, { name: upload, lastUpload: this.#lastUpload, selections });
    if (this.#uploadKey !== undefined) await ledger.setLastUpload(this.#uploadKey, upload);
    await ledger.add(cacheNameOf(builder.identity), request.dockerfile, build);
    return build;
  }

  #record(view: FrozenView, result: BuildkitResult, options: CallOptions): Promise<SeenBuild> {
    return recordBuildkit(toBuildkitBuild(this.#prepared, view.view), result, options);
  }

  async #hasChanged(): Promise<boolean> {
    const now = frozenView(this.#parts.contexts.view(this.#prepared.context, this.#lastUpload));
    const [before, after] = [
      await this.#record(this.#began, { builtAt: 0 }, {}),
      await this.#record(now, { builtAt: 0 }, {}),
    ];
    return JSON.stringify(before.records) !== JSON.stringify(after.records);
  }

  /** What the engine and the rows tell besides. */
  async #told({ image, rows }: BuildOutcome): Promise<Partial<BuildkitResult>> {
    const layers = image === undefined ? undefined : await this.#layersIn(image).catch(() => undefined);
    const subject = image === undefined ? {} : { subject: this.#prepared.request.tags[0] ?? image };
    return { ...subject, ...(layers && { layers }), seconds: secondsOf(rows) };
  }

  async #layersIn(name: string): Promise<ReadonlyMap<number, StepLayer> | undefined> {
    const { engine } = this.#parts;
    const { request, dockerfile, plan, builder } = this.#prepared;
    if (engine === undefined || builder.identity.client === 'buildctl') return undefined;
    const image = await readLocalImage(engine.client, request.tags[0] ?? name, request.platform);
    if (image === undefined) return undefined;
    const history = await engine.client.imageHistory(image.id);
    const layers = stepLayersOf({ image, history }, plan);
    return new Map(
      [...layers].map(([step, layer]) => [dockerfile.instructions.indexOf(step.instruction), layer]),
    );
  }

  /** Of a build that failed, what was made before or found. */
  #isMade({ failure, rows }: BuildOutcome): (step: SeenStep) => boolean {
    if (failure === undefined) return () => true;
    const made = rows
      .filter(({ state }) => state === 'cached' || state === 'done')
      .map(({ name }) => placeOf(name));
    return ({ stage, row }) => row === undefined || made.includes(`${stage} ${numberOf(row)}`);
  }
}

/** Seconds that were spent, by instruction; what was found took none that would tell anything. */
function secondsOf(rows: readonly BuildRow[]): ReadonlyMap<number, number> {
  return new Map(
    rows.flatMap(({ instruction, state, started, completed }) =>
      instruction === undefined || state !== 'done' || started === undefined || completed === undefined
        ? []
        : [[instruction, (completed - started) / 1000] as const],
    ),
  );
}

function placeOf(name: string): string {
  const row = parseRow(name);
  return row === undefined ? name : `${row.stage} ${row.number}`;
}

/** Of `2/5`, or of the whole row. */
function numberOf(row: string): string {
  return /(\d+)\/\d+/.exec(row)?.[1] ?? '';
}

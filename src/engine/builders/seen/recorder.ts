import { randomUUID } from 'node:crypto';
import type { Logger } from '../../base/log.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild, BuildkitResult } from '../../build/cache/buildkitQuestion.ts';
import type { SeenBuild, SeenStep } from '../../build/cache/cacheGraph.ts';
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
import { withEarlierSeconds } from './earlierSeconds.ts';
import { type BuiltImage, stepLayersOf } from './stepLayers.ts';

export interface RecorderParts {
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly contexts: ContextWork;
  readonly engine: AskedEngine | undefined;
}

/** A build with the answers of its contexts. */
interface Looked {
  readonly context: FrozenView;
  readonly build: BuildkitBuild;
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
  readonly #began: Looked;
  readonly #builtAt = Date.now();

  private constructor(parts: RecorderParts, prepared: PreparedBuild, lastUpload: string | undefined) {
    this.#parts = parts;
    this.#prepared = prepared;
    this.#uploadKey = uploadKeyOf(prepared.builder, prepared.request);
    this.#lastUpload = lastUpload;
    this.#began = this.#look();
  }

  /** @throws EngineError what the context says; `cancelled`. */
  static async begin(parts: RecorderParts, prepared: PreparedBuild, options: CallOptions): Promise<Recorder> {
    const key = uploadKeyOf(prepared.builder, prepared.request);
    const lastUpload = key === undefined ? undefined : await parts.ledger.lastUpload(key);
    const recorder = new Recorder(parts, prepared, lastUpload);
    await recordBuildkit(recorder.#began.build, { builtAt: recorder.#builtAt }, options);
    return recorder;
  }

  /** Undefined when nothing can be kept. */
  async end(outcome: BuildOutcome): Promise<SeenBuild | undefined> {
    const { contexts, ledger, log } = this.#parts;
    const { builder, request, context } = this.#prepared;
    await contexts.refresh(context);
    for (const named of this.#prepared.namedContexts.values()) await contexts.refresh(named);
    if (await this.#hasChanged()) {
      log.info(`${request.dockerfile}: its context changed while it was built: no record is kept`);
      return undefined;
    }
    const upload = randomUUID();
    const image = await this.#imageOf(outcome).catch(() => undefined);
    const result = { builtAt: this.#builtAt, upload, ...this.#told(outcome, image) };
    const whole = await recordBuildkit(this.#began.build, result);
    const made = completedPart(whole, this.#isMade(outcome));
    const earlier = await ledger.seen(cacheNameOf(builder.identity), request.dockerfile);
    const build = { ...withEarlierSeconds(made, earlier), ...(image && { imageId: image.image.id }) };
    const selections = this.#began.context.selections.filter(({ origin }) => origin.kind === 'context');
    await contexts.keepUpload(context, { name: upload, lastUpload: this.#lastUpload, selections });
    if (this.#uploadKey !== undefined) await ledger.setLastUpload(this.#uploadKey, upload);
    await ledger.add(cacheNameOf(builder.identity), request.dockerfile, build);
    return build;
  }

  /** Contexts whose answers stay as they are when they are first asked. */
  #look(): Looked {
    const { contexts } = this.#parts;
    const context = frozenView(contexts.view(this.#prepared.context, this.#lastUpload));
    const build = toBuildkitBuild(
      this.#prepared,
      context.view,
      (each) => frozenView(contexts.view(each)).view,
    );
    return { context, build };
  }

  async #hasChanged(): Promise<boolean> {
    const before = await recordBuildkit(this.#began.build, { builtAt: 0 });
    const after = await recordBuildkit(this.#look().build, { builtAt: 0 });
    return JSON.stringify(before.records) !== JSON.stringify(after.records);
  }

  /** What the engine and the rows tell besides. */
  #told({ rows }: BuildOutcome, built: BuiltImage | undefined): Partial<BuildkitResult> {
    const { dockerfile, plan, request } = this.#prepared;
    const seconds = secondsOf(rows);
    if (built === undefined) return { seconds };
    const layers = [...stepLayersOf(built, plan)].map(
      ([step, layer]) => [dockerfile.instructions.indexOf(step.instruction), layer] as const,
    );
    return { seconds, layers: new Map(layers), subject: request.tags[0] ?? built.image.id };
  }

  /** Undefined of a builder whose images nobody tells of. */
  async #imageOf({ image: id }: BuildOutcome): Promise<BuiltImage | undefined> {
    const { engine } = this.#parts;
    const { request, builder } = this.#prepared;
    if (engine === undefined || id === undefined || builder.identity.client === 'buildctl') return undefined;
    const image = await readLocalImage(engine.client, request.tags[0] ?? id, request.platform);
    return image && { image, history: await engine.client.imageHistory(image.id) };
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

import type { CallOptions } from '../../base/progress.ts';
import type { CacheRecord, SeenStep } from '../../build/cache/cacheGraph.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import { chainOf, type HistoryLine } from '../../build/createdBy/historyLines.ts';
import type { PlannedStage, PlannedStep } from '../../build/plan/buildPlan.ts';
import { Environment } from '../../build/plan/environment.ts';
import type { Sha256 } from '../../build/sha256.ts';
import { baseFinding, baseLayersOf, listedBase } from './baseOfImage.ts';
import type { Finding } from './judged.ts';
import type { ImageQuestion } from './imageQuestion.ts';
import { type HistoryEntry, ownHistory } from './imageHistory.ts';
import { SeenRecords } from './seenRecords.ts';
import { StepJudge } from './stepJudge.ts';

/** Goes through a Dockerfile and an image's history together, from the base up. */
export class ImageWalk {
  readonly steps: SeenStep[] = [];
  readonly #question: ImageQuestion;
  readonly #lines: readonly HistoryLine[];
  readonly #options: CallOptions | undefined;
  readonly #chain: readonly PlannedStage[];
  readonly #baseLayers: number | undefined;
  readonly #entries: readonly HistoryEntry[];
  readonly #records: SeenRecords;
  readonly #judge: StepJudge;
  /** Of the line that was gone by last. */
  #stage: number | undefined;
  /** What was found of a step above, which those below it share. */
  #above: Finding | undefined;

  constructor(question: ImageQuestion, lines: readonly HistoryLine[], options?: CallOptions) {
    this.#question = question;
    this.#lines = lines;
    this.#options = options;
    const { build, image, baseHistory, keyed } = question;
    this.#chain = chainOf(build.plan, build.plan.target ?? 0);
    this.#baseLayers = baseLayersOf(build, this.#chain[0]);
    this.#entries = ownHistory(image, this.#baseLayers ?? 0, baseHistory, lines);
    this.#records = new SeenRecords(keyed);
    const begin = this.#chain[0]?.steps[0]?.scope.env ?? Environment.empty;
    this.#judge = new StepJudge(question, lines, this.#entries, begin, listedBase(build, this.#chain[0]));
  }

  get records(): readonly CacheRecord[] {
    return this.#records.records;
  }

  /** Whether the base is known: without it nothing has a key. */
  get isComparable(): boolean {
    return this.#baseLayers !== undefined && this.#chain[0]?.isBaseUnknown === false;
  }

  async walk(): Promise<void> {
    this.#above = baseFinding(this.#question, this.#chain[0]);
    const entries = [...this.#entries];
    let from = 0;
    for (const [at, line] of this.#lines.entries()) {
      if (!line.hasLayer) continue;
      const end = entries.findIndex(({ layer }) => layer !== undefined);
      const passed = entries.splice(0, end < 0 ? entries.length : end);
      this.#pass(passed, this.#lines.slice(from, at + 1));
      from = at + 1;
      const entry = entries.shift();
      await this.#compare(line, entry);
      if (entry !== undefined) this.#judge.pass(entry);
      if (this.#above?.state === 'rebuild') return;
    }
  }

  /** Entries between two layers. A stage that begins with another begins where its own lines do, counted from the end. */
  #pass(entries: readonly HistoryEntry[], lines: readonly HistoryLine[]): void {
    const stage = lines.at(-1)?.stage;
    const isNew = stage !== this.#stage && this.#stage !== undefined;
    const own = lines.filter((line) => line.stage === stage && !line.hasLayer).length;
    for (const [at, entry] of entries.entries()) {
      if (isNew && at === Math.max(entries.length - own, 0)) this.#judge.beginStage();
      this.#judge.pass(entry);
    }
    if (isNew && (entries.length === 0 || own === 0)) this.#judge.beginStage();
    this.#stage = stage;
  }

  async #compare(line: HistoryLine, entry: HistoryEntry | undefined): Promise<void> {
    const step = this.#stepOf(line);
    const layer = entry && this.#layerOf(entry);
    if (step === undefined) return;
    const judged = await this.#judge.judge(line, step, entry, this.#above, this.#options);
    if (judged.kind === 'same') this.#found(line, step, judged.content, layer);
    else {
      this.#above = judged.finding;
      this.#tell(line, step, entry, judged.finding);
    }
  }

  #found(
    line: HistoryLine,
    step: PlannedStep,
    content: ReadonlyMap<string, Sha256>,
    layer: StepLayer | undefined,
  ): void {
    let last: number | undefined;
    for (const vertex of this.#verticesOf(line)) last = this.#records.add(vertex, content, layer) ?? last;
    this.steps.push({
      ...this.#seen(line, step, line.texts[0] ?? ''),
      ...(last !== undefined && { record: last }),
      ...(layer && { layer }),
    });
  }

  #tell(line: HistoryLine, step: PlannedStep, entry: HistoryEntry | undefined, finding: Finding): void {
    const seen = this.#seen(line, step, entry?.text ?? line.texts[0] ?? '');
    const layer = entry && this.#layerOf(entry);
    for (const vertex of this.#verticesOf(line))
      this.steps.push({ ...seen, ...(layer && { layer }), finding: { vertex, ...finding } });
  }

  #seen({ stage }: HistoryLine, { row }: PlannedStep, text: string): SeenStep {
    const label = this.#question.build.plan.stages[stage]?.label ?? '';
    return { stage: label, text: text.replace(/ # buildkit$/, ''), ...(row !== undefined && { row }) };
  }

  #stepOf({ stage, step }: HistoryLine): PlannedStep | undefined {
    return this.#question.build.plan.stages[stage]?.steps[step];
  }

  /** The copy of `--link` stands before what puts it onto the rest. */
  #verticesOf({ stage, step }: HistoryLine): readonly number[] {
    return [...this.#question.keyed.vertices.entries()]
      .filter(([, vertex]) => vertex.stage === stage && vertex.step === step)
      .map(([position]) => position);
  }

  #layerOf({ layer: position, created }: HistoryEntry): StepLayer | undefined {
    const { image } = this.#question;
    const layer = position === undefined ? undefined : image.layers[position];
    if (layer === undefined) return undefined;
    const [name = image.imageId] = image.names;
    const time = Date.parse(created ?? '');
    const digest = layer.blob.descriptor?.digest;
    return {
      position: layer.position,
      ...(layer.diffId !== undefined && { diffId: layer.diffId }),
      ...(digest !== undefined && { digest }),
      ...(layer.blob.engineBytes !== undefined && { size: layer.blob.engineBytes }),
      ...(!Number.isNaN(time) && { created: time }),
      ...(name !== undefined && { image: name }),
    };
  }
}

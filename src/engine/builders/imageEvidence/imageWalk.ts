import type { CallOptions } from '../../base/progress.ts';
import type { CacheRecord, SeenStep } from '../../build/cache/cacheGraph.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import { chainOf, type HistoryLine } from '../../build/createdBy/historyLines.ts';
import type { PlannedStage, PlannedStep } from '../../build/plan/buildPlan.ts';
import { Environment } from '../../build/plan/environment.ts';
import type { KeyedOperation } from '../../build/cache/vertex.ts';
import { outputKey } from '../../build/operationKey/outputKey.ts';
import { type Sha256, sha256 } from '../../build/sha256.ts';
import { baseFinding, baseLayersOf, listedBase } from './baseOfImage.ts';
import type { Finding } from './judged.ts';
import type { ImageQuestion } from './imageQuestion.ts';
import { type HistoryEntry, ownHistory } from './imageHistory.ts';
import { SeenRecords } from './seenRecords.ts';
import { madeLayer } from './madeLayer.ts';
import { StepJudge } from './stepJudge.ts';

type StepFacts = { readonly [K in keyof SeenStep]?: SeenStep[K] | undefined };

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
  /** The record of what stood in the place of a step that is made again, where it is known. */
  #last: number | undefined;
  /** What was found of a step above, which those below it share. */
  #above: Finding | undefined;

  constructor(question: ImageQuestion, lines: readonly HistoryLine[], options?: CallOptions) {
    this.#question = question;
    this.#lines = lines;
    this.#options = options;
    const { build, image, baseHistory, keyed } = question;
    this.#chain = chainOf(build.plan, build.plan.target ?? 0);
    this.#baseLayers = baseLayersOf(build, this.#chain[0]);
    const begin = this.#chain[0]?.steps[0]?.scope.env ?? Environment.empty;
    this.#entries = ownHistory(image, this.#baseLayers ?? 0, baseHistory, lines, begin.toList());
    this.#records = new SeenRecords(keyed);
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
      if (this.#above?.state !== 'rebuild') continue;
      this.#addRest(
        this.#lines.slice(at + 1),
        this.#isPaired ? entries : [...(entry ? [entry] : []), ...entries],
      );
      return;
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
    this.#addStep(line, step, { record: last, layer, operation: this.#operationOf(line) });
  }

  #tell(line: HistoryLine, step: PlannedStep, entry: HistoryEntry | undefined, finding: Finding): void {
    const layer = entry && this.#layerOf(entry);
    const made =
      finding.state === 'rebuild' && entry !== undefined ? this.#made(line, step, entry, finding) : {};
    this.#last = made.record;
    for (const vertex of this.#verticesOf(line))
      this.#addStep(line, step, { ...made, layer, text: entry?.text, finding: { vertex, ...finding } });
  }

  /** What the entry is of: the same operation on other files, or a RUN that was another. */
  #made(line: HistoryLine, step: PlannedStep, entry: HistoryEntry, { reason }: Finding): Partial<SeenStep> {
    const [vertex, second] = this.#verticesOf(line);
    const now = this.#operationOf(line);
    const layer = this.#layerOf(entry);
    if (vertex === undefined || second !== undefined || now === undefined || this.#isOfAnother(line, entry))
      return {};
    if (reason.code === 'files-changed') {
      const inputs = this.#question.keyed.vertices[vertex]?.inputs ?? [];
      // What the instruction itself brings with it would be linked as it is now.
      if (inputs.some(({ contentDigest }) => contentDigest !== undefined)) return {};
      const ids = inputs.flatMap(({ content }) => content?.id ?? []);
      const other = new Map(ids.map((id) => [id, sha256(`other ${id}`)] as const));
      const record = this.#records.add(vertex, other, layer);
      return { operation: now, ...(record !== undefined && { record }) };
    }
    const operation = this.#judge.pastRun(now, step, entry);
    if (operation === undefined) return {};
    const record = this.#records.addOther(vertex, outputKey(operation.digest, 0), layer);
    return { operation, record };
  }

  /** A line was put in above: the entry is of one below. */
  #isOfAnother(line: HistoryLine, { text }: HistoryEntry): boolean {
    return !line.texts.includes(text) && this.#lines.some(({ texts }) => texts.includes(text));
  }

  /** What the image has of steps below one that is made again: the builder lists them, and they are not found. */
  #addRest(lines: readonly HistoryLine[], entries: readonly HistoryEntry[]): void {
    let onto = this.#last ?? this.#records.addUnknown('step');
    let from = 0;
    for (const line of lines.filter(({ hasLayer }) => hasLayer)) {
      const at = entries.findIndex(
        ({ text, layer }, place) => place >= from && layer !== undefined && line.texts.includes(text),
      );
      const [entry, step] = [entries[at], this.#stepOf(line)];
      if (entry === undefined || step === undefined) continue;
      from = at + 1;
      const layer = this.#layerOf(entry);
      for (const vertex of this.#verticesOf(line))
        onto = this.#records.addElsewhere(vertex, onto, layer) ?? onto;
      this.#addStep(line, step, { record: onto, layer, operation: this.#operationOf(line) });
    }
  }

  /** Whether the entry that a step was compared with is of that step as it was, and not of one below it. */
  get #isPaired(): boolean {
    return this.#last !== undefined;
  }

  /** Of the last of its vertices. */
  #operationOf(line: HistoryLine): KeyedOperation | undefined {
    const last = this.#verticesOf(line).at(-1);
    return last === undefined ? undefined : this.#question.keyed.vertices[last]?.operation;
  }

  #addStep(line: HistoryLine, step: PlannedStep, facts: StepFacts): void {
    const { text = line.texts[0] ?? '', record, layer, operation, finding } = facts;
    this.steps.push({
      ...this.#seen(line, step, text),
      ...(record !== undefined && { record }),
      ...(layer && { layer }),
      ...(operation && { operation }),
      ...(finding && { finding }),
    });
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

  #layerOf(entry: HistoryEntry): StepLayer | undefined {
    return madeLayer(this.#question.image, entry);
  }
}

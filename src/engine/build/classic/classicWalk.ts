import { throwIfAborted } from '../../base/abort.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { CacheReport, StepLayer, StepReason, StepState, StepStatus } from '../cache/cacheReport.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { Instruction } from '../dockerfile/ast.ts';
import type { Command, CopyCommand } from '../dockerfile/commands.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import { readStages, type Stage, type Stages } from '../dockerfile/readStages.ts';
import { isRemoteSource } from '../plan/copySource.ts';
import { triggersOf } from '../plan/triggers.ts';
import type { BuilderImage } from './builderImage.ts';
import { ClassicArguments } from './classicArguments.ts';
import type { ClassicInput } from './classicInput.ts';
import { ClassicStage } from './classicStage.ts';
import { type ContainerConfig, emptyConfig } from './containerConfig.ts';
import type { SummedFile } from './copySum.ts';
import { type Cursor, type Doubt, worse } from './cursor.ts';
import { type ExpectedStep, expectedText } from './expectedStep.ts';
import { CacheSources } from './cacheSources.ts';
import { ImageShelf, isOfCommand } from './imageShelf.ts';
import { stepLayer } from './stepLayer.ts';
import { type MissedStep, missReason } from './missReason.ts';
import { readsNewGrammar, type Unsupported, unsupportedIn } from './refusals.ts';

/** What a stage left to those after it. */
interface BuiltStage {
  readonly name: string | undefined;
  readonly cursor: Cursor;
  readonly config: ContainerConfig;
}

interface Place {
  readonly stage: Stage;
  readonly command: Command;
  readonly isTrigger: boolean;
  readonly isFirst: boolean;
}

interface Outcome {
  readonly state: StepState;
  readonly reason: StepReason;
  readonly layer?: StepLayer;
}

/** The sum of what COPY reads, or why it cannot be told. */
interface Reading {
  readonly sum?: string;
  readonly files?: readonly SummedFile[];
  readonly doubt?: Doubt;
  /** The build ends here. */
  readonly failure?: string;
}

/** One replay of the builder's way through a Dockerfile: all stages up to the target, whether they are needed or not. */
export class ClassicWalk {
  readonly #input: ClassicInput;
  readonly #options: CallOptions;
  readonly #stages: Stages;
  readonly #shelf: ImageShelf;
  readonly #sources: CacheSources | undefined;
  readonly #positions: ReadonlyMap<Instruction, number>;
  readonly #isNew: boolean;
  readonly #built: BuiltStage[] = [];
  readonly #statuses = new Map<Instruction, StepStatus>();
  readonly #triggers: StepStatus[] = [];
  readonly #problems: DockerfileProblem[];
  #arguments: ClassicArguments;
  #rows = 0;
  #rowCount = 0;
  /** The instruction at which the builder gives up. */
  #end: number | undefined;

  constructor(input: ClassicInput, options: CallOptions) {
    this.#input = input;
    this.#options = options;
    this.#stages = readStages(input.dockerfile);
    this.#isNew = readsNewGrammar(input.builder);
    this.#shelf = new ImageShelf(input.images, this.#isNew);
    const { cacheFrom } = input.request;
    if (cacheFrom !== undefined && cacheFrom.length > 0)
      this.#sources = new CacheSources(this.#shelf, cacheFrom.map(normalizeName));
    this.#positions = new Map(input.dockerfile.instructions.map((instruction, at) => [instruction, at]));
    this.#problems = [...this.#stages.problems];
    this.#arguments = ClassicArguments.of(input.request.buildArgs);
  }

  async report(): Promise<CacheReport> {
    const { builder, command, dockerfile, evidence } = this.#input;
    const target = this.#targetOf();
    const built = this.#stages.stages.slice(0, target + 1);
    this.#rowCount =
      this.#stages.globalArgs.length + built.reduce((sum, { commands }) => sum + 1 + commands.length, 0);
    this.#refuse(built);
    this.#declareGlobals();
    for (const stage of built) await this.#walk(stage);
    const steps = dockerfile.instructions.map((instruction) => this.#statusOf(instruction));
    const problems = this.#problems.sort((one, other) => one.range.start - other.range.start);
    return { builder, command, steps, triggers: this.#triggers, problems, evidence };
  }

  #targetOf(): number {
    const { target } = this.#input.request;
    const last = this.#stages.stages.length - 1;
    if (target === undefined) return last;
    const found = this.#stages.stages.findLastIndex(({ from }) => from.stageName === target.toLowerCase());
    const byNumber = /^[0-9]+$/.test(target) ? Math.min(Number(target), last) : -1;
    if (found >= 0 || byNumber >= 0) return found >= 0 ? found : byNumber;
    const message = `failed to reach build target ${target} in Dockerfile`;
    this.#problems.push({ code: 'stage-not-found', severity: 'error', range: { start: 0, end: 0 }, message });
    this.#end = 0;
    return last;
  }

  /** What is wrong with the file ends the build before it begins; what the builder cannot do, where it comes to it. */
  #refuse(stages: readonly Stage[]): void {
    if (this.#stages.problems.some(({ severity }) => severity === 'error')) this.#end = 0;
    for (const command of stages.flatMap(({ commands }) => commands)) {
      const found = unsupportedIn(command, this.#isNew);
      if (found === undefined) continue;
      this.#reportUnsupported(command, found);
      if (found.kind === 'ignored') continue;
      const at = this.#isNew ? this.#positionOf(command.instruction) : 0;
      this.#end = Math.min(at, this.#end ?? at);
    }
  }

  #reportUnsupported({ instruction }: Command, { kind, what }: Unsupported): void {
    const isIgnored = kind === 'ignored';
    this.#problems.push({
      code: what.startsWith('--') ? 'unknown-flag' : 'heredoc-invalid',
      severity: isIgnored ? 'warning' : 'error',
      range: instruction.range,
      message: isIgnored
        ? `the classic builder ignores ${what} and says nothing of it; BuildKit does not`
        : `the classic builder refuses ${what}: it needs BuildKit`,
    });
  }

  #declareGlobals(): void {
    for (const { args, instruction } of this.#stages.globalArgs) {
      const before = this.#arguments;
      for (const { key, value } of args)
        this.#arguments = this.#arguments.withGlobal(
          key,
          value === undefined ? undefined : expandWord(value, before, this.#input.dockerfile).text,
        );
      this.#set(instruction, '', this.#rowOf(instruction), {
        state: 'no-step',
        reason: { code: 'global-argument', text: 'an argument of FROM lines' },
      });
    }
  }

  async #walk(stage: Stage): Promise<void> {
    const label = stage.from.stageName ?? String(stage.index);
    this.#set(stage.from.instruction, label, this.#rowOf(stage.from.instruction), {
      state: 'no-step',
      reason: { code: 'base', text: 'the image that the stage begins with' },
    });
    const begin = this.#begin(stage);
    const state = new ClassicStage(begin.config, this.#arguments.forStage(), this.#input.dockerfile.escape);
    let cursor = begin.cursor;
    const triggers = triggersOf(begin.config.onbuild).commands.map((command) => ({
      command,
      isTrigger: true,
    }));
    const own = stage.commands.map((command) => ({ command, isTrigger: false }));
    for (const [at, each] of [...triggers, ...own].entries()) {
      throwIfAborted(this.#options.signal, this.#input.request.dockerfile);
      cursor = await this.#step({ ...each, stage, isFirst: at === 0 }, state, cursor, label);
    }
    this.#built.push({ name: stage.from.stageName, cursor, config: state.config });
  }

  /** What FROM leads to: an earlier stage, nothing, an image of the engine, or one that is not here. */
  #begin({ from }: Stage): { readonly cursor: Cursor; readonly config: ContainerConfig } {
    const { text } = expandWord(from.image.text, this.#arguments.ofFrom, this.#input.dockerfile);
    const earlier = this.#built.findLast(({ name }) => name === text.toLowerCase());
    if (earlier !== undefined) return earlier;
    if (text === 'scratch') return { cursor: { kind: 'on', images: ['scratch'] }, config: emptyConfig };
    const image = this.#imageNamed(text);
    if (image !== undefined) return { cursor: { kind: 'on', images: [image] }, config: image.config };
    // An image that comes from the registry only now has nothing made on it.
    if (this.#input.pulled?.has(normalizeName(text)) === true)
      return { cursor: { kind: 'on', images: [] }, config: emptyConfig };
    return { cursor: { kind: 'unseen', doubt: notAsked(text) }, config: emptyConfig };
  }

  /** With `--pull` the registry decides, else it is asked for what the engine has not. */
  #imageNamed(text: string): BuilderImage | undefined {
    const { request, pulled } = this.#input;
    const name = normalizeName(text);
    const local = this.#shelf.find(name) ?? this.#shelf.find(text);
    const remote = pulled?.get(name);
    if (request.pull === true) return remote === undefined ? undefined : this.#shelf.find(remote);
    return local ?? (remote === undefined ? undefined : this.#shelf.find(remote));
  }

  async #step(place: Place, state: ClassicStage, cursor: Cursor, label: string): Promise<Cursor> {
    const { command, isTrigger } = place;
    const row = isTrigger ? undefined : this.#rowOf(command.instruction);
    const at = this.#positionOf(isTrigger ? place.stage.from.instruction : command.instruction);
    state.used.clear();
    if (this.#end !== undefined && at >= this.#end) {
      this.#set(command.instruction, label, row, invalid, place);
      return cursor;
    }
    const isCopy = command.kind === 'copy' || command.kind === 'add';
    const isAsked = cursor.kind !== 'missed' && this.#input.request.noCache !== true;
    const reading = isCopy && isAsked ? await this.#read(command, state) : {};
    const expected = state.next(command, reading.sum);
    if (reading.failure !== undefined) {
      this.#end = at + 1;
      const { range } = command.instruction;
      const message = `COPY failed: ${reading.failure}`;
      this.#problems.push({ code: 'argument-invalid', severity: 'error', range, message });
      const reason: StepReason = { code: 'invalid', text: `the build fails here: ${reading.failure}` };
      this.#set(command.instruction, label, row, { state: 'unknown', reason }, place, expected);
      return cursor;
    }
    const { outcome, next } = await this.#look(place, at, expected, reading, state, cursor);
    this.#set(command.instruction, label, row, outcome, place, expected);
    return next;
  }

  async #look(
    place: Place,
    at: number,
    expected: ExpectedStep,
    reading: Reading,
    { used }: ClassicStage,
    cursor: Cursor,
  ): Promise<{ readonly outcome: Outcome; readonly next: Cursor }> {
    const missed: Cursor = { kind: 'missed', instruction: at };
    if (this.#input.request.noCache === true)
      return { outcome: { state: 'rebuild', reason: askedFor }, next: missed };
    if (cursor.kind === 'missed')
      return { outcome: { state: 'rebuild', reason: above(cursor.instruction) }, next: cursor };
    const found = this.#find(expected, cursor);
    const doubt = worse(cursor.doubt, reading.doubt);
    const [first] = found;
    if (first === undefined && this.#sources?.isEmpty === true)
      return { outcome: { state: 'rebuild', reason: nothingImported }, next: missed };
    if (first === undefined) {
      const reason = await missReason(this.#missed(place, expected, reading, used, cursor));
      return { outcome: { state: 'rebuild', reason }, next: missed };
    }
    const layer = stepLayer(first, layersBelow(cursor));
    if (doubt === undefined)
      return {
        outcome: { state: 'cached', reason: foundIn(first), layer },
        next: { kind: 'on', images: [first] },
      };
    return {
      outcome: { ...doubt, ...(found.length === 1 && { layer }) },
      next: { kind: 'on', images: found, doubt },
    };
  }

  #missed(
    { command, stage, isFirst }: Place,
    expected: ExpectedStep,
    { files }: Reading,
    used: ReadonlySet<string>,
    cursor: Cursor,
  ): MissedStep {
    const { filesOfSum } = this.#input;
    const below = cursor.kind === 'on' ? cursor.images : [];
    const siblings = below.flatMap((image) => this.#shelf.childrenOf(image === 'scratch' ? '' : image.id));
    return {
      command,
      expected: expectedText(expected),
      siblings: below.length === 0 ? undefined : siblings,
      isElsewhere: this.#shelf.all.some((image) => isOfCommand(image, expected)),
      from: this.#positionOf(stage.from.instruction),
      isFirst,
      used,
      ...(files !== undefined && { files }),
      ...(filesOfSum !== undefined && { filesOfSum }),
    };
  }

  /** The images that the step may lead to: one, when nothing is in doubt. */
  #find(expected: ExpectedStep, cursor: Exclude<Cursor, { kind: 'missed' }>): readonly BuilderImage[] {
    if (cursor.kind === 'unseen') return this.#shelf.all.filter((image) => isOfCommand(image, expected));
    return cursor.images.flatMap((image) => {
      if (this.#sources !== undefined) return this.#sources.matches(image, expected);
      const found = this.#shelf.matches(image === 'scratch' ? '' : image.id, expected);
      return expected.command.kind === 'any-sum' ? found : found.slice(0, 1);
    });
  }

  async #read(command: CopyCommand, state: ClassicStage): Promise<Reading> {
    const { sources } = state.sourcesOf(command);
    if (sources.length === 0) return { failure: 'no source files were specified' };
    if (command.kind === 'add' && sources.some(isRemoteSource))
      return { doubt: remote(sources.find(isRemoteSource)) };
    if (command.from !== undefined) return this.#readStage(command.from.text, sources);
    const bytes = sources.map((source) => Buffer.from(source).toString('latin1'));
    const sum = await this.#input.context.sum(bytes, this.#options);
    if (sum.kind === 'sum') return { sum: sum.text, files: sum.files };
    const missing = Buffer.from(sum.source, 'latin1').toString();
    return { failure: `${missing} is not in the context` };
  }

  async #readStage(text: string, sources: readonly string[]): Promise<Reading> {
    const stage = this.#stageNamed(text);
    const image = stage === undefined ? this.#imageNamed(text) : undefined;
    const cursor: Cursor =
      stage?.cursor ??
      (image === undefined ? { kind: 'unseen', doubt: notAsked(text) } : { kind: 'on', images: [image] });
    if (cursor.kind === 'missed')
      return {
        doubt: {
          state: 'depends',
          reason: {
            code: 'stage-output',
            text: `cached if what it copies of ${text} comes out the same`,
            instruction: cursor.instruction,
            subject: text,
          },
        },
      };
    const [only] = cursor.kind === 'on' ? cursor.images : [];
    if (cursor.doubt !== undefined || only === undefined || only === 'scratch')
      return cursor.doubt === undefined ? {} : { doubt: cursor.doubt };
    const sum = await this.#input.imageSum?.(only.id, sources, this.#options);
    return sum === undefined ? { doubt: unread(text) } : { sum };
  }

  #stageNamed(text: string): BuiltStage | undefined {
    const byName = this.#built.findLast(({ name }) => name === text.toLowerCase());
    return byName ?? (/^[0-9]+$/.test(text) ? this.#built[Number(text)] : undefined);
  }

  #rowOf({ original }: Instruction): string {
    this.#rows++;
    return `Step ${this.#rows}/${this.#rowCount} : ${original.trim()}`;
  }

  #positionOf(instruction: Instruction): number {
    return this.#positions.get(instruction) ?? 0;
  }

  #set(
    instruction: Instruction,
    stage: string,
    row: string | undefined,
    outcome: Outcome,
    place?: Place,
    expected?: ExpectedStep,
  ): void {
    const from = place?.isTrigger === true ? place.stage.from.instruction : undefined;
    const { range, lines } = from ?? instruction;
    const status: StepStatus = {
      instruction: this.#positionOf(from ?? instruction),
      range,
      lines,
      stage,
      text: instruction.original,
      ...(row !== undefined && { row }),
      ...(expected !== undefined && { expanded: shownText(expected) }),
      ...outcome,
    };
    if (from === undefined) this.#statuses.set(instruction, status);
    else this.#triggers.push(status);
  }

  /** What no stage before the target has is not built; what could not be read is no instruction to the builder. */
  #statusOf(instruction: Instruction): StepStatus {
    const known = this.#statuses.get(instruction);
    if (known !== undefined) return known;
    const stage = this.#stages.stages.findLast(
      ({ from }) => from.instruction.range.start <= instruction.range.start,
    );
    const isRead =
      stage?.from.instruction === instruction ||
      stage?.commands.some((each) => each.instruction === instruction);
    const outcome: Outcome = isRead === true ? { state: 'no-step', reason: notNeeded } : invalid;
    const { range, lines, original } = instruction;
    const label = stage === undefined ? '' : (stage.from.stageName ?? String(stage.index));
    return {
      instruction: this.#positionOf(instruction),
      range,
      lines,
      stage: label,
      text: original,
      ...outcome,
    };
  }
}

const askedFor: StepReason = { code: 'not-cached-asked', text: 'the build is asked not to use the cache' };
const nothingImported: StepReason = {
  code: 'option-changed',
  text: 'no image of --cache-from is here, and with that option this builder looks nowhere else',
  subject: '--cache-from',
};
const notNeeded: StepReason = { code: 'stage-not-needed', text: 'the target comes before it' };
const invalid: Outcome = {
  state: 'unknown',
  reason: { code: 'invalid', text: 'the build fails before it: the builder refuses the file' },
};

function above(instruction: number): StepReason {
  return { code: 'step-above', text: 'a step above it is made again', instruction };
}

function foundIn({ id }: BuilderImage): StepReason {
  return { code: 'found', text: `found as image ${id.replace(/^sha256:/, '').slice(0, 12)}` };
}

function notAsked(name: string): Doubt {
  return {
    state: 'unknown',
    reason: {
      code: 'base-not-asked',
      text: `the image ${name} is not here, and its registry was not asked`,
      subject: name,
    },
  };
}

function remote(source: string | undefined): Doubt {
  return {
    state: 'unknown',
    reason: {
      code: 'remote-source',
      text: 'what the address gives is known when it was fetched',
      ...(source !== undefined && { subject: source }),
    },
  };
}

function unread(stage: string): Doubt {
  return {
    state: 'likely',
    reason: {
      code: 'found-in-image',
      text: `${stage} is the image that it was; what was copied of it was not compared`,
      subject: stage,
    },
  };
}

function layersBelow(cursor: Cursor): number {
  const [parent] = cursor.kind === 'on' ? cursor.images : [];
  return parent === undefined || parent === 'scratch' ? 0 : parent.diffIds.length;
}

function shownText(expected: ExpectedStep): string {
  return expectedText(expected).replace(/^.*?#\(nop\) */s, '');
}

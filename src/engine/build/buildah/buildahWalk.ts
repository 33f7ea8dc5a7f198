import { throwIfAborted } from '../../base/abort.ts';
import type { CallOptions } from '../../base/progress.ts';
import { parsePlatform } from '../../oci/platform.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { CacheReport, StepLayer, StepReason, StepState, StepStatus } from '../cache/cacheReport.ts';
import type { BuilderImage } from '../classic/builderImage.ts';
import { ClassicArguments } from '../classic/classicArguments.ts';
import { ClassicStage, isCopy } from '../classic/classicStage.ts';
import { type ContainerConfig, emptyConfig } from '../classic/containerConfig.ts';
import { type Doubt, worse } from '../classic/cursor.ts';
import { stepLayer } from '../classic/stepLayer.ts';
import { missReason } from '../classic/missReason.ts';
import type { Instruction } from '../dockerfile/ast.ts';
import type { Command, CopyCommand } from '../dockerfile/commands.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import { mountSource } from '../dockerfile/mounts.ts';
import { readStages, type Stage, type Stages } from '../dockerfile/readStages.ts';
import type { Variables } from '../dockerfile/wordRules.ts';
import { isRemoteSource } from '../plan/copySource.ts';
import { splitSetting } from '../plan/environment.ts';
import { triggersOf } from '../plan/triggers.ts';
import { BuildahArguments } from './buildahArguments.ts';
import type { BuildahContext, BuildahInput, CopySettings, Owner } from './buildahInput.ts';
import { type BuildahRules, buildahRules } from './buildahVersion.ts';
import { type CreatedBy, createdBy, createdByCopy, hasBind } from './createdBy.ts';
import { type Below, HistoryShelf, lastText, scratch } from './historyShelf.ts';
import { staleValue } from './staleValue.ts';

/** Where buildah stands between two instructions. */
type Cursor =
  | { readonly kind: 'on'; readonly images: readonly Below[]; readonly doubt?: Doubt }
  | { readonly kind: 'unseen'; readonly doubt: Doubt }
  | { readonly kind: 'missed'; readonly instruction: number };

interface BuiltStage {
  readonly stage: Stage;
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

interface Reading {
  readonly digests?: readonly string[];
  /** When what it copies was changed last, attributes included. */
  readonly changed?: number;
  readonly doubt?: Doubt;
  readonly failure?: string;
  /** The same with extended attributes. */
  readonly again?: () => Promise<Reading>;
}

/** What acts on one stage's instructions. */
interface StageState {
  /** The config as the file says: texts are as written, and keep what they were. */
  readonly config: ClassicStage;
  readonly args: BuildahArguments;
}

/** One replay of buildah's way through a Dockerfile. */
export class BuildahWalk {
  readonly #input: BuildahInput;
  readonly #options: CallOptions;
  readonly #stages: Stages;
  readonly #shelf: HistoryShelf;
  readonly #rules: BuildahRules;
  readonly #positions: ReadonlyMap<Instruction, number>;
  readonly #built: BuiltStage[] = [];
  readonly #statuses = new Map<Instruction, StepStatus>();
  readonly #triggers: StepStatus[] = [];
  readonly #problems: DockerfileProblem[];
  #heading: ReadonlyMap<string, string> = new Map();
  #end: number | undefined;

  constructor(input: BuildahInput, options: CallOptions) {
    this.#input = input;
    this.#options = options;
    this.#stages = readStages(input.dockerfile);
    this.#shelf = new HistoryShelf(input.images);
    this.#rules = buildahRules(input.builder);
    this.#positions = new Map(input.dockerfile.instructions.map((instruction, at) => [instruction, at]));
    this.#problems = [...this.#stages.problems];
  }

  async report(): Promise<CacheReport> {
    const { builder, command, dockerfile, evidence } = this.#input;
    const needed = this.#neededStages();
    this.#refuse();
    this.#declareHeading();
    for (const stage of this.#stages.stages) if (needed.has(stage.index)) await this.#walk(stage, needed);
    const steps = dockerfile.instructions.map((instruction) => this.#statusOf(instruction));
    const problems = this.#problems.sort((one, other) => one.range.start - other.range.start);
    return { builder, command, steps, triggers: this.#triggers, problems, evidence };
  }

  /** The target, and all that it begins with, copies from, and mounts. */
  #neededStages(): ReadonlySet<number> {
    const { stages } = this.#stages;
    const { target } = this.#input.request;
    const found = target === undefined ? stages.at(-1) : stages.find((stage) => labelOf(stage) === target);
    if (found === undefined && stages.length > 0) {
      const message = `the target ${JSON.stringify(target)} was not found in the provided Dockerfile`;
      this.#problems.push({
        code: 'stage-not-found',
        severity: 'error',
        range: { start: 0, end: 0 },
        message,
      });
      this.#end = 0;
    }
    const needed = new Set<number>();
    const open = found === undefined ? [] : [found];
    for (let stage = open.pop(); stage !== undefined; stage = open.pop()) {
      if (needed.has(stage.index)) continue;
      needed.add(stage.index);
      open.push(...this.#readBy(stage));
    }
    return needed;
  }

  #readBy({ from, commands, index }: Stage): readonly Stage[] {
    const names = commands.flatMap((command) => {
      if (command.kind === 'copy') return command.from?.text ?? [];
      return command.kind === 'run' ? command.mounts.map(({ text }) => mountSource(text)) : [];
    });
    return [from.image.text, ...names].flatMap((name) => this.#stageNamed(name, index) ?? []);
  }

  #stageNamed(name: string, before: number): Stage | undefined {
    const earlier = this.#stages.stages.slice(0, before);
    return earlier.find(
      (stage) => stage.from.stageName === name.toLowerCase() || String(stage.index) === name,
    );
  }

  #refuse(): void {
    if (this.#stages.problems.some(({ severity }) => severity === 'error')) this.#end = 0;
    for (const command of this.#stages.stages.flatMap(({ commands }) => commands)) {
      const what = this.#lacking(command);
      if (what === undefined) continue;
      const { range } = command.instruction;
      const message = `buildah ${this.#input.builder.version ?? ''} does not know ${what}`;
      this.#problems.push({ code: 'unknown-flag', severity: 'error', range, message });
      this.#end = 0;
    }
  }

  /** What this version does not read. */
  #lacking(command: Command): string | undefined {
    if (this.#rules.readsHeredocs) return undefined;
    if (command.instruction.heredocs.length > 0) return 'heredocs';
    if (command.kind !== 'copy' && command.kind !== 'add') return undefined;
    const flag = command.instruction.flags.find(({ name }) => !['from', 'chown', 'chmod'].includes(name));
    return flag && `--${flag.name}`;
  }

  #declareHeading(): void {
    const args = new BuildahArguments(this.#given(), this.#platform(), new Map());
    for (const { args: declared, instruction } of this.#stages.globalArgs) {
      for (const { word } of declared) args.declare(this.#expand(word.text, args));
      const reason: StepReason = { code: 'global-argument', text: 'an argument of FROM lines' };
      this.#set(instruction, '', { state: 'no-step', reason });
    }
    this.#heading = args.all;
  }

  /** `--platform` gives the arguments that tell of it. */
  #given(): ReadonlyMap<string, string> {
    const { request } = this.#input;
    if (request.platform === undefined) return request.buildArgs;
    const { os, architecture, variant } = request.platform;
    return new Map([
      ['TARGETOS', os],
      ['TARGETARCH', architecture],
      ...(variant === undefined ? [] : [['TARGETVARIANT', variant] as const]),
      ['TARGETPLATFORM', [os, architecture, ...(variant === undefined ? [] : [variant])].join('/')],
      ...request.buildArgs,
    ]);
  }

  #platform(): ReturnType<typeof parsePlatform> {
    return this.#input.request.platform ?? this.#input.platform;
  }

  async #walk(stage: Stage, needed: ReadonlySet<number>): Promise<void> {
    const label = labelOf(stage);
    const base: StepReason = { code: 'base', text: 'the image that the stage begins with' };
    this.#set(
      stage.from.instruction,
      label,
      { state: 'no-step', reason: base },
      this.#rowOf(stage, 0, needed),
    );
    const begin = this.#begin(stage);
    const state = {
      config: new ClassicStage(begin.config, this.#classicArguments(), this.#input.dockerfile.escape),
      args: new BuildahArguments(this.#given(), this.#platform(), this.#heading),
    };
    let cursor = begin.cursor;
    const triggers = triggersOf(begin.config.onbuild).commands.map((command) => ({
      command,
      isTrigger: true,
    }));
    const own = stage.commands.map((command) => ({ command, isTrigger: false }));
    for (const [at, each] of [...triggers, ...own].entries()) {
      throwIfAborted(this.#options.signal, this.#input.request.dockerfile);
      const row = each.isTrigger ? undefined : this.#rowOf(stage, at - triggers.length + 1, needed);
      cursor = await this.#step({ ...each, stage, isFirst: at === 0 }, state, cursor, row);
    }
    this.#built.push({ stage, cursor, config: state.config.config });
  }

  /** For the config that results: the same arguments, as the other builder keeps them. */
  #classicArguments(): ClassicArguments {
    let args = ClassicArguments.of(this.#given());
    const platform = new BuildahArguments(new Map(), this.#platform(), new Map());
    for (const name of ['PLATFORM', 'OS', 'ARCH', 'VARIANT'].flatMap((each) => [
      `TARGET${each}`,
      `BUILD${each}`,
    ])) {
      platform.declare(name);
      args = args.withGlobal(name, platform.get(name));
    }
    for (const [name, value] of this.#heading) args = args.withGlobal(name, value);
    return args.forStage();
  }

  #begin({ from, index }: Stage): { readonly cursor: Cursor; readonly config: ContainerConfig } {
    const name = this.#expand(from.image.text, { get: (each) => this.#heading.get(each) });
    const earlier = this.#stageNamed(name, index);
    const built = this.#built.find(({ stage }) => stage === earlier);
    if (built !== undefined) return built;
    if (name === 'scratch') return { cursor: { kind: 'on', images: [scratch] }, config: emptyConfig };
    const { image, isAsked } = this.#imageNamed(name);
    if (image !== undefined) {
      const doubt = isAsked ? {} : { doubt: assumed(name, image) };
      return { cursor: { kind: 'on', images: [image], ...doubt }, config: image.config };
    }
    return { cursor: { kind: 'unseen', doubt: notAsked(name) }, config: emptyConfig };
  }

  /** The registry's, where it was asked; what is of no registry is the store's own. */
  #imageNamed(name: string): { readonly image?: BuilderImage; readonly isAsked: boolean } {
    const complete = normalizeName(name);
    const remote = this.#input.pulled?.get(complete);
    const own = this.#shelf.find(normalizeName(`localhost/${name}`));
    const local = this.#shelf.find(name) ?? own ?? this.#shelf.find(complete);
    const image = remote === undefined ? local : (this.#shelf.find(idOf(remote)) ?? imageOf(remote));
    const isOwn =
      local !== undefined && (local === own || local === this.#shelf.find(name) || /^localhost\//.test(name));
    return { ...(image !== undefined && { image }), isAsked: remote !== undefined || isOwn };
  }

  async #step(place: Place, state: StageState, cursor: Cursor, row: string | undefined): Promise<Cursor> {
    const { command, isTrigger, stage } = place;
    const at = this.#positionOf(isTrigger ? stage.from.instruction : command.instruction);
    if (this.#end !== undefined && at >= this.#end) {
      this.#set(command.instruction, labelOf(stage), invalid, row, place);
      return cursor;
    }
    const isLooking = cursor.kind !== 'missed' && this.#isCaching();
    const copy = isCopy(command) ? command : undefined;
    const reading = copy !== undefined && isLooking ? await this.#read(copy, state, cursor) : {};
    if (command.kind === 'arg')
      for (const { word } of command.args) state.args.declare(this.#expand(word.text, variablesOf(state)));
    const env = new Map(state.config.config.env.map(splitSetting));
    const expected = isCopy(command)
      ? createdByCopy(command, reading.digests)
      : createdBy(command, state.args, env, this.#rules);
    state.config.used.clear();
    state.config.next(command);
    if (reading.failure !== undefined) return this.#fail(place, at, reading.failure, row, cursor);
    const { outcome, next } = await this.#look(place, at, expected, reading, state, cursor);
    this.#set(command.instruction, labelOf(stage), outcome, row, place, expected);
    return next;
  }

  #fail(place: Place, at: number, why: string, row: string | undefined, cursor: Cursor): Cursor {
    this.#end = at + 1;
    const { range } = place.command.instruction;
    this.#problems.push({ code: 'argument-invalid', severity: 'error', range, message: why });
    const reason: StepReason = { code: 'invalid', text: `the build fails here: ${why}` };
    this.#set(place.command.instruction, labelOf(place.stage), { state: 'unknown', reason }, row, place);
    return cursor;
  }

  #isCaching(): boolean {
    return this.#input.hasLayers && this.#input.request.noCache !== true;
  }

  async #look(
    place: Place,
    at: number,
    expected: CreatedBy,
    reading: Reading,
    state: StageState,
    cursor: Cursor,
  ): Promise<{ readonly outcome: Outcome; readonly next: Cursor }> {
    const missed: Cursor = { kind: 'missed', instruction: at };
    const rebuilt = (reason: StepReason): { readonly outcome: Outcome; readonly next: Cursor } => ({
      outcome: { state: 'rebuild', reason },
      next: missed,
    });
    if (!this.#input.hasLayers) return rebuilt(withoutLayers);
    if (this.#input.request.noCache === true) return rebuilt(askedFor);
    if (cursor.kind === 'missed')
      return { outcome: { state: 'rebuild', reason: above(cursor.instruction) }, next: cursor };
    const executed = this.#executedMount(place.command, place.stage);
    if (executed !== undefined) return rebuilt(executed);
    const { command } = place;
    const makesLayer = command.kind === 'run' || isCopy(command);
    const found = this.#find(expected, makesLayer, cursor);
    const again = reading.again;
    if (again !== undefined && mayHaveAttributes(found, reading)) {
      const second = await again();
      if (isCopy(command))
        return this.#look(place, at, createdByCopy(command, second.digests), second, state, cursor);
    }
    const [first] = found.images;
    if (first === undefined)
      return rebuilt(await this.#missReason(place, expected, makesLayer, state, cursor));
    const doubt = worse(worse(cursor.doubt, reading.doubt), this.#ownDoubt(command, found));
    const next: Cursor = { kind: 'on', images: found.images, ...(doubt !== undefined && { doubt }) };
    const layer = stepLayer(first, first.diffIds.length - (makesLayer ? 1 : 0));
    if (doubt !== undefined) return { outcome: { ...doubt, layer }, next };
    const stale = staleValue(command, state.config.config, first.config);
    if (stale !== undefined) return { outcome: { state: 'stale', reason: notCompared(stale), layer }, next };
    return { outcome: { state: 'cached', reason: foundIn(first, command), layer }, next };
  }

  /** What cannot be told of this step alone. */
  #ownDoubt(command: Command, { isEverywhere }: Found): Doubt | undefined {
    if (command.kind === 'run' && this.#rules.sumsMounts && hasBind(command)) return mountDoubt;
    return isEverywhere ? undefined : severalDoubt;
  }

  /** A mounted stage that was made again: newer versions do not look up then. */
  #executedMount(command: Command, { index }: Stage): StepReason | undefined {
    if (command.kind !== 'run' || !this.#rules.seesStagesOfMounts) return undefined;
    for (const name of command.mounts.map(({ text }) => mountSource(text))) {
      const stage = name === '' ? undefined : this.#stageNamed(name, index);
      const cursor = this.#built.find((built) => built.stage === stage)?.cursor;
      if (cursor?.kind === 'missed')
        return {
          code: 'mount-changed',
          text: `${name}, which it mounts, is made again`,
          subject: name,
          instruction: cursor.instruction,
        };
    }
    return undefined;
  }

  #find(expected: CreatedBy, makesLayer: boolean, cursor: Exclude<Cursor, { kind: 'missed' }>): Found {
    if (cursor.kind === 'unseen') return { images: [], isEverywhere: true };
    const each = cursor.images.map((below) => this.#shelf.matches(below, expected, makesLayer));
    return { images: each.flat(), isEverywhere: each.every((images) => images.length > 0) };
  }

  async #missReason(
    { command, stage, isFirst }: Place,
    expected: CreatedBy,
    makesLayer: boolean,
    { config }: StageState,
    cursor: Exclude<Cursor, { kind: 'missed' }>,
  ): Promise<StepReason> {
    const below = cursor.kind === 'on' ? cursor.images : [];
    const text = shownText(expected);
    return missReason({
      command,
      expected: text,
      siblings: below.length === 0 ? undefined : below.flatMap((each) => this.#shelf.childrenOf(each)),
      isElsewhere: this.#shelf.all.some((image) => lastText(image).trimEnd() === text.trimEnd()),
      from: this.#positionOf(stage.from.instruction),
      isFirst,
      used: new Set(makesLayer ? config.used : []),
    });
  }

  async #read(command: CopyCommand, state: StageState, cursor: Cursor): Promise<Reading> {
    const expand = (text: string): string => this.#expand(text, variablesOf(state));
    const sources = command.sources.map(({ text }) => expand(text));
    const destination = expand(command.destination.text);
    if (
      command.inlineFiles.length > 0 ||
      command.exclude.length > 0 ||
      command.keepsParents ||
      command.isLinked
    )
      return { doubt: notRead(command) };
    const remote = sources.find(isRemoteSource);
    if (remote !== undefined) return { doubt: remoteDoubt(remote) };
    const chown = expand(command.chown);
    const [below] = cursor.kind === 'on' ? cursor.images : [];
    const owner = await this.#ownerOf(chown, below);
    if (chown !== '' && owner === undefined) return { doubt: ownerDoubt(chown) };
    const chmod = expand(command.chmod);
    const settings: CopySettings = {
      ...(owner !== undefined && { owner }),
      ...(chmod !== '' && { mode: parseInt(chmod, 8) }),
    };
    const bytes = sources.map((source) => Buffer.from(source).toString('latin1'));
    const question = { sources: bytes, destination, isAdd: command.kind === 'add' };
    if (command.from === undefined) return this.#ask(this.#input.context, question, settings);
    const named = this.#input.namedContexts?.get(command.from.text);
    if (named !== undefined) return this.#ask(named, question, { ...settings, keepsOwners: true });
    return this.#readStage(command.from.text, sources, destination);
  }

  async #ask(
    context: BuildahContext,
    question: Parameters<BuildahContext['digests']>[0],
    settings: CopySettings,
  ): Promise<Reading> {
    const answer = await context.digests(question, settings, this.#options);
    if (answer.kind === 'unknown') return { doubt: unreadable(answer.why) };
    if (answer.kind === 'missing')
      return { failure: `${Buffer.from(answer.source, 'latin1').toString()} is not in the context` };
    const again = (): Promise<Reading> => this.#ask(context, question, { ...settings, withAttributes: true });
    return {
      digests: answer.texts,
      changed: answer.changed,
      ...(settings.withAttributes !== true && { again }),
    };
  }

  /** Numbers are themselves, names are those of the image; a group that is not given has the user's number. */
  async #ownerOf(text: string, below: Below | undefined): Promise<Owner | undefined> {
    if (text === '') return undefined;
    const [, uid, gid = uid] = /^([0-9]+)(?::([0-9]+))?$/.exec(text) ?? [];
    if (uid !== undefined) return { uid: Number(uid), gid: Number(gid) };
    const image = this.#shelf.all.find((each) => each === below);
    return image && this.#input.ownerIn?.(image, text, this.#options);
  }

  async #readStage(text: string, sources: readonly string[], destination: string): Promise<Reading> {
    const stage = this.#stageNamed(text, this.#stages.stages.length);
    const built = this.#built.find((each) => each.stage === stage);
    const { image, isAsked } =
      built === undefined ? this.#imageNamed(text) : { image: undefined, isAsked: true };
    if (built?.cursor.kind === 'missed') return { doubt: stageDoubt(text, built.cursor.instruction) };
    if (built?.cursor.doubt !== undefined) return { doubt: built.cursor.doubt };
    const below = built?.cursor.kind === 'on' ? built.cursor.images[0] : image;
    const from = this.#shelf.all.find((each) => each === below);
    if (from === undefined) return { doubt: notAsked(text) };
    const digest = await this.#input.imageDigest?.(from.id, sources, destination, this.#options);
    const doubt = isAsked ? undefined : assumed(text, from);
    if (digest === undefined) return { doubt: worse(doubt, uncompared(text)) ?? uncompared(text) };
    return { digests: [digest], ...(doubt !== undefined && { doubt }) };
  }

  #expand(text: string, variables: Variables): string {
    const expanded = expandWord(text, variables, { escape: this.#input.dockerfile.escape });
    return expanded.failure === undefined ? expanded.text : text;
  }

  /** As buildah shows it: stages are counted when there is more than one. */
  #rowOf(stage: Stage, at: number, needed: ReadonlySet<number>): string {
    const instruction = at === 0 ? stage.from.instruction : stage.commands[at - 1]?.instruction;
    const step = `STEP ${at + 1}/${stage.commands.length + 1}: ${instruction?.original.trim() ?? ''}`;
    const count = this.#stages.stages.length;
    return count > 1 && needed.size > 0 ? `[${stage.index + 1}/${count}] ${step}` : step;
  }

  #positionOf(instruction: Instruction): number {
    return this.#positions.get(instruction) ?? 0;
  }

  #set(
    instruction: Instruction,
    stage: string,
    outcome: Outcome,
    row?: string,
    place?: Place,
    expected?: CreatedBy,
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
      ...(expected !== undefined && { expanded: shownText(expected).replace(/^.*?#\(nop\) */s, '') }),
      ...outcome,
    };
    if (from === undefined) this.#statuses.set(instruction, status);
    else this.#triggers.push(status);
  }

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
    const label = stage === undefined ? '' : labelOf(stage);
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

function idOf(remote: string | BuilderImage): string {
  return typeof remote === 'string' ? remote : remote.id;
}

function imageOf(remote: string | BuilderImage): BuilderImage | undefined {
  return typeof remote === 'string' ? undefined : remote;
}

interface Found {
  readonly images: readonly BuilderImage[];
  /** Whether each image that it may be made on has one. */
  readonly isEverywhere: boolean;
}

function labelOf({ from, index }: Stage): string {
  return from.stageName ?? String(index);
}

/** ENV hides ARG. */
function variablesOf({ config, args }: StageState): Variables {
  const env = new Map(config.config.env.map(splitSetting));
  return { get: (name) => env.get(name) ?? args.get(name) };
}

/** Nothing was found, or its files were touched after the image was made, so that they may have got attributes. */
function mayHaveAttributes({ images }: Found, { changed = 0 }: Reading): boolean {
  return images.length === 0 || images.every(({ created }) => changed > created - slackMs);
}

/** Not all stores tell more than seconds. */
const slackMs = 1000;

function shownText(expected: CreatedBy): string {
  if (expected.kind === 'around') return `${expected.before}?${expected.after} `;
  const [first = ''] = expected.texts;
  return /#\(nop\) (?:COPY|ADD) /.test(first) ? `${first} ` : first;
}

const askedFor: StepReason = { code: 'not-cached-asked', text: 'the build is asked not to use the cache' };
const withoutLayers: StepReason = {
  code: 'not-cached-asked',
  text: 'without --layers buildah keeps no steps and looks none up',
  subject: '--layers',
};
const notNeeded: StepReason = { code: 'stage-not-needed', text: 'nothing that is built needs its stage' };
const invalid: Outcome = {
  state: 'unknown',
  reason: { code: 'invalid', text: 'the build fails before it: the builder refuses the file' },
};
const mountDoubt: Doubt = {
  state: 'unknown',
  reason: {
    code: 'not-understood',
    text: 'what its mount shows is summed in a way that is not computed here',
  },
};
const severalDoubt: Doubt = {
  state: 'likely',
  reason: { code: 'found-in-image', text: 'it was made on one of several images that the step above may be' },
};

function above(instruction: number): StepReason {
  return { code: 'step-above', text: 'a step above it is made again', instruction };
}

function foundIn({ id }: BuilderImage, command: Command): StepReason {
  const text = `found as image ${id.replace(/^sha256:/, '').slice(0, 12)}`;
  const isMounting = command.kind === 'run' && hasBind(command);
  return { code: 'found', text: isMounting ? `${text}; what its mounts show is not compared` : text };
}

function notCompared({ name, before, after }: NonNullable<ReturnType<typeof staleValue>>): StepReason {
  return {
    code: 'not-compared',
    text: `${name} is ${after ?? 'not set'} now, but the image keeps ${before ?? 'none'}: buildah compares the text alone`,
    subject: name,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

function doubt(state: Doubt['state'], reason: StepReason): Doubt {
  return { state, reason };
}

function assumed(name: string, { id }: BuilderImage): Doubt {
  const short = id.replace(/^sha256:/, '').slice(0, 12);
  return doubt('likely', {
    code: 'base-not-asked',
    text: `if ${name} is still image ${short}: its registry was not asked`,
    subject: name,
  });
}

function notAsked(name: string): Doubt {
  const text = `the image ${name} is not here, and its registry was not asked`;
  return doubt('unknown', { code: 'base-not-asked', text, subject: name });
}

function remoteDoubt(source: string): Doubt {
  const text = 'what the address gives is known when it was fetched';
  return doubt('unknown', { code: 'remote-source', text, subject: source });
}

function ownerDoubt(owner: string): Doubt {
  const text = `the number of ${owner} in the image is not known`;
  return doubt('unknown', { code: 'not-understood', text, subject: owner });
}

function unreadable(why: string): Doubt {
  return doubt('unknown', { code: 'context-unreadable', text: why });
}

function notRead({ instruction }: CopyCommand): Doubt {
  const text = `what ${instruction.original.split(' ', 2).join(' ')} prints is not computed here`;
  return doubt('unknown', { code: 'not-understood', text });
}

function stageDoubt(name: string, instruction: number): Doubt {
  const text = `cached if what it copies of ${name} comes out the same`;
  return doubt('depends', { code: 'stage-output', text, instruction, subject: name });
}

function uncompared(name: string): Doubt {
  const text = `${name} is the image that it was; what was copied of it was not compared`;
  return doubt('likely', { code: 'found-in-image', text, subject: name });
}

import { throwIfAborted } from '../../base/abort.ts';
import type { CallOptions } from '../../base/progress.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { CacheReport } from '../cache/cacheReport.ts';
import type { Instruction } from '../dockerfile/ast.ts';
import type { Command } from '../dockerfile/commands.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import { readStages, type Stage, type Stages } from '../dockerfile/readStages.ts';
import { triggersOf } from '../plan/triggers.ts';
import { BuildLimits } from './buildLimits.ts';
import { BuiltStages } from './builtStages.ts';
import { CacheSources } from './cacheSources.ts';
import { ClassicArguments } from './classicArguments.ts';
import type { ClassicInput } from './classicInput.ts';
import { ClassicStage, isCopy } from './classicStage.ts';
import { type CopyReading, readCopy } from './copyReading.ts';
import type { Cursor } from './cursor.ts';
import { type ExpectedStep, shownText } from './expectedStep.ts';
import { ImageShelf } from './imageShelf.ts';
import { base, failsHere, globalArgument, refusedFile } from './reasons.ts';
import { keepsWorkdir } from './refusals.ts';
import { type Outcome, ReportSteps, type ShownStep } from './reportSteps.ts';
import { type LookedUp, StepLookup } from './stepLookup.ts';

/** An instruction in its stage. */
interface Place {
  readonly stage: Stage;
  readonly command: Command;
  readonly isTrigger: boolean;
  readonly isFirst: boolean;
}

/** One replay of the builder's way through a Dockerfile: all stages up to the target, whether they are needed or not. */
export class ClassicWalk {
  readonly #input: ClassicInput;
  readonly #options: CallOptions;
  readonly #stages: Stages;
  readonly #steps: ReportSteps;
  readonly #limits: BuildLimits;
  readonly #lookup: StepLookup;
  readonly #built: BuiltStages;
  #arguments: ClassicArguments;
  #row = 0;
  #rowCount = 0;

  constructor(input: ClassicInput, options: CallOptions) {
    this.#input = input;
    this.#options = options;
    this.#stages = readStages(input.dockerfile);
    this.#steps = new ReportSteps(input.dockerfile, this.#stages);
    this.#limits = new BuildLimits(input, this.#stages, (instruction) => this.#steps.positionOf(instruction));
    const shelf = new ImageShelf(input.images, this.#limits.isNew);
    const names = (input.request.cacheFrom ?? []).map(normalizeName);
    const sources = names.length > 0 ? new CacheSources(shelf, names) : undefined;
    this.#lookup = new StepLookup(input, shelf, sources);
    this.#built = new BuiltStages(input, shelf);
    this.#arguments = ClassicArguments.of(input.request.buildArgs);
  }

  async report(): Promise<CacheReport> {
    const { builder, command, evidence } = this.#input;
    const stages = this.#limits.stages;
    const count = stages.reduce((sum, { commands }) => sum + 1 + commands.length, 0);
    this.#rowCount = this.#stages.globalArgs.length + count;
    this.#declareGlobals();
    for (const stage of stages) await this.#walk(stage);
    const steps = this.#steps.finish();
    const { triggers } = this.#steps;
    return { builder, command, steps, triggers, problems: this.#limits.problems, evidence };
  }

  #declareGlobals(): void {
    for (const { args, instruction } of this.#stages.globalArgs) {
      const before = this.#arguments;
      for (const { key, value } of args) {
        const expanded =
          value === undefined ? undefined : expandWord(value, before, this.#input.dockerfile).text;
        this.#arguments = this.#arguments.withGlobal(key, expanded);
      }
      this.#steps.set(instruction, { state: 'no-step', reason: globalArgument }, this.#rowOf(instruction));
    }
  }

  async #walk(stage: Stage): Promise<void> {
    const { from, commands } = stage;
    this.#steps.set(from.instruction, { state: 'no-step', reason: base }, this.#rowOf(from.instruction));
    const name = expandWord(from.image.text, this.#arguments.ofFrom, this.#input.dockerfile).text;
    const begin = this.#built.baseOf(name);
    const state = new ClassicStage(
      begin.config,
      this.#arguments.forStage(),
      this.#input.dockerfile.escape,
      keepsWorkdir(this.#input.builder),
    );
    const triggers = triggersOf(begin.config.onbuild).commands;
    let { cursor } = begin;
    for (const [at, command] of [...triggers, ...commands].entries()) {
      throwIfAborted(this.#options.signal, this.#input.request.dockerfile);
      const place = { stage, command, isTrigger: at < triggers.length, isFirst: at === 0 };
      cursor = await this.#step(place, state, cursor);
    }
    this.#built.add(from.stageName, { cursor, config: state.config });
  }

  async #step(place: Place, state: ClassicStage, cursor: Cursor): Promise<Cursor> {
    const { command, isTrigger, stage } = place;
    const row = isTrigger ? {} : this.#rowOf(command.instruction);
    const at = this.#steps.positionOf(isTrigger ? stage.from.instruction : command.instruction);
    if (this.#limits.isBehindEnd(at)) {
      this.#set(place, refusedFile, row);
      return cursor;
    }
    state.used.clear();
    const reading = await this.#read(command, at, state, cursor);
    const expected = state.next(command, reading.sum);
    const shown = { ...row, expanded: shownText(expected) };
    if (reading.failure !== undefined) {
      this.#limits.endAt(at, command.instruction, reading.failure);
      this.#set(place, { state: 'unknown', reason: failsHere(reading.failure) }, shown);
      return cursor;
    }
    const { outcome, next } = await this.#look(place, at, expected, reading, state, cursor);
    this.#set(place, this.#limits.withIgnored(command, outcome), shown);
    return next;
  }

  async #read(command: Command, at: number, state: ClassicStage, cursor: Cursor): Promise<CopyReading> {
    const isAsked = cursor.kind !== 'missed' && this.#input.request.noCache !== true;
    if (!isCopy(command) || !isAsked) return {};
    const { sources } = state.sourcesOf(command);
    return readCopy(command, sources, this.#input, this.#built, at, this.#options);
  }

  #look(
    { command, stage, isFirst }: Place,
    at: number,
    expected: ExpectedStep,
    reading: CopyReading,
    { used }: ClassicStage,
    cursor: Cursor,
  ): Promise<LookedUp> {
    const from = this.#steps.positionOf(stage.from.instruction);
    return this.#lookup.look({ command, at, from, isFirst, expected, reading, used }, cursor);
  }

  #set({ command, stage, isTrigger }: Place, outcome: Outcome, shown: ShownStep): void {
    if (isTrigger) this.#steps.addTrigger(stage, command.instruction, outcome, shown);
    else this.#steps.set(command.instruction, outcome, shown);
  }

  #rowOf({ original }: Instruction): { readonly row: string } {
    return { row: `Step ${++this.#row}/${this.#rowCount} : ${original.trim()}` };
  }
}

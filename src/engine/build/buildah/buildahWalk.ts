import { throwIfAborted } from '../../base/abort.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { CacheReport } from '../cache/cacheReport.ts';
import { isCopy } from '../classic/classicStage.ts';
import { base, failsHere, globalArgument, refusedFile } from '../classic/reasons.ts';
import { type Outcome, ReportSteps, type ShownStep } from '../classic/reportSteps.ts';
import type { Command } from '../dockerfile/commands.ts';
import { readStages, type Stage, type Stages } from '../dockerfile/readStages.ts';
import { triggersOf } from '../plan/triggers.ts';
import type { BuildahInput } from './buildahInput.ts';
import { BuildahLimits } from './buildahLimits.ts';
import { BuildahLookup } from './buildahLookup.ts';
import { BuildahReader, type BuildahReading } from './buildahReading.ts';
import { type BuildahCursor, BuildahStages } from './buildahStages.ts';
import { BuildahState, expandIn, headingArguments } from './buildahState.ts';
import { buildahRules } from './buildahVersion.ts';
import { type CreatedBy, createdBy, createdByCopy, expectedText } from './createdBy.ts';
import { HistoryShelf } from './historyShelf.ts';
import { neededStages } from './stageNeeds.ts';

/** An instruction in its stage. */
interface Place {
  readonly stage: Stage;
  readonly command: Command;
  readonly isTrigger: boolean;
  readonly isFirst: boolean;
}

/** One replay of buildah's way through a Dockerfile: the stages that the target needs. */
export class BuildahWalk {
  readonly #input: BuildahInput;
  readonly #options: CallOptions;
  readonly #stages: Stages;
  readonly #heading: ReadonlyMap<string, string>;
  readonly #steps: ReportSteps;
  readonly #limits: BuildahLimits;
  readonly #built: BuildahStages;
  readonly #reader: BuildahReader;
  readonly #lookup: BuildahLookup;

  constructor(input: BuildahInput, options: CallOptions) {
    this.#input = input;
    this.#options = options;
    this.#stages = readStages(input.dockerfile);
    this.#heading = headingArguments(input, this.#stages);
    this.#steps = new ReportSteps(input.dockerfile, this.#stages);
    this.#limits = new BuildahLimits(input.builder, this.#stages, (instruction) =>
      this.#steps.positionOf(instruction),
    );
    const shelf = new HistoryShelf(input.images);
    this.#built = new BuildahStages(input, shelf, this.#stages.stages);
    this.#reader = new BuildahReader(input, shelf, this.#built, options);
    this.#lookup = new BuildahLookup(input, shelf, this.#built);
  }

  async report(): Promise<CacheReport> {
    const { builder, command, request, evidence } = this.#input;
    const { needed, isFound } = neededStages(this.#stages, request.target, (stage) => this.#baseName(stage));
    if (!isFound) this.#limits.refuseTarget(request.target ?? '');
    for (const { instruction } of this.#stages.globalArgs)
      this.#steps.set(instruction, { state: 'no-step', reason: globalArgument });
    for (const stage of needed) await this.#walk(stage);
    const steps = this.#steps.finish();
    const { triggers } = this.#steps;
    return { builder, command, steps, triggers, problems: this.#limits.problems, evidence };
  }

  #baseName({ from }: Stage): string {
    return expandIn(from.image.text, { get: (name) => this.#heading.get(name) }, this.#input);
  }

  async #walk(stage: Stage): Promise<void> {
    const { from, commands } = stage;
    this.#steps.set(from.instruction, { state: 'no-step', reason: base }, this.#rowOf(stage, 0));
    const begin = this.#built.baseOf(this.#baseName(stage), stage.index);
    const state = new BuildahState(this.#input, begin.config, this.#heading);
    const triggers = triggersOf(begin.config.onbuild).commands;
    let { cursor } = begin;
    for (const [at, command] of [...triggers, ...commands].entries()) {
      throwIfAborted(this.#options.signal, this.#input.request.dockerfile);
      const isTrigger = at < triggers.length;
      const row = isTrigger ? {} : this.#rowOf(stage, at - triggers.length + 1);
      cursor = await this.#step({ stage, command, isTrigger, isFirst: at === 0 }, state, cursor, row);
    }
    this.#built.add(stage, { cursor, config: state.config });
  }

  async #step(
    place: Place,
    state: BuildahState,
    cursor: BuildahCursor,
    row: ShownStep,
  ): Promise<BuildahCursor> {
    const { command, stage, isFirst, isTrigger } = place;
    const from = this.#steps.positionOf(stage.from.instruction);
    const at = isTrigger ? from : this.#steps.positionOf(command.instruction);
    if (this.#limits.isBehindEnd(at)) {
      this.#set(place, refusedFile, row);
      return cursor;
    }
    const reading = await this.#read(place, at, state, cursor);
    const expected = this.#expect(command, state, reading);
    const shown = { ...row, expanded: expectedText(expected).replace(/^.*?#\(nop\) */s, '') };
    if (reading.failure !== undefined) {
      this.#limits.endAt(at, command.instruction, reading.failure);
      this.#set(place, { state: 'unknown', reason: failsHere(reading.failure) }, shown);
      return cursor;
    }
    const step = { command, at, from, stage: stage.index, isFirst, expected, reading, state };
    const { outcome, next } = await this.#lookup.look(step, cursor);
    this.#set(place, outcome, shown);
    return next;
  }

  async #read(
    { command, stage }: Place,
    at: number,
    state: BuildahState,
    cursor: BuildahCursor,
  ): Promise<BuildahReading> {
    if (!isCopy(command) || !this.#lookup.isLooking(cursor)) return {};
    return this.#reader.read(command, state, cursor, { at, stage: stage.index });
  }

  /** What is looked up. Behind it the state is the one behind the instruction. */
  #expect(command: Command, state: BuildahState, { digests }: BuildahReading): CreatedBy {
    state.declare(command);
    const expected = isCopy(command)
      ? createdByCopy(command, digests)
      : createdBy(command, state.args, state.env, buildahRules(this.#input.builder));
    state.apply(command);
    return expected;
  }

  #set({ command, stage, isTrigger }: Place, outcome: Outcome, shown: ShownStep): void {
    if (isTrigger) this.#steps.addTrigger(stage, command.instruction, outcome, shown);
    else this.#steps.set(command.instruction, outcome, shown);
  }

  /** As buildah shows it: stages are counted when there is more than one. */
  #rowOf({ from, commands, index }: Stage, at: number): { readonly row: string } {
    const instruction = at === 0 ? from.instruction : commands[at - 1]?.instruction;
    const step = `STEP ${at + 1}/${commands.length + 1}: ${instruction?.original.trim() ?? ''}`;
    const count = this.#stages.stages.length;
    return { row: count > 1 ? `[${index + 1}/${count}] ${step}` : step };
  }
}

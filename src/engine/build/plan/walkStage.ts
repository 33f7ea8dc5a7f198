import type { Pieces } from '../../base/pieces.ts';
import type { Command } from '../dockerfile/commands.ts';
import { absolutePath } from './absolutePath.ts';
import type { BaseImage, Operation, PlannedStep, StageBase } from './buildPlan.ts';
import { RowNames, rowText, runRowText } from './rowNames.ts';
import { parseHeredocWord } from '../dockerfile/heredocWords.ts';
import type { DraftCommand, StageDraft } from './stageDrafts.ts';
import { begun, stateOfImage, type StageState } from './stageState.ts';
import { ownerOf, type StepContext, StepMaker } from './stepMaker.ts';

/** A stage, and what it begins with. */
export interface StageToWalk {
  readonly draft: StageDraft;
  readonly base: StageBase;
  readonly image: BaseImage | undefined;
  readonly label: string;
  /** What the stage below left. */
  readonly under: StageState | undefined;
}

export interface WalkedStage {
  readonly steps: readonly PlannedStep[];
  readonly state: StageState;
}

/** Goes through a stage from FROM down, and tells what each instruction becomes and what is left at the end. */
export function walkStage(stage: StageToWalk, context: StepContext): Pieces<WalkedStage> {
  return new StageWalk(stage, context).walk();
}

class StageWalk {
  readonly #stage: StageToWalk;
  readonly #context: StepContext;
  readonly #rows: RowNames;
  readonly #steps: PlannedStep[] = [];
  #state: StageState;

  constructor(stage: StageToWalk, context: StepContext) {
    this.#stage = stage;
    this.#context = context;
    const { under, image, base, draft } = stage;
    this.#state = under === undefined ? stateOfImage(image, context.system) : begun(under, context.system);
    const own = draft.commands.filter(({ isTrigger, command }) => !isTrigger && isCounted(command)).length;
    this.#rows = new RowNames(stage.label, own + (base.kind === 'image' || base.kind === 'context' ? 1 : 0));
  }

  *walk(): Pieces<WalkedStage> {
    this.#addFrom();
    this.#rows.addTriggers(this.#stage.draft.commands.filter(({ isTrigger }) => isTrigger).length);
    for (const each of this.#stage.draft.commands) {
      this.#add(each);
      yield;
    }
    return { steps: this.#steps, state: this.#state };
  }

  #addFrom(): void {
    const { draft, base, image } = this.#stage;
    if (draft.from === undefined) return;
    const { instruction } = draft.from;
    const hasRow = base.kind === 'image' && image?.hasLayers !== false;
    const step = {
      instruction,
      range: instruction.range,
      isTrigger: false,
      variables: new Set<string>(),
      scope: this.#state,
    };
    const operation = { kind: 'from', base } as const;
    this.#steps.push({ ...step, operation, ...(hasRow && { row: this.#rows.next(`FROM ${base.name}`) }) });
  }

  #add({ command, isTrigger, sources }: DraftCommand): void {
    const { instruction } = command;
    const from = this.#stage.draft.from?.instruction.range;
    const range = isTrigger && from !== undefined ? from : instruction.range;
    const scope = this.#state;
    const maker = new StepMaker(this.#context, scope, range);
    this.#refuseLater(command, sources, range);
    const operation = this.#operationOf(command, sources, maker, range);
    const row = this.#rowOf(command, operation, isTrigger);
    this.#steps.push({
      instruction,
      range,
      isTrigger,
      operation,
      variables: maker.variables,
      scope,
      ...(row !== undefined && { row }),
    });
  }

  #operationOf(
    command: Command,
    sources: readonly number[],
    maker: StepMaker,
    range: PlannedStep['range'],
  ): Operation {
    if (command.kind === 'run') return maker.run(command, sources);
    if (command.kind === 'copy' || command.kind === 'add') return maker.copy(command, sources[0]);
    if (command.kind === 'workdir') return this.#workdir(maker.expand(command.path.text), range);
    this.#state = this.#after(command, maker);
    return metadata;
  }

  #workdir(written: string, range: PlannedStep['range']): Operation {
    const path = absolutePath(this.#state.workingDirectory, written);
    if (Math.max(path.length, written.length) > longestPath) return this.#refuseLongPath(range);
    // An absolute one stays as it is written: RUN is told so.
    this.#state = { ...this.#state, workingDirectory: written.startsWith('/') ? written : path };
    const owner = ownerOf(this.#state.user);
    return { kind: 'workdir', path, ...(owner !== undefined && { owner }) };
  }

  /** A build would fail there; and each of many could be longer than the one before. */
  #refuseLongPath(range: PlannedStep['range']): Operation {
    const message = `a working directory has more than ${longestPath} characters`;
    this.#context.report({ code: 'argument-invalid', severity: 'error', range, message });
    return metadata;
  }

  #after(command: Command, maker: StepMaker): StageState {
    if (command.kind === 'env') return maker.env(command);
    if (command.kind === 'arg') return maker.arg(command);
    if (command.kind === 'user') return { ...this.#state, user: maker.expand(command.user.text) };
    return command.kind === 'shell' ? { ...this.#state, shell: command.shell } : this.#state;
  }

  #rowOf(command: Command, operation: Operation, isTrigger: boolean): string | undefined {
    const { instruction } = command;
    const { escape, effort } = this.#context;
    const rules = { escape, effort };
    if (operation.kind === 'metadata' || operation.kind === 'from') return undefined;
    if (operation.kind === 'workdir' && operation.path === '/') return undefined;
    const text =
      operation.kind === 'run'
        ? runRowText(instruction, this.#state.env, rules, loneScript(command))
        : rowText(instruction, this.#state.env, rules);
    return this.#rows.next(text, isTrigger);
  }

  #refuseLater(command: Command, sources: readonly number[], range: PlannedStep['range']): void {
    const { index } = this.#stage.draft;
    const later = sources.find((source) => source >= index && source < this.#context.stageCount);
    if (later === undefined) return;
    const name = command.kind === 'copy' ? (command.from?.text ?? '') : '';
    const message =
      command.kind === 'copy'
        ? `cannot copy from stage "${name}", it needs to be defined before current stage "${this.#stage.label}"`
        : 'cannot mount from a stage that is defined after the current one';
    this.#context.report({ code: 'stage-not-found', severity: 'error', range, message });
  }
}

/** Linux takes none that is longer. */
const longestPath = 4096;

const metadata: Operation = { kind: 'metadata' };

function isCounted({ kind }: Command): boolean {
  return kind === 'run' || kind === 'copy' || kind === 'add' || kind === 'workdir';
}

/** The body that is the whole command of a RUN. */
function loneScript(command: Command): string | undefined {
  if (command.kind !== 'run' || !command.isShell) return undefined;
  const [heredoc] = command.instruction.heredocs;
  const isLone = parseHeredocWord(command.commandLine[0] ?? '').kind === 'heredoc';
  return isLone ? heredoc?.content : undefined;
}

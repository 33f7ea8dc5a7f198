import { atOnce, type Pieces } from '../../base/pieces.ts';
import { matchesPlatform, parsePlatform, type Platform } from '../../oci/platform.ts';
import { normalizeName } from '../../oci/reference.ts';
import type { EscapeCharacter, TextRange, Word } from '../dockerfile/ast.ts';
import type { DockerfileProblem, DockerfileProblemCode } from '../dockerfile/dockerfileProblem.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import { goQuote } from '../dockerfile/goText.ts';
import type { Stages } from '../dockerfile/readStages.ts';
import type { Effort } from '../dockerfile/wordRules.ts';
import type { BuildPlan, PlannedStage, PlanRequest, StageBase } from './buildPlan.ts';
import type { Environment } from './environment.ts';
import { globalArguments } from './globalArguments.ts';
import { NamedContexts } from './namedContexts.ts';
import { sizeProblem } from './planSize.ts';
import { type StageDraft, StageDrafts } from './stageDrafts.ts';
import type { StageState } from './stageState.ts';
import { triggersOf } from './triggers.ts';
import { walkStage } from './walkStage.ts';

/**
 * What BuildKit would build (`dockerfile2llb`): stages with their steps, each with all that acts on it. Pure: images that
 * would have to be asked for are named in the plan, and once they are known the plan is made again.
 */
export function planBuild(stages: Stages, escape: EscapeCharacter, request: PlanRequest): BuildPlan {
  return atOnce(planningOf(stages, escape, request));
}

/** The same, step by step. */
export function* planningOf(
  stages: Stages,
  escape: EscapeCharacter,
  request: PlanRequest,
): Pieces<BuildPlan> {
  const tooLarge = sizeProblem(stages);
  if (tooLarge !== undefined)
    return { stages: [], target: undefined, problems: [tooLarge, ...stages.problems] };
  return yield* new Planner(stages, escape, request).plan();
}

/** Characters put in and compared: a second's work. */
const mostEffort = 2 ** 24;

class Planner {
  readonly #stages: Stages;
  /** How words are read, and what may still be spent on them. */
  readonly #rules: { readonly escape: EscapeCharacter; readonly effort: Effort };
  readonly #request: PlanRequest;
  readonly #problems: DockerfileProblem[] = [];
  readonly #globals: Environment;
  readonly #contexts: NamedContexts;
  readonly #drafts: StageDrafts;
  readonly #platforms: (Platform | undefined)[] = [];

  constructor(stages: Stages, escape: EscapeCharacter, request: PlanRequest) {
    this.#stages = stages;
    this.#rules = { escape, effort: { left: mostEffort } };
    this.#request = request;
    this.#contexts = new NamedContexts(request.namedContexts);
    this.#drafts = new StageDrafts(this.#contexts);
    const target = request.target ?? stages.stages.at(-1)?.from.stageName;
    const report = (problem: DockerfileProblem): number => this.#problems.push(problem);
    this.#globals = globalArguments(stages.globalArgs, this.#rules, request, target, report);
  }

  *plan(): Pieces<BuildPlan> {
    this.#addStages();
    const target = this.#findTarget();
    for (const stage of this.#stages.stages) this.#addCommands(stage.index);
    this.#addTriggers();
    this.#reportCircle();
    const stages = yield* this.#walk(this.#drafts.neededBy(target));
    const problems = [...this.#stages.problems, ...this.#problems];
    const epoch = this.#globals.get('SOURCE_DATE_EPOCH');
    return {
      stages,
      target,
      ...(epoch !== undefined && { epoch }),
      problems: problems.sort((a, b) => a.range.start - b.range.start),
    };
  }

  #addStages(): void {
    for (const { from } of this.#stages.stages) {
      const name = this.#expandGlobal(from.image);
      if (name === '')
        this.#report(
          'argument-invalid',
          from.image.range,
          `base name (${from.image.text}) should not be blank`,
        );
      this.#drafts.add(name, from);
      this.#platforms.push(from.platform && this.#platformOf(from.platform));
    }
  }

  #expandGlobal(word: Word): string {
    const { text, failure } = expandWord(word.text, this.#globals, this.#rules);
    if (failure !== undefined) this.#report('expansion-failed', word.range, failure);
    return text;
  }

  #platformOf(word: Word): Platform | undefined {
    const text = this.#expandGlobal(word);
    try {
      return parsePlatform(text);
    } catch {
      const message =
        text === ''
          ? `empty platform value from expression ${word.text}`
          : `failed to parse platform ${word.text}`;
      this.#report('flag-value', word.range, message);
      return undefined;
    }
  }

  #findTarget(): number | undefined {
    const { target } = this.#request;
    if (target === undefined) return this.#stages.stages.at(-1)?.index;
    const found = this.#drafts.find(target);
    if (found === undefined)
      this.#report(
        'stage-not-found',
        { start: 0, end: 0 },
        `target stage ${goQuote(target)} could not be found`,
      );
    return found;
  }

  #addCommands(index: number): void {
    const draft = this.#drafts.all[index];
    const stage = this.#stages.stages[index];
    if (draft === undefined || stage === undefined || draft.replacedBy !== undefined) return;
    draft.commands = stage.commands.flatMap((command) => {
      const made = this.#drafts.toDraft(command, false);
      if (made === undefined && command.kind === 'copy')
        this.#report(
          'stage-not-found',
          command.instruction.range,
          `invalid stage index ${command.from?.text ?? ''}`,
        );
      return made ?? [];
    });
  }

  /** What a base left to be done goes before everything else; a stage's own ONBUILD is its base's to those that begin with it. */
  #addTriggers(): void {
    const before = this.#drafts.all.map(({ commands }) => commands);
    for (const draft of [...this.#drafts.all]) {
      const base = draft.base === undefined ? undefined : before[draft.base];
      const kept = draft.base === undefined ? (this.#imageOf(draft)?.onbuild ?? []) : [];
      const own =
        base?.flatMap(({ command }) => (command.kind === 'onbuild' ? [command.expression] : [])) ?? [];
      const { commands, failures } = triggersOf([...kept, ...own]);
      const range = draft.from?.instruction.range ?? { start: 0, end: 0 };
      for (const failure of failures) this.#report(failure.code, range, failure.message);
      const made = commands.map((command) => this.#drafts.toDraft(command, true));
      draft.commands = [...made.filter((each) => each !== undefined), ...draft.commands];
    }
  }

  #reportCircle(): void {
    const circle = this.#drafts.circle();
    if (circle === undefined) return;
    const { stage, command } = circle;
    const message = `circular dependency detected on stage: ${this.#labelOf(stage)}`;
    this.#report('stage-circular', command?.instruction.range ?? { start: 0, end: 0 }, message);
  }

  *#walk(needed: ReadonlySet<number>): Pieces<readonly PlannedStage[]> {
    const states: StageState[] = [];
    const stages: PlannedStage[] = [];
    for (const draft of this.#drafts.all) {
      const image = this.#imageOf(draft);
      const base = this.#baseOf(draft);
      const platform = this.#platformIn(draft);
      const { steps, state } = yield* walkStage(
        {
          draft,
          base,
          image,
          label: this.#labelOf(draft),
          under: draft.base === undefined ? undefined : states[draft.base],
        },
        {
          ...this.#rules,
          request: this.#request,
          globals: this.#globals,
          system: platform.os,
          stageCount: this.#stages.stages.length,
          report: (problem) => this.#problems.push(problem),
        },
      );
      states.push(state);
      stages.push({
        index: draft.index,
        label: this.#labelOf(draft),
        from: base,
        isNeeded: needed.has(draft.index),
        platform,
        steps,
        isBaseUnknown: base.kind === 'image' && image === undefined,
        isReplaced: draft.replacedBy !== undefined,
      });
    }
    return stages;
  }

  #labelOf({ from, index }: StageDraft): string {
    if (this.#drafts.all.length === 1 || from === undefined) return '';
    return from.stageName ?? `stage-${index}`;
  }

  #baseOf({ base, baseName, replacedBy }: StageDraft): StageBase {
    if (replacedBy !== undefined) return replacedBy;
    if (base !== undefined) return { kind: 'stage', index: base };
    if (baseName === 'scratch') return { kind: 'scratch' };
    return this.#contexts.find(baseName) ?? { kind: 'image', name: normalizeName(baseName) };
  }

  #imageOf(draft: StageDraft): ReturnType<PlanRequest['baseImage']> {
    const base = this.#baseOf(draft);
    return base.kind === 'image' ? this.#request.baseImage(base.name, this.#platformIn(draft)) : undefined;
  }

  /** A stage that begins with another has the other's. */
  #platformIn({ base, index }: StageDraft): Platform {
    const under = base === undefined ? undefined : this.#drafts.all[base];
    if (under !== undefined) return this.#platformIn(under);
    const own = this.#platforms[index];
    return own === undefined || matchesPlatform(own, this.#request.platform) ? this.#request.platform : own;
  }

  #report(code: DockerfileProblemCode, range: TextRange, message: string): void {
    this.#problems.push({ code, severity: 'error', range, message });
  }
}

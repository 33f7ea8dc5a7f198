import type { Command, FromCommand } from '../dockerfile/commands.ts';
import { mountSource } from '../dockerfile/mounts.ts';
import type { NamedContext, NamedContexts } from './namedContexts.ts';

/** A stage while the plan is made. What `--from` names and is no stage is one too, without commands. */
export interface StageDraft {
  readonly index: number;
  /** Undefined of what only `--from` names. */
  readonly from: FromCommand | undefined;
  /** Expanded. */
  readonly baseName: string;
  /** The stage that it begins with. */
  readonly base: number | undefined;
  /** Undefined when it is built from what is written in it. */
  readonly replacedBy?: NamedContext | undefined;
  commands: readonly DraftCommand[];
}

export interface DraftCommand {
  readonly command: Command;
  readonly isTrigger: boolean;
  /** The stages that it reads, by position: of COPY the one, of RUN one for each mount. */
  readonly sources: readonly number[];
}

/** The stages of a plan and their names, as BuildKit looks them up. */
export class StageDrafts {
  readonly all: StageDraft[] = [];
  readonly #byName = new Map<string, number>();
  readonly #contexts: NamedContexts;

  constructor(contexts: NamedContexts) {
    this.#contexts = contexts;
  }

  add(baseName: string, from?: FromCommand): StageDraft {
    // A name is looked up as it is written, though names are kept in lower case.
    const name = from?.stageName;
    const replacedBy = name === undefined ? undefined : this.#contexts.find(name);
    const draft: StageDraft = {
      index: this.all.length,
      from,
      baseName,
      base: replacedBy === undefined ? this.#byName.get(baseName) : undefined,
      replacedBy,
      commands: [],
    };
    this.all.push(draft);
    if (from?.stageName !== undefined) this.#byName.set(from.stageName, draft.index);
    return draft;
  }

  find(name: string): number | undefined {
    return this.#byName.get(name.toLowerCase());
  }

  /** The command with what it reads; undefined when `--from` has a number that no stage has. */
  toDraft(command: Command, isTrigger: boolean): DraftCommand | undefined {
    if (command.kind === 'copy' && command.from !== undefined) {
      const source = this.#sourceOf(command.from.text);
      return source === undefined ? undefined : { command, isTrigger, sources: [source] };
    }
    if (command.kind !== 'run') return { command, isTrigger, sources: [] };
    const names = command.mounts.map(({ text }) => mountSource(text));
    return { command, isTrigger, sources: names.map((name) => this.#mountSource(name)) };
  }

  #sourceOf(text: string): number | undefined {
    if (!/^[-+]?[0-9]+$/.test(text)) return this.find(text) ?? this.add(text).index;
    return this.all[Number(text)]?.index;
  }

  /** A mount without `from` also adds a stage, of nothing: a single stage is then called by a number. */
  #mountSource(name: string): number {
    return this.find(name || 'scratch') ?? this.add(name || 'scratch').index;
  }

  /** The stages that the one at this position depends on, itself included. */
  neededBy(target: number | undefined): ReadonlySet<number> {
    const needed = new Set<number>();
    const open = target === undefined ? [] : [target];
    for (let index = open.pop(); index !== undefined; index = open.pop()) {
      if (needed.has(index)) continue;
      needed.add(index);
      open.push(...this.#dependenciesOf(index));
    }
    return needed;
  }

  /** A stage that depends on itself, and the command that closes the circle; undefined when there is none. */
  circle(): { readonly stage: StageDraft; readonly command: Command | undefined } | undefined {
    const done = new Set<number>();
    for (const stage of this.all) {
      const command = this.#closingFrom(stage.index, done);
      if (command !== undefined) return { stage, command };
    }
    return undefined;
  }

  /** Goes down from one stage. @param done stages from which everything was seen before. */
  #closingFrom(start: number, done: Set<number>): Command | undefined {
    const path = done.has(start) ? [] : [{ index: start, open: [...this.#dependenciesOf(start)] }];
    const above = new Set([start]);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.open.pop();
      if (next === undefined) {
        above.delete(top.index);
        done.add(top.index);
        path.pop();
      } else if (above.has(next)) return this.#commandReading(top.index, next);
      else if (!done.has(next)) {
        above.add(next);
        path.push({ index: next, open: [...this.#dependenciesOf(next)] });
      }
    }
    return undefined;
  }

  #commandReading(stage: number, source: number): Command | undefined {
    return this.all[stage]?.commands.find(({ sources }) => sources.includes(source))?.command;
  }

  #dependenciesOf(index: number): readonly number[] {
    const draft = this.all[index];
    if (draft === undefined) return [];
    const sources = draft.commands.flatMap((each) => each.sources);
    return draft.base === undefined ? sources : [draft.base, ...sources];
  }
}

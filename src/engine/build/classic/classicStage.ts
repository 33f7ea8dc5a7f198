import type { EscapeCharacter } from '../dockerfile/ast.ts';
import type { ArgCommand, Command, CopyCommand, RunCommand } from '../dockerfile/commands.ts';
import { expandWord, expandWords } from '../dockerfile/expandWord.ts';
import type { Variables } from '../dockerfile/wordRules.ts';
import { splitSetting } from '../plan/environment.ts';
import type { ClassicArguments } from './classicArguments.ts';
import { type ConfigOnly, configStep } from './configStep.ts';
import type { ContainerConfig } from './containerConfig.ts';
import type { ExpectedCommand, ExpectedStep } from './expectedStep.ts';

/** What COPY or ADD reads, variables replaced. */
export interface ClassicSources {
  readonly sources: readonly string[];
  readonly destination: string;
}

const usualPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function isCopy(command: Command): command is CopyCommand {
  return command.kind === 'copy' || command.kind === 'add';
}

/**
 * One stage of a Dockerfile as the classic builder goes through it: what each instruction is looked up by, and what it
 * leaves to the next (moby, `builder/dockerfile/dispatchers.go`).
 */
export class ClassicStage {
  /** Variables that were used by the last instruction. */
  readonly used = new Set<string>();
  readonly #escape: EscapeCharacter;
  readonly #keepsWorkdir: boolean;
  #config: ContainerConfig;
  #arguments: ClassicArguments;
  #isCmdSet = false;

  /** @param keepsWorkdir an absolute WORKDIR stays as it is written, as in older engines. */
  constructor(base: ContainerConfig, args: ClassicArguments, escape: EscapeCharacter, keepsWorkdir = false) {
    const hasPath = base.env.some((setting) => splitSetting(setting)[0] === 'PATH');
    this.#config = { ...base, env: hasPath ? base.env : [...base.env, usualPath], onbuild: [] };
    this.#arguments = args;
    this.#escape = escape;
    this.#keepsWorkdir = keepsWorkdir;
  }

  /** What a stage that begins with this one begins with. */
  get config(): ContainerConfig {
    return this.#config;
  }

  /** What of a COPY or ADD is read and where it goes. To be asked before `next`. */
  sourcesOf(command: CopyCommand): ClassicSources {
    return {
      sources: command.sources.map(({ text }) => this.#expand(text)),
      destination: this.#expand(command.destination.text),
    };
  }

  /**
   * What the instruction is looked up by; a later call goes on from there.
   *
   * @param sum of COPY and ADD, what stands for the sources; undefined when it cannot be told.
   */
  next(command: Command, sum?: string): ExpectedStep {
    if (command.kind === 'run') return this.#run(command);
    if (isCopy(command)) return this.#copy(command, sum);
    const texts = command.kind === 'arg' ? [this.#declare(command)] : this.#change(command);
    const head = this.#shell();
    // Most have two blanks in what history shows: `#(nop) ` is a word.
    if (command.kind === 'workdir')
      return this.#choice(
        head,
        texts.map((text) => `#(nop) ${text}`),
      );
    return this.#choice([...head, '#(nop) '], texts);
  }

  #choice(head: readonly string[], texts: readonly string[]): ExpectedStep {
    return this.#step({ kind: 'choice', head, texts });
  }

  #step(command: ExpectedCommand, isRun = false): ExpectedStep {
    return { command, config: this.#config, isRun };
  }

  #run(command: RunCommand): ExpectedStep {
    const words = command.isShell ? [...this.#shell(), ...command.commandLine] : command.commandLine;
    const { settings, isAny } = this.#arguments.shown(this.#env());
    for (const setting of settings) this.used.add(splitSetting(setting)[0]);
    const before = isAny ? [`|${settings.length}`, ...settings] : [];
    return this.#step({ kind: 'words', words: [...before, ...words] }, true);
  }

  #copy(command: CopyCommand, sum: string | undefined): ExpectedStep {
    const chown = command.chown === '' ? '' : `--chown=${this.#expand(command.chown)}`;
    const keyword = command.kind.toUpperCase();
    const head = this.#shell();
    // Newer engines put a blank between the two.
    const before = (chown === '' ? [''] : [chown, `${chown} `]).map((each) => `#(nop) ${keyword} ${each}`);
    const after = ` in ${this.#expand(command.destination.text)} `;
    if (sum === undefined) return this.#step({ kind: 'any-sum', head, before, after });
    return this.#choice(
      head,
      before.map((each) => `${each}${sum}${after}`),
    );
  }

  /** A given value does not show here, only in RUN. */
  #declare({ args }: ArgCommand): string {
    const expanded = args.map(({ key, value }) => ({
      name: this.#expand(key),
      value: value === undefined ? undefined : this.#expand(value),
    }));
    for (const { name, value } of expanded) this.#arguments = this.#arguments.with(name, value);
    const shown = expanded.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`));
    return `ARG ${shown.join(' ')}`;
  }

  #change(command: Exclude<ConfigOnly, ArgCommand>): readonly string[] {
    const { texts, change } = configStep(command, {
      config: this.#config,
      shell: this.#shell(),
      isCmdSet: this.#isCmdSet,
      keepsWorkdir: this.#keepsWorkdir,
      expand: (text) => this.#expand(text),
      expandMany: (text) => this.#expandMany(text),
    });
    if (command.kind === 'cmd' && command.instruction.args.length > 0) this.#isCmdSet = true;
    this.#config = { ...this.#config, ...change };
    return texts;
  }

  #shell(): readonly string[] {
    return this.#config.shell.length > 0 ? this.#config.shell : ['/bin/sh', '-c'];
  }

  #env(): ReadonlyMap<string, string> {
    return new Map(this.#config.env.map(splitSetting));
  }

  /** ENV hides ARG. */
  #variables(): Variables {
    const env = this.#env();
    return { get: (name) => env.get(name) ?? this.#arguments.get(name) };
  }

  /** As it is written when that fails: the build fails there too. */
  #expand(text: string): string {
    const expanded = expandWord(text, this.#variables(), { escape: this.#escape });
    for (const name of expanded.used) this.used.add(name);
    return expanded.failure === undefined ? expanded.text : text;
  }

  #expandMany(text: string): readonly string[] {
    const expanded = expandWords(text, this.#variables(), { escape: this.#escape });
    for (const name of expanded.used) this.used.add(name);
    return expanded.words.map((word) => word.text);
  }
}

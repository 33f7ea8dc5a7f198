import type { EscapeCharacter, Pair } from '../dockerfile/ast.ts';
import type {
  ArgCommand,
  Command,
  ConfigCommand,
  CopyCommand,
  LabelCommand,
  RunCommand,
} from '../dockerfile/commands.ts';
import { expandWord, expandWords } from '../dockerfile/expandWord.ts';
import type { Variables } from '../dockerfile/wordRules.ts';
import { absolutePath } from '../plan/absolutePath.ts';
import { splitSetting } from '../plan/environment.ts';
import { type ClassicArguments, byBytes } from './classicArguments.ts';
import type { ContainerConfig } from './containerConfig.ts';
import type { ExpectedCommand, ExpectedStep } from './expectedStep.ts';
import { exposedPorts } from './exposedPorts.ts';
import { goList, goQuotedList, healthcheckOf, healthcheckTexts } from './nopText.ts';

/** What COPY or ADD reads, variables expanded. */
export interface ClassicSources {
  readonly sources: readonly string[];
  readonly destination: string;
}

const usualPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

type PlainCommand = Exclude<Command, RunCommand | CopyCommand>;

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
  #config: ContainerConfig;
  #arguments: ClassicArguments;
  /** ENTRYPOINT takes a CMD away that comes from the base. */
  #isCmdSet = false;

  constructor(base: ContainerConfig, args: ClassicArguments, escape: EscapeCharacter) {
    const hasPath = base.env.some((setting) => splitSetting(setting)[0] === 'PATH');
    this.#config = { ...base, env: hasPath ? base.env : [...base.env, usualPath], onbuild: [] };
    this.#arguments = args;
    this.#escape = escape;
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
    const text = this.#apply(command);
    const texts = typeof text === 'string' ? [text] : text;
    // One word with two blanks, which is what history shows.
    const isPath = command.kind === 'workdir';
    const head = this.#shell();
    const [only] = texts;
    if (only !== undefined && texts.length === 1)
      return this.#step({
        kind: 'words',
        words: isPath ? [...head, `#(nop) ${only}`] : [...head, '#(nop) ', only],
      });
    return this.#step({ kind: 'choice', head: [...head, '#(nop) '], texts });
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
    const { destination } = this.sourcesOf(command);
    const chown = command.chown === '' ? '' : `--chown=${this.#expand(command.chown)}`;
    const keyword = command.kind.toUpperCase();
    const head = this.#shell();
    // Newer engines put a blank between the two.
    const before = (chown === '' ? [''] : [chown, `${chown} `]).map((each) => `#(nop) ${keyword} ${each}`);
    const after = ` in ${destination} `;
    if (sum === undefined) return this.#step({ kind: 'any-sum', head, before, after });
    const texts = before.map((each) => `${each}${sum}${after}`);
    return this.#step({ kind: 'choice', head, texts });
  }

  /** Changes the config, and gives the text of the step. */
  #apply(command: PlainCommand): string | readonly string[] {
    switch (command.kind) {
      case 'env':
        return this.#setEnv(command.pairs);
      case 'label':
        return this.#setLabels(command);
      case 'arg':
        return this.#declare(command);
      case 'workdir': {
        const path = absolutePath(this.#config.workingDirectory, this.#expand(command.path.text));
        this.#set({ workingDirectory: path });
        return `WORKDIR ${path}`;
      }
      case 'user': {
        const user = this.#expand(command.user.text);
        this.#set({ user });
        return `USER ${user}`;
      }
      case 'shell':
        this.#set({ shell: command.shell });
        return `SHELL ${goList(command.shell)}`;
      case 'onbuild':
        this.#set({ onbuild: [...this.#config.onbuild, command.expression] });
        return `ONBUILD ${command.expression}`;
      case 'from':
        return '';
      default:
        return this.#configure(command);
    }
  }

  #setEnv(pairs: readonly Pair[]): string {
    const settings = pairs.map(
      ({ key, value }) => [this.#expand(key.text), this.#expand(value.text)] as const,
    );
    const env = [...this.#config.env];
    for (const [name, value] of settings) {
      const at = env.findIndex((setting) => splitSetting(setting)[0] === name);
      env.splice(at < 0 ? env.length : at, at < 0 ? 0 : 1, `${name}=${value}`);
    }
    this.#set({ env });
    return `ENV ${settings.map(([name, value]) => `${name}=${value}`).join(' ')}`;
  }

  #setLabels({ pairs }: LabelCommand): string {
    const settings = pairs.map(
      ({ key, value }) => [this.#expand(key.text), this.#expand(value.text)] as const,
    );
    this.#set({ labels: new Map([...this.#config.labels, ...settings]) });
    return `LABEL ${settings.map(([name, value]) => `${name}=${value}`).join(' ')}`;
  }

  /** A given value does not show here, only in RUN. */
  #declare({ args }: ArgCommand): string {
    const expanded = args.map(({ key, value }) => ({
      name: this.#expand(key),
      value: value === undefined ? undefined : this.#expand(value),
    }));
    for (const { name, value } of expanded) this.#arguments = this.#arguments.with(name, value);
    return `ARG ${expanded.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)).join(' ')}`;
  }

  #configure({ kind, instruction }: ConfigCommand): string | readonly string[] {
    const words = instruction.args.map(({ text }) => text);
    switch (kind) {
      case 'cmd': {
        const cmd = this.#commandLine(words, instruction.isJson);
        this.#set({ cmd });
        if (words.length > 0) this.#isCmdSet = true;
        return `CMD ${goQuotedList(cmd)}`;
      }
      case 'entrypoint': {
        const entrypoint = this.#commandLine(words, instruction.isJson);
        this.#set({ entrypoint, ...(!this.#isCmdSet && { cmd: [] }) });
        return `ENTRYPOINT ${goQuotedList(entrypoint)}`;
      }
      case 'expose': {
        const ports = [...words].sort(byBytes).flatMap((word) => this.#expandMany(word));
        this.#set({ exposedPorts: new Set([...this.#config.exposedPorts, ...exposedPorts(ports)]) });
        return `EXPOSE ${ports.join(' ')}`;
      }
      case 'volume': {
        const volumes = words.map((word) => this.#expand(word));
        this.#set({ volumes: new Set([...this.#config.volumes, ...volumes]) });
        return `VOLUME ${goList(volumes)}`;
      }
      case 'stopsignal': {
        const stopSignal = this.#expand(words[0] ?? '');
        this.#set({ stopSignal });
        return `STOPSIGNAL ${stopSignal}`;
      }
      case 'maintainer':
        return `MAINTAINER ${words[0] ?? ''}`;
      case 'healthcheck': {
        const healthcheck = healthcheckOf(instruction);
        this.#set({ healthcheck });
        return healthcheckTexts(healthcheck);
      }
    }
  }

  #commandLine(words: readonly string[], isJson: boolean): readonly string[] {
    return isJson || words.length === 0 ? words : [...this.#shell(), words.join(' ')];
  }

  #set(change: Partial<ContainerConfig>): void {
    this.#config = { ...this.#config, ...change };
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
    return expanded.words.map((word) => word.text);
  }
}

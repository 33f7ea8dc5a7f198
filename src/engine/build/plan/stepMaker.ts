import type { EscapeCharacter, TextRange } from '../dockerfile/ast.ts';
import type { ArgCommand, CopyCommand, EnvCommand, RunCommand } from '../dockerfile/commands.ts';
import { withoutLeadingTabs } from '../dockerfile/copyCommand.ts';
import type { DockerfileProblem, DockerfileProblemCode } from '../dockerfile/dockerfileProblem.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import type { Effort } from '../dockerfile/wordRules.ts';
import { parseHeredocWord } from '../dockerfile/heredocWords.ts';
import { type Mount, parseMount } from '../dockerfile/mounts.ts';
import { cleanPath } from '../ignorefile/cleanPath.ts';
import type { FileOwner } from '../operationKey/fileKey.ts';
import { absolutePath, destinationPath } from './absolutePath.ts';
import type { CopyOrigin, CopyStep, PlannedMount, PlanRequest, RunStep } from './buildPlan.ts';
import { copySource, isRemoteSource } from './copySource.ts';
import type { Environment } from './environment.ts';
import { type StageState, withShell } from './stageState.ts';

/** What every instruction of a plan is made with. */
export interface StepContext {
  readonly escape: EscapeCharacter;
  /** Of all words of the file. */
  readonly effort: Effort;
  readonly request: PlanRequest;
  readonly globals: Environment;
  readonly system: string;
  /** Of the file; what `--from` names besides comes behind them. */
  readonly stageCount: number;
  readonly report: (problem: DockerfileProblem) => void;
}

/** Arguments that are for the builder alone. */
const scanArguments: ReadonlySet<string> = new Set([
  'BUILDKIT_SBOM_SCAN_CONTEXT',
  'BUILDKIT_SBOM_SCAN_STAGE',
]);

/** Makes the operation of one instruction, in the state that those above it left. */
export class StepMaker {
  readonly variables = new Set<string>();
  readonly #context: StepContext;
  readonly #state: StageState;
  readonly #range: TextRange;

  /** @param range where problems are: the instruction, or FROM of a trigger. */
  constructor(context: StepContext, state: StageState, range: TextRange) {
    this.#context = context;
    this.#state = state;
    this.#range = range;
  }

  /** The word with its variables replaced; as it is written when that fails. */
  expand(text: string): string {
    return this.#take(expandWord(text, this.#state.env, this.#context), text);
  }

  env({ pairs }: EnvCommand): StageState {
    const settings = pairs.map(({ key, value }) => [this.expand(key.text), this.expand(value.text)] as const);
    const imageEnv = new Map([...this.#state.imageEnv, ...settings]);
    return { ...this.#state, env: this.#state.env.with(settings), imageEnv };
  }

  /** Each argument sees those before it. */
  arg({ args }: ArgCommand): StageState {
    let state = this.#state;
    for (const { key, value } of args) {
      const { request, globals } = this.#context;
      const given = request.buildArgs.get(key);
      const usual =
        value === undefined
          ? globals.get(key)
          : this.#take(expandWord(value, state.env, this.#context), value);
      const set = given ?? usual;
      const isSet = set !== undefined && !scanArguments.has(key);
      if (isSet) state = { ...state, env: state.env.with([[key, set]]) };
    }
    return state;
  }

  run(command: RunCommand, sources: readonly number[]): RunStep {
    const { heredocs } = command.instruction;
    const [line = ''] = command.commandLine;
    const alone = command.isShell && heredocs.length > 0 ? parseHeredocWord(line) : undefined;
    const [first] = heredocs;
    const isScript = alone?.kind === 'heredoc' && first !== undefined;
    const body = isScript ? (first.stripsTabs ? withoutLeadingTabs(first.content) : first.content) : '';
    const isStarted = isScript && this.#context.system !== 'windows' && body.startsWith('#!');
    const rest = this.#runRest(command, sources);
    if (isStarted) {
      const script = { name: first.name, content: body, isExpanded: false };
      return { ...rest, args: this.#shellOf([absolutePath('/dev/pipes', first.name)], command), script };
    }
    if (isScript) return { ...rest, args: this.#shellOf([body], command) };
    const bodies = heredocs.map(({ content, name }) => `\n${content}${name}`).join('');
    const texts = bodies === '' ? command.commandLine : [line + bodies];
    return { ...rest, args: this.#shellOf(texts, command) };
  }

  #shellOf(texts: readonly string[], { isShell }: RunCommand): readonly string[] {
    return isShell ? withShell(this.#state, texts.join(' '), this.#context.system) : texts;
  }

  #runRest(command: RunCommand, sources: readonly number[]): Omit<RunStep, 'args'> {
    const { env, workingDirectory, user } = this.#state;
    const { network, isInsecure, devices } = command;
    const mounts = command.mounts.map(({ text }, at) => this.#mount(text, sources[at]));
    return {
      kind: 'run',
      env: env.toList(),
      cwd: workingDirectory || '/',
      user,
      network,
      isInsecure,
      devices,
      mounts: mounts.filter((mount) => mount !== undefined),
    };
  }

  #mount(text: string, source: number | undefined): PlannedMount | undefined {
    const expand = (value: string): { readonly text: string; readonly failure?: string } => {
      const { text: expanded, failure, used } = expandWord(value, this.#state.env, this.#context);
      for (const name of used) this.variables.add(name);
      return failure === undefined ? { text: expanded } : { text: expanded, failure };
    };
    const parsed = parseMount(text, expand);
    if ('failure' in parsed) {
      this.#report('mount-invalid', parsed.failure);
      return undefined;
    }
    const { mount } = parsed;
    // Those of secrets and agents are taken as they are written, and may be left out.
    if (mount.type === 'secret' || mount.type === 'ssh') return mount;
    const target = absolutePath(this.#state.workingDirectory, mount.target);
    if (target === '/') this.#report('mount-invalid', 'invalid mount target "/"');
    const shows = this.#shownBy(mount, source);
    const id = mount.type === 'cache' && mount.id === '' ? cleanPath(mount.target) : mount.id;
    return { ...mount, id, target, ...(shows !== undefined && { shows }) };
  }

  /** A cache without `from` begins empty. */
  #shownBy({ type, from }: Mount, source: number | undefined): CopyOrigin | undefined {
    if (type !== 'bind' && type !== 'cache') return undefined;
    if (from !== '' && source !== undefined) return { kind: 'stage', index: source };
    return type === 'bind' ? { kind: 'context' } : undefined;
  }

  copy(command: CopyCommand, source: number | undefined): CopyStep {
    const sources = command.sources.map(({ text }) => this.expand(text));
    const remote = sources.find(isRemoteSource);
    if (command.kind === 'copy' && remote !== undefined)
      this.#report('argument-invalid', "source can't be a URL for COPY");
    const files = command.inlineFiles.map(({ name, content, isExpanded }) => ({
      kind: 'heredoc' as const,
      name,
      content: isExpanded ? this.#expandBody(content) : content,
    }));
    const owner = ownerOf(this.expand(command.chown));
    const mode = this.#modeOf(this.expand(command.chmod));
    return {
      kind: command.kind,
      origin: source === undefined ? { kind: 'context' } : { kind: 'stage', index: source },
      sources: [...sources.map((text) => copySource(text, command)), ...files],
      destination: destinationPath(this.#state.workingDirectory, this.expand(command.destination.text)),
      ...(owner !== undefined && { owner }),
      ...(mode !== undefined && { mode }),
      exclude: command.exclude,
      // With a mode it is copied like any other.
      isLinked: command.isLinked && mode === undefined,
      checksum: command.kind === 'add' ? this.expand(command.checksum) : '',
    };
  }

  /** In a body the backslash escapes whatever the file's escape character is, and quotes are characters. */
  #expandBody(content: string): string {
    return this.#take(
      expandWord(content, this.#state.env, {
        escape: '\\',
        ignoresQuotes: true,
        effort: this.#context.effort,
      }),
      content,
    );
  }

  #modeOf(chmod: string): number | string | undefined {
    if (chmod === '') return undefined;
    if (!/^[0-7]+$/.test(chmod)) return chmod;
    const mode = parseInt(chmod, 8);
    if (mode <= 0o7777) return mode;
    this.#report(
      'flag-value',
      `invalid chmod parameter: '${chmod}'. it should be octal string and between 0 and 07777`,
    );
    return undefined;
  }

  #take(
    {
      text,
      failure,
      used,
    }: { readonly text: string; readonly failure?: string; readonly used: Iterable<string> },
    written: string,
  ): string {
    for (const name of used) this.variables.add(name);
    if (failure === undefined) return text;
    this.#report('expansion-failed', failure);
    return written;
  }

  #report(code: DockerfileProblemCode, message: string): void {
    this.#context.report({ code, severity: 'error', range: this.#range, message });
  }
}

/** `user[:group]`, by names or numbers; undefined when nothing is said. */
export function ownerOf(text: string): FileOwner | undefined {
  if (text === '') return undefined;
  const [user = '', ...group] = text.split(':');
  const named = group.length === 0 ? {} : { group: idOf(group.join(':')) };
  return { user: idOf(user), ...named };
}

function idOf(text: string): number | string {
  if (text === 'root') return 0;
  const isNumber = /^[-+]?[0-9]+$/.test(text) && Math.abs(Number(text)) < 2 ** 31;
  return isNumber ? Number(text) : text;
}

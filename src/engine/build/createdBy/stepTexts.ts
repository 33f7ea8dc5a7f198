import type { EscapeCharacter, InstructionName } from '../dockerfile/ast.ts';
import type { ArgCommand, Command, CopyCommand } from '../dockerfile/commands.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import { toCommand } from '../dockerfile/toCommand.ts';
import type { Variables } from '../dockerfile/wordRules.ts';
import type { PlannedStep } from '../plan/buildPlan.ts';
import { configTexts } from './configTexts.ts';

export interface HistoryRequest {
  readonly escape: EscapeCharacter;
  readonly buildArgs: ReadonlyMap<string, string>;
}

/** A variable and its value; undefined of an argument that has none. */
export type Setting = readonly [name: string, value: string | undefined];

interface Line {
  readonly name: InstructionName;
  readonly texts: readonly string[];
  readonly settings: readonly Setting[];
}

/** Arguments that were declared above, in order: ARG adds its own. */
interface Declared {
  /** By the stages that this one begins with: old versions leave them out. */
  readonly inherited: readonly string[];
  readonly all: string[];
}

/** What one planned step becomes in a history. */
export class StepTexts {
  readonly #step: PlannedStep;
  readonly #after: Variables | undefined;
  readonly #request: HistoryRequest;
  readonly #declared: Declared;

  /** @param after the variables of the step below; undefined of the last one. */
  constructor(step: PlannedStep, after: Variables | undefined, request: HistoryRequest, declared: Declared) {
    this.#step = step;
    this.#after = after;
    this.#request = request;
    this.#declared = declared;
  }

  /** Undefined of what leaves no entry, and of what BuildKit refuses. */
  line(): Line | undefined {
    const { instruction, operation } = this.#step;
    const read = toCommand(instruction);
    if (!('command' in read) || instruction.name === undefined || operation.kind === 'from') return undefined;
    const made = this.#made(read.command);
    return made && { name: instruction.name, settings: [], ...made };
  }

  #made(command: Command): (Partial<Line> & { readonly texts: readonly string[] }) | undefined {
    const { operation, scope } = this.#step;
    const expand = (text: string): string => this.#expand(text);
    if (operation.kind === 'run') return { texts: this.#run(operation.args) };
    if (operation.kind === 'workdir') return { texts: [`WORKDIR ${operation.path}`] };
    if (command.kind === 'copy' || command.kind === 'add') return { texts: copyTexts(command, expand) };
    if (command.kind === 'arg') return this.#arg(command);
    if (command.kind === 'env' || command.kind === 'label') {
      const pairs = command.pairs.map(({ key, value }): Setting => [expand(key.text), expand(value.text)]);
      const texts = [[command.kind.toUpperCase(), ...pairs.map(settingText)].join(' ')];
      return { texts, settings: command.kind === 'env' ? pairs : [] };
    }
    const texts = configTexts(command, { expand, scope, escape: this.#request.escape });
    return texts && { texts };
  }

  /** The arguments with the values that they have here: what ENV set hides what ARG did. */
  #run(args: readonly string[]): readonly string[] {
    const { all, inherited } = this.#declared;
    const own = all.slice(inherited.length);
    const lists = inherited.length === 0 ? [all] : [all, own];
    return lists.map((names) => `RUN ${[...this.#counted(names), ...args].join(' ')} # buildkit`);
  }

  #counted(names: readonly string[]): readonly string[] {
    const distinct = [...new Set(names)];
    if (distinct.length === 0) return [];
    const { env } = this.#step.scope;
    return [`|${distinct.length}`, ...distinct.map((name) => `${name}=${env.get(name) ?? ''}`)];
  }

  #arg({ args }: ArgCommand): Pick<Line, 'texts' | 'settings'> {
    const settings = args.map(({ key, value }): Setting => [key, this.#argumentOf(key, value)]);
    this.#declared.all.push(...args.map(({ key }) => key));
    // A name that ENV has given a value shows none unless the argument has one too.
    const unset = args.map(({ key, value }, at): Setting => [
      key,
      value === undefined && !this.#request.buildArgs.has(key) ? undefined : settings[at]?.[1],
    ]);
    const texts = [settings, unset].map((each) => ['ARG', ...each.map(settingText)].join(' '));
    return { texts: [...new Set(texts)], settings };
  }

  /** Of the last step the value of an argument from before the first FROM is not known. */
  #argumentOf(key: string, value: string | undefined): string | undefined {
    if (this.#after !== undefined) return this.#after.get(key);
    return this.#request.buildArgs.get(key) ?? (value === undefined ? undefined : this.#expand(value));
  }

  #expand(text: string): string {
    const { escape } = this.#request;
    const expanded = expandWord(text, this.#step.scope.env, { escape });
    return expanded.failure === undefined ? expanded.text : text;
  }
}

export function settingText([name, value]: Setting): string {
  return value === undefined ? name : `${name}=${value}`;
}

/** Versions before 0.13 show no flags; none shows `--from`, `--link` and `--exclude`. */
function copyTexts(command: CopyCommand, expand: (text: string) => string): readonly string[] {
  const { kind, keepsParents, chown, chmod, sources, inlineFiles, destination } = command;
  const flags = [
    ...(keepsParents ? ['--parents'] : []),
    ...(chown === '' ? [] : [`--chown=${expand(chown)}`]),
    ...(chmod === '' ? [] : [`--chmod=${expand(chmod)}`]),
  ];
  const paths = [...sources.map(({ text }) => expand(text)), ...inlineFiles.map(({ name }) => `<<${name}`)];
  const words = [...paths, expand(destination.text), '# buildkit'];
  const forms = [[...flags, ...words], words].slice(0, flags.length === 0 ? 1 : 2);
  return forms.map((form) => [kind.toUpperCase(), ...form].join(' '));
}

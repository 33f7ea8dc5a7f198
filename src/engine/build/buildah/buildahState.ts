import { formatPlatform } from '../../oci/platform.ts';
import { ClassicArguments } from '../classic/classicArguments.ts';
import { ClassicStage } from '../classic/classicStage.ts';
import type { ContainerConfig } from '../classic/containerConfig.ts';
import type { Command } from '../dockerfile/commands.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import type { Stages } from '../dockerfile/readStages.ts';
import type { Variables } from '../dockerfile/wordRules.ts';
import { splitSetting } from '../plan/environment.ts';
import { BuildahArguments } from './buildahArguments.ts';
import type { BuildahInput } from './buildahInput.ts';

/** What acts on the next instruction of a stage: its arguments, and the config as the file says. */
export class BuildahState {
  readonly args: BuildahArguments;
  readonly #stage: ClassicStage;
  readonly #input: BuildahInput;

  constructor(input: BuildahInput, base: ContainerConfig, heading: ReadonlyMap<string, string>) {
    this.#input = input;
    this.args = new BuildahArguments(givenArguments(input), platformOf(input), heading);
    this.#stage = new ClassicStage(base, classicArguments(input, heading), input.dockerfile.escape);
  }

  get config(): ContainerConfig {
    return this.#stage.config;
  }

  get env(): ReadonlyMap<string, string> {
    return new Map(this.config.env.map(splitSetting));
  }

  /** Variables that the last instruction used. */
  get used(): ReadonlySet<string> {
    return this.#stage.used;
  }

  /** ENV hides ARG. What cannot be replaced stays as it is. */
  expand(text: string): string {
    const { env } = this;
    return expandIn(text, { get: (name) => env.get(name) ?? this.args.get(name) }, this.#input);
  }

  /** Declares what ARG declares: its own text shows it already. */
  declare(command: Command): void {
    if (command.kind === 'arg')
      for (const { word } of command.args) this.args.declare(this.expand(word.text));
  }

  /** Goes on behind an instruction. */
  apply(command: Command): void {
    this.#stage.used.clear();
    this.#stage.next(command);
  }
}

/** What ARG lines before the first FROM give. */
export function headingArguments(input: BuildahInput, { globalArgs }: Stages): ReadonlyMap<string, string> {
  const args = new BuildahArguments(givenArguments(input), platformOf(input), new Map());
  for (const { word } of globalArgs.flatMap((each) => each.args))
    args.declare(expandIn(word.text, args, input));
  return args.all;
}

export function expandIn(text: string, variables: Variables, { dockerfile }: BuildahInput): string {
  const expanded = expandWord(text, variables, { escape: dockerfile.escape });
  return expanded.failure === undefined ? expanded.text : text;
}

function platformOf({ request, platform }: BuildahInput): BuildahInput['platform'] {
  return request.platform ?? platform;
}

/** `--platform` gives the arguments that tell of it. */
function givenArguments({ request: { platform, buildArgs } }: BuildahInput): ReadonlyMap<string, string> {
  if (platform === undefined) return buildArgs;
  const { os, architecture, variant } = platform;
  return new Map([
    ['TARGETOS', os],
    ['TARGETARCH', architecture],
    ...(variant === undefined ? [] : [['TARGETVARIANT', variant] as const]),
    ['TARGETPLATFORM', formatPlatform(platform)],
    ...buildArgs,
  ]);
}

/** The same arguments as the other builder keeps them, for the config that results. */
function classicArguments(input: BuildahInput, heading: ReadonlyMap<string, string>): ClassicArguments {
  const usual = new BuildahArguments(new Map(), platformOf(input), new Map());
  let args = ClassicArguments.of(givenArguments(input));
  for (const part of ['PLATFORM', 'OS', 'ARCH', 'VARIANT'])
    for (const name of [`TARGET${part}`, `BUILD${part}`]) {
      usual.declare(name);
      args = args.withGlobal(name, usual.get(name));
    }
  for (const [name, value] of heading) args = args.withGlobal(name, value);
  return args.forStage();
}

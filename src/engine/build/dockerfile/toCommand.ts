import type { Instruction, InstructionName, TextRange, Word } from './ast.ts';
import type { ArgCommand, ConfigCommand, OnbuildCommand } from './commands.ts';
import { copyCommand } from './copyCommand.ts';
import type { DockerfileProblemCode } from './dockerfileProblem.ts';
import type { CommandOrFailure } from './commandFailure.ts';
import { parseDevice } from './devices.ts';
import { checkFlags, flagText, flagTexts } from './flags.ts';
import { goQuote, trimSpace } from './goText.ts';
import { healthcheckFailure } from './healthcheck.ts';
import { mountFailure } from './mounts.ts';

/** What the instruction says, or the first reason for which BuildKit refuses it (`instructions.ParseInstruction`). */
export function toCommand(instruction: Instruction): CommandOrFailure {
  const { name, keyword } = instruction;
  if (name === undefined)
    return refused('unknown-instruction', `unknown instruction: ${keyword.text}`, keyword.range);
  return makers[name](instruction);
}

type Maker = (instruction: Instruction) => CommandOrFailure;

const makers: Readonly<Record<InstructionName, Maker>> = {
  ADD: (instruction) => copyCommand(instruction, 'add'),
  ARG: argCommand,
  CMD: (instruction) => checked(instruction, () => config(instruction, 'cmd')),
  COPY: (instruction) => copyCommand(instruction, 'copy'),
  ENTRYPOINT: (instruction) => checked(instruction, () => config(instruction, 'entrypoint')),
  ENV: (instruction) => pairsCommand(instruction, 'env'),
  EXPOSE: (instruction) => withSome(instruction, () => config(instruction, 'expose')),
  FROM: fromCommand,
  HEALTHCHECK: healthcheckCommand,
  LABEL: (instruction) => pairsCommand(instruction, 'label'),
  MAINTAINER: (instruction) => withOne(instruction, () => config(instruction, 'maintainer')),
  ONBUILD: onbuildCommand,
  RUN: runCommand,
  SHELL: shellCommand,
  STOPSIGNAL: (instruction) => withOne(instruction, () => config(instruction, 'stopsignal')),
  USER: (instruction) => withOne(instruction, (user) => ({ command: { kind: 'user', instruction, user } })),
  VOLUME: volumeCommand,
  WORKDIR: (instruction) =>
    withOne(instruction, (path) => ({ command: { kind: 'workdir', instruction, path } })),
};

function refused(code: DockerfileProblemCode, message: string, range: TextRange): CommandOrFailure {
  return { failure: { code, message, range } };
}

function config(instruction: Instruction, kind: ConfigCommand['kind']): CommandOrFailure {
  return { command: { kind, instruction } };
}

function checked(instruction: Instruction, make: () => CommandOrFailure): CommandOrFailure {
  const failure = checkFlags(instruction);
  return failure === undefined ? make() : { failure };
}

function withOne(instruction: Instruction, make: (only: Word) => CommandOrFailure): CommandOrFailure {
  const [only, ...more] = instruction.args;
  if (only === undefined || more.length > 0)
    return refused(
      'argument-count',
      `${String(instruction.name)} requires exactly one argument`,
      instruction.range,
    );
  return checked(instruction, () => make(only));
}

function withSome(instruction: Instruction, make: () => CommandOrFailure): CommandOrFailure {
  return instruction.args.length === 0 ? refusedWithout(instruction) : checked(instruction, make);
}

function refusedWithout({ name, range }: Instruction): CommandOrFailure {
  return refused('argument-count', `${String(name)} requires at least one argument`, range);
}

function pairsCommand(instruction: Instruction, kind: 'env' | 'label'): CommandOrFailure {
  const { pairs } = instruction;
  return checked(instruction, () => {
    if (pairs.length === 0) return refusedWithout(instruction);
    const blank = pairs.find(({ key }) => key.text === '');
    if (blank !== undefined) return refusedBlank(instruction, blank.range);
    return { command: { kind, instruction, pairs } };
  });
}

function refusedBlank({ name }: Instruction, range: TextRange): CommandOrFailure {
  return refused('argument-invalid', `${String(name)} names can not be blank`, range);
}

function argCommand(instruction: Instruction): CommandOrFailure {
  if (instruction.args.length === 0) return refusedWithout(instruction);
  const args = instruction.args.map(toDeclaration);
  const blank = args.find(({ key, value }) => key === '' && value !== undefined);
  if (blank !== undefined) return refusedBlank(instruction, blank.word.range);
  return { command: { kind: 'arg', instruction, args } };
}

function toDeclaration(word: Word): ArgCommand['args'][number] {
  const at = word.text.indexOf('=');
  if (at < 0) return { key: word.text, word };
  return { key: word.text.slice(0, at), value: word.text.slice(at + 1), word };
}

function fromCommand(instruction: Instruction): CommandOrFailure {
  const [image, as, name, ...more] = instruction.args;
  const isNamed = as?.text.toLowerCase() === 'as' && name !== undefined && more.length === 0;
  if (image === undefined || (as !== undefined && !isNamed))
    return refused('argument-count', 'FROM requires either one or three arguments', instruction.range);
  const stageName = name?.text.toLowerCase();
  if (name !== undefined && !/^[a-z][a-z0-9-_.]*$/.test(stageName ?? '')) {
    const why = "name can't start with a number or contain symbols";
    const message = `invalid name for build stage: ${goQuote(name.text)}, ${why}`;
    return refused('stage-name-invalid', message, name.range);
  }
  return checked(instruction, () => {
    const platform = flagText(instruction, 'platform');
    const named = { ...(stageName !== undefined && { stageName }), ...(platform?.text && { platform }) };
    return { command: { kind: 'from', instruction, image, ...named } };
  });
}

function runCommand(instruction: Instruction): CommandOrFailure {
  return checked(instruction, () => {
    const mounts = flagTexts(instruction, 'mount');
    const failure = mountFailure(mounts);
    if (failure !== undefined) return { failure };
    const network = flagText(instruction, 'network');
    if (network !== undefined && !isNetwork(network.text))
      return refused('flag-value', `invalid network mode ${goQuote(network.text)}`, network.range);
    const security = flagText(instruction, 'security');
    if (security !== undefined && !/^(?:sandbox|insecure)$/.test(security.text))
      return refused('flag-value', `security ${goQuote(security.text)} is not valid`, security.range);
    const devices = flagTexts(instruction, 'device').map(({ text }) => parseDevice(text));
    const wrong = devices.find((each) => typeof each === 'string');
    if (wrong !== undefined) return refused('flag-value', wrong, instruction.range);
    const mode = network !== undefined && isNetwork(network.text) ? network.text : 'default';
    const isInsecure = security?.text === 'insecure';
    const line = { commandLine: commandLineOf(instruction), isShell: !instruction.isJson };
    const options = {
      mounts,
      network: mode,
      isInsecure,
      devices: devices.filter((each) => typeof each !== 'string'),
    };
    return { command: { kind: 'run', instruction, ...line, ...options } };
  });
}

function isNetwork(text: string): text is 'default' | 'none' | 'host' {
  return text === 'default' || text === 'none' || text === 'host';
}

/** The shell form is one text, or none at all. */
function commandLineOf({ args, isJson }: Instruction): readonly string[] {
  const texts = args.map(({ text }) => text);
  return isJson ? texts : [texts.join(' ')];
}

function shellCommand(instruction: Instruction): CommandOrFailure {
  return checked(instruction, () => {
    const { args, isJson, original, range } = instruction;
    if (args.length === 0) return refusedWithout(instruction);
    if (!isJson)
      return refused(
        'argument-invalid',
        `SHELL requires the arguments to be in JSON form: ${original}`,
        range,
      );
    return { command: { kind: 'shell', instruction, shell: args.map(({ text }) => text) } };
  });
}

function volumeCommand(instruction: Instruction): CommandOrFailure {
  return withSome(instruction, () => {
    const empty = instruction.args.find(({ text }) => trimSpace(text) === '');
    if (empty !== undefined)
      return refused('argument-invalid', 'VOLUME specified can not be an empty string', empty.range);
    return config(instruction, 'volume');
  });
}

function healthcheckCommand(instruction: Instruction): CommandOrFailure {
  if (instruction.args.length === 0) return refusedWithout(instruction);
  const failure = healthcheckFailure(instruction);
  return failure === undefined ? config(instruction, 'healthcheck') : { failure };
}

function onbuildCommand(instruction: Instruction): CommandOrFailure {
  const { trigger } = instruction;
  if (trigger === undefined) return refusedWithout(instruction);
  return checked(instruction, () => {
    const name = trigger.keyword.text.toUpperCase();
    const { range } = trigger.keyword;
    if (name === 'ONBUILD')
      return refused('onbuild-forbidden', "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed", range);
    if (name === 'MAINTAINER' || name === 'FROM')
      return refused('onbuild-forbidden', `${name} isn't allowed as an ONBUILD trigger`, range);
    return { command: onbuild(instruction) };
  });
}

/** Bodies are put behind the line again, each ended by its name. */
function onbuild(instruction: Instruction): OnbuildCommand {
  const line = instruction.original.replace(/^\s*ONBUILD\s*/i, '');
  const bodies = instruction.heredocs.map(({ content, name }) => `\n${content}${name}`);
  return { kind: 'onbuild', instruction, expression: line + bodies.join('') };
}

import type {
  Command,
  ConfigCommand,
  CopyCommand,
  EnvCommand,
  LabelCommand,
  RunCommand,
} from '../dockerfile/commands.ts';
import { healthcheckOf, healthcheckTexts } from '../createdBy/healthcheck.ts';
import { listText, quotedListText } from '../createdBy/listText.ts';
import { absolutePath } from '../plan/absolutePath.ts';
import { splitSetting } from '../plan/environment.ts';
import { byBytes } from './classicArguments.ts';
import type { ContainerConfig } from './containerConfig.ts';
import { exposedPorts } from './exposedPorts.ts';

/** What changes nothing but an image's config. */
export type ConfigOnly = Exclude<Command, RunCommand | CopyCommand>;

/** What an instruction does to the config, and the texts that it may have in a history: engines of different ages differ. */
export interface ConfigStep {
  readonly texts: readonly string[];
  readonly change: Partial<ContainerConfig>;
}

/** What the instruction meets. */
export interface ConfigBefore {
  readonly config: ContainerConfig;
  readonly shell: readonly string[];
  /** ENTRYPOINT takes away a CMD that comes from the base. */
  readonly isCmdSet: boolean;
  /** An absolute WORKDIR stays as it is written. */
  readonly keepsWorkdir: boolean;
  /** Variables replaced; and then split at blanks. */
  readonly expand: (text: string) => string;
  readonly expandMany: (text: string) => readonly string[];
}

/** @param command none but ARG, which changes no config. */
export function configStep(command: Exclude<ConfigOnly, { kind: 'arg' }>, before: ConfigBefore): ConfigStep {
  const { config, expand } = before;
  switch (command.kind) {
    case 'from':
      return { texts: [], change: {} };
    case 'env':
      return envStep(command, before);
    case 'label':
      return labelStep(command, before);
    case 'workdir': {
      const written = expand(command.path.text);
      const isKept = before.keepsWorkdir && written.startsWith('/');
      const path = isKept ? written : absolutePath(config.workingDirectory, written);
      return { texts: [`WORKDIR ${path}`], change: { workingDirectory: path } };
    }
    case 'user': {
      const user = expand(command.user.text);
      return { texts: [`USER ${user}`], change: { user } };
    }
    case 'shell':
      return { texts: [`SHELL ${listText(command.shell)}`], change: { shell: command.shell } };
    case 'onbuild': {
      const onbuild = [...config.onbuild, command.expression];
      return { texts: [`ONBUILD ${command.expression}`], change: { onbuild } };
    }
    case 'cmd':
    case 'entrypoint':
      return startStep(command, before);
    case 'expose':
    case 'healthcheck':
    case 'maintainer':
    case 'stopsignal':
    case 'volume':
      return plainStep(command, before);
  }
}

function envStep({ pairs }: EnvCommand, { config, expand }: ConfigBefore): ConfigStep {
  const settings = pairs.map(({ key, value }) => [expand(key.text), expand(value.text)] as const);
  const env = [...config.env];
  for (const [name, value] of settings) {
    const at = env.findIndex((setting) => splitSetting(setting)[0] === name);
    env.splice(at < 0 ? env.length : at, at < 0 ? 0 : 1, `${name}=${value}`);
  }
  return { texts: [`ENV ${settings.map((setting) => setting.join('=')).join(' ')}`], change: { env } };
}

function labelStep({ pairs }: LabelCommand, { config, expand }: ConfigBefore): ConfigStep {
  const settings = pairs.map(({ key, value }) => [expand(key.text), expand(value.text)] as const);
  const labels = new Map([...config.labels, ...settings]);
  return { texts: [`LABEL ${settings.map((setting) => setting.join('=')).join(' ')}`], change: { labels } };
}

function startStep({ kind, instruction }: ConfigCommand, { shell, isCmdSet }: ConfigBefore): ConfigStep {
  const words = instruction.args.map(({ text }) => text);
  const line = instruction.isJson || words.length === 0 ? words : [...shell, words.join(' ')];
  if (kind === 'cmd') return { texts: [`CMD ${quotedListText(line)}`], change: { cmd: line } };
  const change = { entrypoint: line, ...(!isCmdSet && { cmd: [] }) };
  return { texts: [`ENTRYPOINT ${quotedListText(line)}`], change };
}

function plainStep({ kind, instruction }: ConfigCommand, before: ConfigBefore): ConfigStep {
  const { config, expand, expandMany } = before;
  const words = instruction.args.map(({ text }) => text);
  if (kind === 'healthcheck') {
    const healthcheck = healthcheckOf(instruction);
    const texts = healthcheckTexts(healthcheck).map((text) => `HEALTHCHECK &${text}`);
    return { texts, change: { healthcheck } };
  }
  if (kind === 'expose') {
    const ports = [...words].sort(byBytes).flatMap(expandMany);
    const all = new Set([...config.exposedPorts, ...exposedPorts(ports)]);
    return { texts: [`EXPOSE ${ports.join(' ')}`], change: { exposedPorts: all } };
  }
  if (kind === 'volume') {
    const volumes = words.map(expand);
    return {
      texts: [`VOLUME ${listText(volumes)}`],
      change: { volumes: new Set([...config.volumes, ...volumes]) },
    };
  }
  const [word = ''] = words;
  if (kind !== 'stopsignal') return { texts: [`MAINTAINER ${word}`], change: {} };
  return { texts: [`STOPSIGNAL ${expand(word)}`], change: { stopSignal: expand(word) } };
}

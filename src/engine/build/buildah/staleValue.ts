import type { ContainerConfig } from '../classic/containerConfig.ts';
import type { Command } from '../dockerfile/commands.ts';
import { splitSetting } from '../plan/environment.ts';

/** A value that an image keeps although the file gives another one now: buildah compares texts as they are written. */
export interface StaleValue {
  readonly name: string;
  /** Undefined where it has none. */
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * @param now the config after the instruction, as the file says.
 * @param kept that of the image which is taken for it.
 */
export function staleValue(
  command: Command,
  now: ContainerConfig,
  kept: ContainerConfig,
): StaleValue | undefined {
  const [env, keptEnv] = [valuesOf(now), valuesOf(kept)];
  if (command.kind === 'env') return firstOther([...env.keys()], env, keptEnv);
  if (command.kind === 'run') return firstOther([...env.keys(), ...keptEnv.keys()], env, keptEnv);
  if (command.kind === 'label') return firstOther([...now.labels.keys()], now.labels, kept.labels);
  if (command.kind === 'user') return single('USER', now.user, kept.user);
  if (command.kind === 'workdir') return single('WORKDIR', now.workingDirectory, kept.workingDirectory);
  return undefined;
}

type Values = ReadonlyMap<string, string>;

function valuesOf({ env }: ContainerConfig): Values {
  return new Map(env.map(splitSetting));
}

function firstOther(names: readonly string[], now: Values, kept: Values): StaleValue | undefined {
  const name = names.find((each) => now.get(each) !== kept.get(each));
  return name === undefined ? undefined : { name, before: kept.get(name), after: now.get(name) };
}

function single(name: string, now: string, kept: string): StaleValue | undefined {
  return now === kept ? undefined : { name, before: kept, after: now };
}

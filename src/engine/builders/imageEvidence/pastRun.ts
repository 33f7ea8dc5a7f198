import type { KeyedOperation } from '../../build/cache/vertex.ts';
import { goJson, type GoValue } from '../../build/operationKey/goJson.ts';
import type { PlannedStep, RunStep } from '../../build/plan/buildPlan.ts';
import { sha256 } from '../../build/sha256.ts';
import type { HistoryEntry } from './imageHistory.ts';
import type { BaseChange } from './baseChange.ts';
import type { Surroundings } from './judged.ts';

/**
 * The operation of a RUN as it was: what a history shows, and for the rest what it is now. Undefined where its command
 * cannot be taken apart.
 *
 * @param now the operation's plaintext as it is now.
 */
export function pastRun(
  now: KeyedOperation,
  step: PlannedStep,
  run: RunStep,
  entry: HistoryEntry,
  { past, baseChange }: Pick<Surroundings, 'past' | 'baseChange'>,
): KeyedOperation | undefined {
  const was = pastCommand(step, run, entry);
  if (was === undefined) return undefined;
  past.learn(was.shown);
  if (past.openArguments.size > 0) return undefined;
  const user = past.user ?? run.user;
  const json = JSON.parse(now.plaintext, (key, value: GoValue) =>
    key === 'meta' && typeof value === 'object' && 'args' in value
      ? withMeta(value, {
          args: was.args,
          env: withBase(past.env, baseChange),
          cwd: past.directory ?? run.cwd,
          user: user === '' ? undefined : user,
        })
      : value,
  ) as GoValue;
  const plaintext = goJson(json);
  // What is the same operation is no other one.
  return plaintext === now.plaintext ? undefined : { digest: sha256(plaintext), plaintext };
}

/** Variables that the base had otherwise. */
function withBase(env: readonly string[], change: BaseChange | undefined): readonly string[] {
  if (change === undefined) return env;
  const { name, before } = change;
  const others = env.map((setting) => (setting.startsWith(`${name}=`) ? `${name}=${before ?? ''}` : setting));
  return before === undefined ? others.filter((setting) => setting !== `${name}=`) : others;
}

/** Members keep Go's order. */
function withMeta(
  { args, env, cwd, user, ...rest }: Readonly<Record<string, GoValue>>,
  past: Readonly<Record<string, GoValue>>,
): GoValue {
  return { args, env, cwd, user, ...past, ...rest };
}

/** What was executed, and the arguments that the entry shows before it. */
function pastCommand(
  { scope }: PlannedStep,
  { args }: RunStep,
  { text }: HistoryEntry,
): { readonly args: readonly string[]; readonly shown: string } | undefined {
  const command = text.replace(/^RUN /, '').replace(/ # buildkit$/, '');
  const now = args.join(' ');
  if (command === now || command.endsWith(` ${now}`))
    return { args, shown: command.slice(0, -now.length).trimEnd() };
  const shell = scope.shell.length > 0 ? scope.shell : ['/bin/sh', '-c'];
  const start = command.indexOf(`${shell.join(' ')} `);
  const isAfterArguments = start === 0 || (start > 0 && /^\|[0-9]+ /.test(command));
  if (!isAfterArguments) return undefined;
  const own = command.slice(start + shell.join(' ').length + 1);
  return { args: [...shell, own], shown: command.slice(0, start).trimEnd() };
}

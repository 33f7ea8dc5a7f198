import type { StepReason } from '../../build/cache/cacheReport.ts';
import type { HistoryLine } from '../../build/createdBy/historyLines.ts';
import { splitSetting } from '../../build/plan/environment.ts';
import type { PlannedStep, RunStep } from '../../build/plan/buildPlan.ts';
import type { HistoryEntry } from './imageHistory.ts';
import type { PastState } from './pastState.ts';

/** What of a RUN is another than in the build that made an entry; undefined when all that a history shows is the same. */
export function runDifference(
  step: PlannedStep,
  run: RunStep,
  line: HistoryLine,
  entry: HistoryEntry,
  past: PastState,
): StepReason | undefined {
  const difference = line.texts.includes(entry.text) ? undefined : textDifference(step, run, line, entry);
  if (difference !== undefined) return difference;
  past.learn(bodyOf(entry.text).slice(0, -run.args.join(' ').length).trimEnd());
  const isKnown = (setting: string): boolean => !past.openArguments.has(splitSetting(setting)[0]);
  return (
    stateDifference('user-changed', 'USER', past.user, run.user) ??
    stateDifference('directory-changed', 'WORKDIR', past.directory, run.cwd) ??
    environmentDifference(past.env.filter(isKnown), run.env.filter(isKnown))
  );
}

function textDifference(
  { scope }: PlannedStep,
  run: RunStep,
  line: HistoryLine,
  { text, keyword }: HistoryEntry,
): StepReason | undefined {
  if (keyword !== 'RUN') return orderChanged(text, line);
  const command = run.args.join(' ');
  const body = bodyOf(text);
  const before = body.replace(/^\|[0-9]+ /, '');
  if (body === command || (before !== body && body.endsWith(` ${command}`))) {
    const shown = body === command ? '' : before.slice(0, -command.length - 1);
    const now = bodyOf(line.texts[0] ?? '').replace(/^\|[0-9]+ /, '');
    return argumentsDifference(shown, now.slice(0, -command.length).trimEnd(), run);
  }
  const shell = scope.shell.length > 0 ? scope.shell : ['/bin/sh', '-c'];
  const script = command.startsWith(`${shell.join(' ')} `)
    ? command.slice(shell.join(' ').length)
    : undefined;
  if (script !== undefined && before.endsWith(script) && !before.slice(0, -script.length).includes(' && '))
    return {
      code: 'shell-changed',
      text: 'another shell starts it',
      before: before.slice(0, -script.length),
      after: shell.join(' '),
    };
  return { code: 'text-changed', text: 'the command was another', before, after: command };
}

function bodyOf(text: string): string {
  return text.replace(/^RUN /, '').replace(/ # buildkit$/, '');
}

/** An argument that nobody gave a value is shown like one that was given none, and does not count. */
function argumentsDifference(before: string, after: string, { env }: RunStep): StepReason | undefined {
  const set = new Set(env.map((setting) => splitSetting(setting)[0]));
  const was = settingsIn(before);
  const is = new Map([...settingsIn(after)].filter(([name]) => set.has(name) || was.has(name)));
  for (const name of new Set([...was.keys(), ...is.keys()])) {
    if (was.get(name) === is.get(name)) continue;
    if (was.get(name) === '' && !is.has(name)) return mayBeUnset(name);
    return changed('argument-changed', 'the argument', name, was.get(name), is.get(name));
  }
  const isInOrder = [...was.keys()].join(' ') === [...is.keys()].join(' ');
  return isInOrder ? undefined : { code: 'order-changed', text: otherOrder('arguments') };
}

function mayBeUnset(subject: string): StepReason {
  return { code: 'not-shown', text: `an image does not show whether ${subject} had a value`, subject };
}

function settingsIn(text: string): ReadonlyMap<string, string> {
  if (text === '') return new Map();
  return new Map(text.split(/(?<=\S) (?=[^\s=]+=)/).map(splitSetting));
}

export function changed(
  code: 'argument-changed' | 'environment-changed',
  what: string,
  name: string,
  before: string | undefined,
  after: string | undefined,
): StepReason {
  return {
    code,
    text: `${what} ${name} ${after === undefined ? 'is gone' : before === undefined ? 'is new' : 'changed'}`,
    subject: name,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  };
}

function stateDifference(
  code: 'user-changed' | 'directory-changed',
  what: string,
  before: string | undefined,
  after: string,
): StepReason | undefined {
  if (before === undefined || before === after || (before === '' && after === '/')) return undefined;
  return { code, text: `${what} changed`, before, after };
}

/** Both in BuildKit's order, which counts. */
export function environmentDifference(
  before: readonly string[],
  after: readonly string[],
): StepReason | undefined {
  if (before.length === after.length && before.every((setting, at) => setting === after[at]))
    return undefined;
  const [was, is] = [new Map(before.map(splitSetting)), new Map(after.map(splitSetting))];
  for (const name of new Set([...is.keys(), ...was.keys()])) {
    if (was.get(name) === is.get(name)) continue;
    return changed('environment-changed', 'the variable', name, was.get(name), is.get(name));
  }
  return { code: 'order-changed', text: otherOrder('variables') };
}

function otherOrder(what: string): string {
  return `the ${what} are set in another order`;
}

export function orderChanged(text: string, { texts }: HistoryLine): StepReason {
  return {
    code: 'text-changed',
    text: 'another instruction stood here',
    before: text.replace(/ # buildkit$/, ''),
    after: (texts[0] ?? '').replace(/ # buildkit$/, ''),
  };
}

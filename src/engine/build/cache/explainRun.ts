import { changed, type OperationDifference, shown, shownValue } from './operationDifference.ts';
import { type Json, member, objects, parse, texts } from './operationJson.ts';
import type { KeyedOperation } from './vertex.ts';

/** The first difference of two RUNs. */
export function explainRun(was: Json, is: Json): OperationDifference | undefined {
  const [oldExec, newExec] = [member(was, 'Exec'), member(is, 'Exec')];
  const [old, now] = [member(oldExec, 'meta'), member(newExec, 'meta')];
  return (
    argsDifference(texts(old, 'args'), texts(now, 'args')) ??
    environmentDifference(texts(old, 'env'), texts(now, 'env')) ??
    changed('user-changed', undefined, old['user'], now['user']) ??
    changed('directory-changed', undefined, old['cwd'], now['cwd']) ??
    changed('network-changed', undefined, networkName(oldExec), networkName(newExec)) ??
    mountsDifference(oldExec, newExec) ??
    optionDifference(old, now) ??
    changed('flag-changed', '--security', oldExec['security'], newExec['security']) ??
    changed('flag-changed', '--device', devicesOf(oldExec), devicesOf(newExec)) ??
    changed('option-changed', '--platform', platformOf(was), platformOf(is))
  );
}

function devicesOf(exec: Json): string {
  return objects(exec, 'cdiDevices')
    .map(({ name, optional }) => `${shownValue(name) ?? ''}${optional === true ? '' : ',required'}`)
    .join(', ');
}

function argsDifference(old: readonly string[], now: readonly string[]): OperationDifference | undefined {
  if (isSame(old, now)) return undefined;
  const hasSameText = old.length > 1 && now.length > 1 && old.at(-1) === now.at(-1);
  if (hasSameText)
    return changed('shell-changed', undefined, shown(old.slice(0, -1)), shown(now.slice(0, -1)));
  const isShell = isSame(old.slice(0, -1), now.slice(0, -1));
  return isShell
    ? changed('text-changed', undefined, old.at(-1), now.at(-1))
    : changed('text-changed', undefined, shown(old), shown(now));
}

/** The first variable in the new order that has another value, then one that is gone, then the order. */
function environmentDifference(
  old: readonly string[],
  now: readonly string[],
): OperationDifference | undefined {
  const [was, is] = [new Map(old.map(split)), new Map(now.map(split))];
  for (const [name, value] of is)
    if (was.get(name) !== value) return changed('environment-changed', name, was.get(name), value);
  const gone = [...was.keys()].find((name) => !is.has(name));
  if (gone !== undefined) return changed('environment-changed', gone, was.get(gone), undefined);
  const moved = [...is.keys()].find((name, at) => [...was.keys()][at] !== name);
  return moved === undefined ? undefined : { code: 'order-changed', subject: moved };
}

/** Names of variables that one RUN gets otherwise than another. */
export function changedVariables(before: string, after: string): readonly string[] {
  const environment = (text: string): ReadonlyMap<string, string> =>
    new Map(texts(member(member(parse(text) ?? {}, 'Exec'), 'meta'), 'env').map(split));
  const [was, is] = [environment(before), environment(after)];
  return [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
}

/** What RUN executes, as the builder lists it; empty of what is no RUN. */
export function executedText(operation: KeyedOperation | undefined): string {
  if (operation === undefined) return '';
  const text = executed.get(operation) ?? executedIn(operation);
  executed.set(operation, text);
  return text;
}

/** Each is compared with many. */
const executed = new WeakMap<KeyedOperation, string>();

function executedIn({ plaintext }: KeyedOperation): string {
  return shown(texts(member(member(parse(plaintext) ?? {}, 'Exec'), 'meta'), 'args'));
}

function mountsDifference(oldExec: Json, newExec: Json): OperationDifference | undefined {
  const [old, now] = [shownMounts(oldExec), shownMounts(newExec)];
  const [was, is] = [old.map((each) => JSON.stringify(each)), now.map((each) => JSON.stringify(each))];
  const own = now.find((_, at) => !was.includes(is[at] ?? ''));
  const gone = old.find((_, at) => !is.includes(was[at] ?? ''));
  const target = shownValue((own ?? gone)?.['dest']) ?? '';
  if (target === '/dev/shm') return { code: 'option-changed', subject: '--shm-size' };
  if (own !== undefined || gone !== undefined) return { code: 'mount-changed', subject: target };
  return JSON.stringify(oldExec['secretenv']) === JSON.stringify(newExec['secretenv'])
    ? undefined
    : { code: 'mount-changed', subject: 'secret' };
}

/** The root is written only beside others. */
function shownMounts(exec: Json): readonly Json[] {
  return objects(exec, 'mounts').filter(({ dest }) => dest !== '/');
}

function optionDifference(old: Json, now: Json): OperationDifference | undefined {
  return (
    changed('option-changed', '--add-host', old['extraHosts'], now['extraHosts']) ??
    changed('option-changed', 'hostname', old['hostname'], now['hostname']) ??
    changed('option-changed', '--ulimit', old['ulimit'], now['ulimit']) ??
    changed('option-changed', '--cgroup-parent', old['cgroupParent'], now['cgroupParent'])
  );
}

function networkName(exec: Json): string {
  return { 1: 'host', 2: 'none' }[Number(exec['network'])] ?? 'default';
}

function platformOf(json: Json): string {
  return ['OS', 'Arch', 'Variant'].flatMap((name) => shownValue(json[name]) ?? []).join('/');
}

function split(setting: string): readonly [string, string] {
  const at = setting.indexOf('=');
  return at < 0 ? [setting, ''] : [setting.slice(0, at), setting.slice(at + 1)];
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

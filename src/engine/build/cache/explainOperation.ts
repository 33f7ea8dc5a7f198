import type { ReasonCode } from './cacheReport.ts';

/** How one operation differs from another. */
export interface OperationDifference {
  readonly code: ReasonCode;
  /** The variable, flag or mount. */
  readonly subject?: string;
  readonly before?: string;
  readonly after?: string;
}

/**
 * The first difference of two operations, from what was hashed of them (build-cache.md §4.2). Undefined when it cannot be
 * told: it is another operation, or not a text of ours.
 */
export function explainOperation(before: string, after: string): OperationDifference | undefined {
  const [was, is] = [parse(before), parse(after)];
  if (was === undefined || is === undefined || was['Type'] !== is['Type']) return undefined;
  if (isObject(was['Exec']) && isObject(is['Exec'])) return explainRun(was, is);
  return explainFile(actionsOf(was), actionsOf(is));
}

type Json = Readonly<Record<string, unknown>>;

function explainRun(was: Json, is: Json): OperationDifference | undefined {
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
    changed('option-changed', '--platform', platformOf(was), platformOf(is))
  );
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
export function executedText(plaintext = ''): string {
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

/** COPY, ADD and WORKDIR. */
function explainFile(old: readonly Json[], now: readonly Json[]): OperationDifference | undefined {
  const pairs = now.map((action, at) => [old[at] ?? {}, action] as const);
  const sources = (actions: readonly Json[]): string =>
    shown(actions.map((action) => shownValue(action['src']) ?? ''));
  if (old.length !== now.length || sources(old) !== sources(now))
    return changed('text-changed', undefined, sources(old), sources(now)) ?? { code: 'text-changed' };
  for (const [was, is] of pairs) {
    const found = actionDifference(was, is);
    if (found !== undefined) return found;
  }
  return undefined;
}

function actionDifference(was: Json, is: Json): OperationDifference | undefined {
  const isFolder = 'makeParents' in is;
  const compare = (name: string, code: ReasonCode, subject?: string): OperationDifference | undefined =>
    changed(code, subject, was[name], is[name]);
  return (
    compare('attemptUnpackDockerCompatibility', 'text-changed') ??
    compare('data', 'text-changed') ??
    compare('path', isFolder ? 'directory-changed' : 'text-changed') ??
    compare('dest', 'destination-changed') ??
    (isFolder ? compare('owner', 'user-changed') : compare('owner', 'flag-changed', '--chown')) ??
    compare('mode', 'flag-changed', '--chmod') ??
    compare('modeStr', 'flag-changed', '--chmod') ??
    compare('include_patterns', 'flag-changed', '--parents') ??
    compare('required_paths', 'flag-changed', '--parents') ??
    compare('exclude_patterns', 'flag-changed', '--exclude') ??
    compare('timestamp', 'argument-changed', 'SOURCE_DATE_EPOCH') ??
    (JSON.stringify(was) === JSON.stringify(is) ? undefined : { code: 'flag-changed' })
  );
}

function changed(
  code: ReasonCode,
  subject: string | undefined,
  before: unknown,
  after: unknown,
): OperationDifference | undefined {
  const [was, is] = [shownValue(before), shownValue(after)];
  if (was === is) return undefined;
  return {
    code,
    ...(subject !== undefined && { subject }),
    ...(was !== undefined && { before: was }),
    ...(is !== undefined && { after: is }),
  };
}

function shownValue(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}

function shown(words: readonly string[]): string {
  return words.join(' ');
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

function actionsOf(json: Json): readonly Json[] {
  return texts(json, 'Actions').map((text) => parse(Buffer.from(text, 'base64').toString()) ?? {});
}

function parse(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(json: Json, name: string): Json {
  const value = json[name];
  return isObject(value) ? value : {};
}

function texts(json: Json, name: string): readonly string[] {
  const value = json[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

function objects(json: Json, name: string): readonly Json[] {
  const value = json[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
}

import type { ReasonCode } from './cacheReport.ts';
import { changed, type OperationDifference, shown, shownValue } from './operationDifference.ts';
import { actionsOf, type Json } from './operationJson.ts';

/** COPY, ADD and WORKDIR. */
export function explainFile(before: Json, after: Json): OperationDifference | undefined {
  const [old, now] = [actionsOf(before), actionsOf(after)];
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

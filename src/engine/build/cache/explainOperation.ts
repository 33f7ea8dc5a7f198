import { explainFile } from './explainFile.ts';
import { explainRun } from './explainRun.ts';
import type { OperationDifference } from './operationDifference.ts';
import { isObject, parse } from './operationJson.ts';

/**
 * The first difference of two operations, from what was hashed of them (build-cache.md §4.2). Undefined when it cannot be
 * told: it is another operation, or not a text of ours.
 */
export function explainOperation(before: string, after: string): OperationDifference | undefined {
  const [was, is] = [parse(before), parse(after)];
  if (was === undefined || is === undefined || was['Type'] !== is['Type']) return undefined;
  if (isObject(was['Exec']) && isObject(is['Exec'])) return explainRun(was, is);
  return explainFile(was, is);
}

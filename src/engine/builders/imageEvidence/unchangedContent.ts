import type { CallOptions } from '../../base/progress.ts';
import type { ContextView } from '../../build/cache/contextView.ts';
import type { ContentSelection } from '../../build/cache/vertex.ts';
import type { ContentRules } from '../../build/contentKey/contentKey.ts';
import { selectionOf, sourceOf } from '../../build/vertices/inputList.ts';
import type { ReadSource } from '../historyRecords/keyedStep.ts';
import type { CopiedContent } from './copyFinding.ts';

/** The directory that a build read, where it is certain which one that was, and both go by one clock. */
export interface BuiltContext {
  /** As it is now, by the ignore file that applied then. */
  readonly view: ContextView;
  /** When the build began, before it read anything. Milliseconds since 1970. */
  readonly startedAt: number;
}

/**
 * What a build read of a directory in which nothing of it was changed since the build began; else what was. Undefined where
 * the times say nothing.
 */
export async function unchangedContent(
  sources: readonly ReadSource[],
  { view, startedAt }: BuiltContext,
  rules: ContentRules,
  options?: CallOptions,
): Promise<CopiedContent | undefined> {
  const selection = selectionOfRead(sources);
  const { byMs, path } = await view.lastChange(selection, options);
  if (byMs === Infinity) return undefined;
  if (byMs >= startedAt) return { kind: 'finding', finding: changedSince(path) };
  const [answer] = await view.contents([selection], rules, options);
  if (answer?.actual === undefined || answer.unreadable.length > 0) return undefined;
  // Which of the two the builder took depends on what it had before.
  return answer.counted === answer.actual ? { kind: 'same', digest: answer.actual } : undefined;
}

/** What was read, in the form in which contexts are asked. */
export function selectionOfRead(sources: readonly ReadSource[]): ContentSelection {
  const read = sources.map(({ path, include, exclude, allowsWildcards }) =>
    sourceOf(path, { include, exclude }, allowsWildcards),
  );
  return selectionOf({ kind: 'context' }, read);
}

function changedSince(path: string): Extract<CopiedContent, { readonly kind: 'finding' }>['finding'] {
  const text = `${path || 'the context'} was changed after that build, and no layer shows what it held`;
  return {
    state: 'unknown',
    reason: { code: 'changed-since', text, ...(path !== '' && { subject: path }) },
  };
}

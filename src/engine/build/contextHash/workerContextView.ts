import type { CallOptions } from '../../base/progress.ts';
import type { ContextView, SelectedFile } from '../cache/contextView.ts';
import type { ContextJobs } from './contextJobs.ts';
import type { ContextRequest } from './contextRequest.ts';
import { type PlainSource, toPlainSources } from './plainSource.ts';

/** Has a job done, wherever that is. */
export type ContextAsker = <Name extends keyof ContextJobs>(
  name: Name,
  request: ContextJobs[Name]['request'],
  options?: CallOptions,
) => Promise<ContextJobs[Name]['result']>;

/** A view of a context that another thread holds. */
export function workerContextView(
  ask: ContextAsker,
  context: ContextRequest,
  lastUpload: string | undefined,
): ContextView {
  return {
    contents: (selections, rules, options) => {
      const asked = selections.map(({ sources }) => toPlainSources(sources));
      return ask('contextContents', { context, lastUpload, selections: asked, rules }, options);
    },
    differences: ({ sources }, upload, options) =>
      ask('contextDifferences', { context, lastUpload, sources: toPlainSources(sources), upload }, options),
    lastChange: ({ sources }, options) =>
      ask('contextLastChange', { context, lastUpload, sources: toPlainSources(sources) }, options),
    members: ({ sources }, options) =>
      ask('contextMembers', { context, sources: toPlainSources(sources) }, options),
    files: ({ sources }, options) => filesOf(ask, context, toPlainSources(sources), options),
  };
}

/** Some at a time, so that taking them over does not hold up this thread. */
async function filesOf(
  ask: ContextAsker,
  context: ContextRequest,
  sources: readonly PlainSource[],
  options?: CallOptions,
): Promise<readonly SelectedFile[]> {
  const files: SelectedFile[] = [];
  for (;;) {
    const from = files.length;
    const { part, isLast } = await ask('contextFiles', { context, sources, from }, options);
    files.push(...part);
    if (isLast) return files;
  }
}

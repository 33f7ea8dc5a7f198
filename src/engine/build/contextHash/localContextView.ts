import { isEngineError } from '../../base/errors.ts';
import { type LayerPath, splitPath, toText } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { PathDifference } from '../cache/cacheReport.ts';
import type { ContentAnswer, ContextView } from '../cache/contextView.ts';
import { contentDigest, type ContentRules, type ContentSource } from '../contentKey/contentKey.ts';
import { goMatch } from '../contentKey/goMatch.ts';
import { splitAtWildcard } from '../contentKey/matchedContent.ts';
import type { Sha256 } from '../sha256.ts';
import type { BuildContext } from './buildContext.ts';
import type { ContextDirectory } from './contextFile.ts';
import { breathing, membersOf, withHashes } from './fileContents.ts';
import { timeAbove } from './fileTimes.ts';
import { digestWithMode, type OnBlock } from './hashFile.ts';
import { lastChange } from './lastChange.ts';
import { selectedFiles } from './selectedFiles.ts';
import { followPath } from './sourcePaths.ts';
import { permissionsOf, treeDifferences, type TreeDifference } from './treeDifferences.ts';
import { asCounted } from './uploads.ts';

/** Uploads that were kept, by name. */
export type FindUpload = (
  name: string,
) => ContextDirectory | undefined | Promise<ContextDirectory | undefined>;

/**
 * Answers from a context in this thread. What is asked for is looked at when it was not yet; after that the context is
 * believed to be as it was until it is told of changes.
 *
 * @param lastUpload what the builder has of this context: with it, it keeps what looks the same.
 */
export function localContextView(
  context: BuildContext,
  lastUpload?: ContextDirectory,
  findUpload: FindUpload = () => undefined,
): ContextView {
  const counted = (): ContextDirectory => asCounted(context.root, lastUpload);
  return {
    contents: async (selections, rules, options = {}) => {
      await context.reach(
        selections.flatMap(({ sources }) => sources),
        options,
      );
      return selections.map(({ sources }) => answerOf(context, counted(), sources, rules));
    },
    differences: async ({ sources }, name, options = {}) => {
      const upload = await findUpload(name);
      if (upload === undefined) return undefined;
      await context.reach(sources, options);
      return told(context, treeDifferences(upload, counted(), sources), options);
    },
    files: async (selection, options = {}) => {
      await context.reach(selection.sources, options);
      return withHashes(context, selection, options);
    },
    members: async ({ sources }, options = {}) => {
      await context.reach(sources, options);
      const [found, ...others] = selectedFiles(context.root, sources);
      return others.length > 0 ? undefined : membersOf(context, found, options);
    },
    lastChange: async ({ sources }, options = {}) => {
      await context.reach(sources, options);
      return lastChange(context.root, sources, timeAbove(context.directory));
    },
  };
}

function answerOf(
  context: BuildContext,
  counted: ContextDirectory,
  sources: readonly ContentSource[],
  rules: ContentRules,
): ContentAnswer {
  const actual = digestIn(context.root, sources, rules);
  const keys = {
    counted: counted === context.root ? actual : digestIn(counted, sources, rules),
    actual,
  };
  return {
    ...(keys.counted !== undefined && { counted: keys.counted }),
    ...(keys.actual !== undefined && { actual: keys.actual }),
    unseen: treeDifferences(counted, context.root, sources).map(toDifference),
    unreadable: unreadableOf(context, sources),
  };
}

function digestIn(
  root: ContextDirectory,
  sources: readonly ContentSource[],
  rules: ContentRules,
): Sha256 | undefined {
  try {
    return contentDigest(root, sources, rules);
  } catch (error) {
    if (isEngineError(error, 'not-found')) return undefined;
    throw error;
  }
}

function toDifference({ path, change }: TreeDifference): PathDifference {
  return { path: toText(path), change };
}

function unreadableOf(
  { root, problems }: BuildContext,
  sources: readonly ContentSource[],
): readonly string[] {
  const isConcerned = (problem: string): boolean => sources.some((source) => concerns(root, source, problem));
  return problems.filter(({ path }) => isConcerned(path)).map(({ path }) => toText(path));
}

/** Whether a source reads what is at a path, in it, or above it. */
function concerns(root: ContextDirectory, source: ContentSource, problem: string): boolean {
  const { base, pattern } = 'isWanted' in source ? splitAtWildcard(source.path) : { base: source.path };
  const { path } = followPath(root, base);
  const wanted = [...splitPath(`/${path}` as LayerPath), ...(pattern ?? []).slice(splitPath(base).length)];
  const parts = problem.split('/');
  const first = splitPath(`/${path}` as LayerPath).length;
  return parts
    .slice(0, wanted.length)
    .every((part, at) => (at < first ? part === wanted[at] : goMatch(wanted[at] ?? '', toText(part))));
}

/** Of the first ones whose mode is another, their bytes are compared too: they are read for it. */
async function told(
  context: BuildContext,
  differences: readonly TreeDifference[],
  options: CallOptions,
): Promise<readonly PathDifference[]> {
  const onBlock = breathing(context, options);
  const told: PathDifference[] = [];
  let left = mostCompared;
  for (const difference of differences) {
    const isContent = difference.mayBeContent !== undefined && left-- > 0;
    if (isContent && !(await isModeAlone(context, difference, onBlock)))
      told.push({ path: toText(difference.path), change: 'content' });
    else told.push(toDifference(difference));
  }
  return told;
}

const mostCompared = 100;

async function isModeAlone(
  context: BuildContext,
  { path, mayBeContent }: TreeDifference,
  onBlock: OnBlock,
): Promise<boolean> {
  if (mayBeContent === undefined) return true;
  const { before } = mayBeContent;
  try {
    return (await digestWithMode(context.onDisk(path), permissionsOf(before), onBlock)) === before.own;
  } catch {
    // Gone by now, or not to be read: the mode is what is known.
    return true;
  }
}

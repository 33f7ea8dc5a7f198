import { toText } from '../../base/layerPath.ts';
import type { CallOptions } from '../../base/progress.ts';
import { isSentAsTar } from '../../build/builder.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import type { PathDifference, StepReason } from '../../build/cache/cacheReport.ts';
import type { ContextView } from '../../build/cache/contextView.ts';
import type { ContentSelection } from '../../build/cache/vertex.ts';
import type { ContentRules } from '../../build/contentKey/contentKey.ts';
import { keyFormatOf } from '../../build/operationKey/keyFormat.ts';
import type { CopyStep } from '../../build/plan/buildPlan.ts';
import type { Sha256 } from '../../build/sha256.ts';
import { archiveDifferences } from './compareArchive.ts';
import { compareCopy, type CopyComparison } from './compareCopy.ts';
import { destinationIn } from './destinations.ts';
import type { Finding } from './judged.ts';
import type { MadeLayer } from './layerFiles.ts';

/** What a COPY read of the context when its layer was made: the same as now, with its digest where it read any; or why not. */
export type CopiedContent =
  | { readonly kind: 'same'; readonly digest?: Sha256 }
  | { readonly kind: 'finding'; readonly finding: Finding };

export interface ContextAsked {
  readonly view: ContextView | undefined;
  readonly rules: ContentRules;
  /** Its builder looks at all of it. */
  readonly isTar: boolean;
}

/** A context, and how the builder of this build counts it. */
export function contextAsked({ builder }: BuildkitBuild, view: ContextView | undefined): ContextAsked {
  return { view, rules: keyFormatOf(buildkitVersionOf(builder)), isTar: isSentAsTar(builder) };
}

/** Compares what a selection of the context holds with the layer that a COPY of it once made. */
export async function copiedContent(
  copy: CopyStep,
  selection: ContentSelection | undefined,
  asked: ContextAsked,
  made: MadeLayer,
  options?: CallOptions,
): Promise<CopiedContent> {
  const { view, isTar } = asked;
  const isOfContext = selection !== undefined;
  const digest = isOfContext ? await actualDigest(selection, asked, options) : undefined;
  if (isOfContext && digest === undefined)
    return { kind: 'finding', finding: told('context-unreadable', 'what it copies cannot be read', []) };
  const files = isOfContext ? ((await view?.files(selection, options)) ?? []) : [];
  const compared = await compareCopy(copy, files, made.position, made.layers, options);
  const { seen, unseen, hidden } = isTar && isOfContext ? withAllSeen(compared, made) : compared;
  const isArchive = isOfContext && seen.length === 0 && hidden.includes('archive');
  const unpacked = isArchive ? await unpackedDifferences(copy, selection, view, made, options) : [];
  const finding = findingOf({ unseen, hidden, seen: [...seen, ...unpacked] }, copy);
  if (finding !== undefined) return { kind: 'finding', finding };
  return { kind: 'same', ...(digest !== undefined && { digest }) };
}

/**
 * Of a context that comes as a tar nothing is overlooked. The modes of directories whose contents are copied count, and show
 * in no layer; that of the context itself is one in every tar.
 */
function withAllSeen(
  { seen, unseen, hidden, tops }: CopyComparison,
  { created }: MadeLayer,
): Pick<CopyComparison, 'seen' | 'unseen' | 'hidden'> {
  const createdMs = Date.parse(created ?? '');
  const isOpen = tops.some(
    ({ from, file: { changedMs = Infinity } }) => from !== '' && !(changedMs <= createdMs),
  );
  return {
    seen: [...seen, ...unseen.filter(({ change }) => change !== 'added')],
    unseen: unseen.filter(({ change }) => change === 'added'),
    hidden: isOpen ? [...hidden, 'directory-mode'] : hidden,
  };
}

/** How the one archive that an ADD unpacks differs from what its layer has. */
async function unpackedDifferences(
  { sources, destination }: CopyStep,
  selection: ContentSelection,
  view: ContextView | undefined,
  { layers, position, created }: MadeLayer,
  options?: CallOptions,
): Promise<readonly PathDifference[]> {
  const above = await layers.rootfs(position, options);
  const members = sources.length === 1 ? await view?.members(selection, options) : undefined;
  if (above === undefined || members === undefined) return [];
  const to = destinationIn(await layers.rootfs(position - 1, options), destination);
  const createdMs = Date.parse(created ?? '');
  const found = await archiveDifferences(members, { to, layer: position, above, layers, createdMs }, options);
  const archive = toText(selection.sources[0]?.path.slice(1) ?? '');
  return found.map(({ path, change }) => ({ path: `${archive}: ${path}`, change }));
}

/** Undefined where something of it cannot be read. */
async function actualDigest(
  selection: ContentSelection,
  { view, rules }: Pick<ContextAsked, 'view' | 'rules'>,
  options?: CallOptions,
): Promise<Sha256 | undefined> {
  const [answer] = (await view?.contents([selection], rules, options)) ?? [];
  return answer === undefined || answer.unreadable.length > 0 ? undefined : answer.actual;
}

function findingOf(
  { seen, unseen, hidden }: Pick<CopyComparison, 'seen' | 'unseen' | 'hidden'>,
  copy: CopyStep,
): Finding | undefined {
  if (seen.length > 0) return { state: 'rebuild', reason: filesChanged(seen, copy) };
  if (unseen.some(({ change }) => change === 'content'))
    return told(
      'same-size-and-time',
      'it is not known whether the builder looks at files of the same size and time',
      unseen,
    );
  if (unseen.length > 0)
    return told(
      'not-compared',
      'it is not known whether the builder looks at the modes of directories',
      unseen,
    );
  const [first] = hidden;
  return first === undefined ? undefined : told('not-shown', hiddenTexts[first], []);
}

const hiddenTexts: Readonly<Record<CopyComparison['hidden'][number], string>> = {
  modes: 'with --chmod its layer does not show the modes of what was copied',
  owners: 'the image does not show whom --chown means',
  bytes: 'what it copies is too large to be compared',
  archive: 'its layer shows what was in an archive, not the archive',
  'nothing-copied': 'it copies nothing, which no layer shows',
  names: 'its layer does not show the names of all that its wildcards match',
  files: 'its layer does not show files whose place others took',
  'directory-mode': 'its layer does not show the mode of the directory that it copies',
  xattrs: 'what it copies has extended attributes, which are not compared with its layer',
};

function filesChanged(paths: readonly PathDifference[], { mode }: CopyStep): StepReason {
  const isFlag = paths.every(({ change }) => change === 'owner' || (change === 'mode' && mode !== undefined));
  const [first] = paths;
  const more = paths.length > 1 ? ` and ${paths.length - 1} more` : '';
  return {
    code: isFlag ? 'flag-changed' : 'files-changed',
    text: isFlag ? 'its --chown or --chmod changed' : `${first?.path ?? ''}${more} changed`,
    paths: paths.slice(0, mostPaths),
    pathCount: paths.length,
  };
}

const mostPaths = 100;

function told(code: StepReason['code'], text: string, paths: readonly PathDifference[]): Finding {
  const shown = paths.length === 0 ? {} : { paths: paths.slice(0, mostPaths), pathCount: paths.length };
  return { state: 'unknown', reason: { code, text, ...shown } };
}

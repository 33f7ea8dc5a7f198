import type { StepReason } from '../../build/cache/cacheReport.ts';
import type { HistoryLine } from '../../build/createdBy/historyLines.ts';
import { destinationPath } from '../../build/plan/absolutePath.ts';
import type { CopySource, CopyStep } from '../../build/plan/buildPlan.ts';
import type { HistoryEntry } from './imageHistory.ts';
import { orderChanged } from './runDifference.ts';

/**
 * What of a COPY or ADD is another than in the build that made an entry, as far as a history shows it: only the base names
 * of the sources count, and where the destination is, however they are written.
 *
 * @param directory WORKDIR then; undefined when it is not known, and so taken for what it is now.
 * @param showsFlags whether that BuildKit wrote flags into histories (0.13).
 */
export function copyDifference(
  copy: CopyStep,
  line: HistoryLine,
  entry: HistoryEntry,
  directory: string | undefined,
  showsFlags: boolean,
): StepReason | undefined {
  if (entry.keyword !== copy.kind.toUpperCase()) return orderChanged(entry.text, line);
  const before = shownCopy(entry.text);
  const now = shownCopy(line.texts[0] ?? '');
  const isSameText = showsFlags ? line.texts[0] === entry.text : line.texts.includes(entry.text);
  const after = copy.destination;
  const to =
    isSameText && directory === undefined ? after : destinationPath(directory ?? '/', before.destination);
  if (to !== after && !isSameDestination(to, after, copy))
    return { code: 'destination-changed', text: 'it is copied to another place', before: to, after };
  const names = copy.sources.map(nameOf).join(' ');
  if (before.sources.map(baseNameOf).join(' ') !== names && !isSameText)
    return {
      code: 'text-changed',
      text: 'other files are copied',
      before: before.sources.join(' '),
      after: now.sources.join(' '),
    };
  return isSameText ? undefined : flagDifference(before.flags, showsFlags ? now.flags : before.flags);
}

interface ShownCopy {
  readonly flags: readonly string[];
  readonly sources: readonly string[];
  readonly destination: string;
}

function shownCopy(text: string): ShownCopy {
  const [, ...words] = text.replace(/ # buildkit$/, '').split(' ');
  const first = words.findIndex((word) => !/^--(?:parents$|chown=|chmod=)/.test(word));
  const [flags, rest] = [words.slice(0, Math.max(first, 0)), words.slice(Math.max(first, 0))];
  return { flags, sources: rest.slice(0, -1), destination: rest.at(-1) ?? '' };
}

/** A relative destination where WORKDIR is not known may be the same. */
function isSameDestination(before: string, after: string, { destination }: CopyStep): boolean {
  return before === after || destination === before;
}

function nameOf(source: CopySource): string {
  if (source.kind === 'heredoc') return `<<${source.name}`;
  if (source.kind === 'url') return baseNameOf(source.url);
  if (source.kind === 'git') return baseNameOf(source.reference);
  return baseNameOf(source.include?.[0] ?? source.path);
}

function baseNameOf(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.at(-1) ?? '/';
}

function flagDifference(before: readonly string[], now: readonly string[]): StepReason | undefined {
  if (before.join(' ') === now.join(' ')) return undefined;
  return { code: 'flag-changed', text: 'its flags changed', before: before.join(' '), after: now.join(' ') };
}

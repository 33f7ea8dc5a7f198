import type { CopyCommand } from '../dockerfile/commands.ts';
import { absolutePath } from './absolutePath.ts';
import type { CopySource } from './buildPlan.ts';

/** One source of COPY or ADD, expanded. */
export function copySource(text: string, command: CopyCommand): CopySource {
  if (isGit(text))
    return { kind: 'git', reference: text, keepsGitDirectory: command.keepsGitDirectory ?? false };
  if (isUrl(text))
    return { kind: 'url', url: text, fileName: fileNameOf(text), isUnpacked: command.isUnpacked ?? false };
  const isUnpacked = command.isUnpacked ?? command.kind === 'add';
  if (!command.keepsParents) return { kind: 'path', path: absolutePath('/', text), isUnpacked };
  return { kind: 'path', isUnpacked, ...withParents(text) };
}

/** Whether it is fetched: COPY refuses such. */
export function isRemoteSource(text: string): boolean {
  return isGit(text) || isUrl(text);
}

/** `/./` stands where the kept part begins. */
function withParents(text: string): {
  readonly path: string;
  readonly include: readonly string[];
  readonly required: readonly string[];
} {
  const pivot = text.indexOf('/./');
  const above = pivot < 0 ? '/' : text.slice(0, pivot);
  const kept = absolutePath('/', pivot < 0 ? text : text.slice(pivot + 3));
  const isExact = !hasWildcards(above) && !hasWildcards(kept);
  return {
    path: absolutePath('/', above),
    include: [kept.slice(1)],
    required: isExact ? [absolutePath('/', `${above}/${kept}`)] : [],
  };
}

function hasWildcards(path: string): boolean {
  return /[*?[]/.test(path.replace(/\\./gs, ''));
}

function isUrl(text: string): boolean {
  return (text.startsWith('http://') || text.startsWith('https://')) && !isGit(text);
}

/** A repository: by its own schemes, as `user@host:path`, or an address whose path ends with `.git`. */
function isGit(text: string): boolean {
  if (/^(?:git|ssh):\/\//.test(text)) return true;
  if (/^[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:/.test(text)) return true;
  return /^https?:\/\/[^/?#]+\/[^?#]*\.git(?:[?#]|$)/.test(text);
}

/** The last part of the path; what cannot be taken apart gets a name of BuildKit's. */
function fileNameOf(url: string): string {
  try {
    const name = decodeURIComponent(new URL(url).pathname)
      .split('/')
      .findLast((part) => part !== '');
    return name === undefined || name === '.' ? '__unnamed__' : name;
  } catch {
    return '__unnamed__';
  }
}

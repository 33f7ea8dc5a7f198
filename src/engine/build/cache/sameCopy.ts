import { posix } from 'node:path';

/**
 * Whether two texts of COPY or ADD are one operation: a source is the same however its path is written, and a destination
 * that is not absolute lies in the working directory (build-cache.md §1.3).
 *
 * @param directory the working directory; undefined where it is not known.
 */
export function isSameCopy(one: string, other: string, directory: string | undefined): boolean {
  const text = plainCopy(one, directory);
  return text !== undefined && text === plainCopy(other, directory);
}

/** Undefined of what is not a list of paths. */
function plainCopy(text: string, directory: string | undefined): string | undefined {
  const [, keyword, rest] = /^((?:LINK )?(?:COPY|ADD)) ([^[<].*)$/.exec(text) ?? [];
  const words = rest?.split(' ') ?? [];
  const flags = words.filter((word) => word.startsWith('--'));
  const paths = words.slice(flags.length);
  const destination = paths.at(-1);
  if (keyword === undefined || destination === undefined || paths.length < 2) return undefined;
  // Of what `--parents` keeps, the way a path is written counts.
  if (flags.some((flag) => flag.startsWith('--parents'))) return undefined;
  if (paths.some((path) => path === '' || path.startsWith('<<') || path.includes('://'))) return undefined;
  if (!destination.startsWith('/') && directory === undefined) return undefined;
  const to = destination.startsWith('/') ? destination : posix.join(directory ?? '/', destination);
  return [keyword, ...flags, ...paths.slice(0, -1).map(cleaned), to].join(' ');
}

function cleaned(source: string): string {
  return posix.join('/', source).replace(/(?<=.)\/$/, '');
}

import { EngineError } from '../engine/index.ts';

/** What is copied. */
export interface CopySource {
  readonly isDirectory: boolean;
  /** Whether its contents alone are meant: the path ends with `/.`. */
  readonly isContents: boolean;
  readonly name: string;
}

/** What is at the destination's path, links followed, on whichever side it is. */
export interface CopyDestination {
  /** As it was typed. */
  readonly path: string;
  readonly there: 'directory' | 'other' | undefined;
}

/** Where a copy goes: into the destination, which is a folder, or beside it under its name. */
export type CopyPlace =
  { readonly in: 'destination'; readonly name: string | undefined } | { readonly in: 'parent' };

/**
 * The rules of `docker cp`, the same both ways. Into a folder a copy goes under its own name, and its contents directly; a
 * file replaces a file; and what is not there is made, if its folder is.
 *
 * @throws EngineError `not-a-directory` for a folder onto a file, and for a file named like a folder; `not-found` for a
 *   file into a folder that is not there.
 */
export function placeOf({ isDirectory, isContents, name }: CopySource, to: CopyDestination): CopyPlace {
  if (to.there === 'directory') return { in: 'destination', name: isContents ? undefined : name };
  if (to.there === 'other') {
    if (isDirectory)
      throw new EngineError('not-a-directory', to.path, 'a folder cannot be copied onto a file');
    if (meansDirectory(to.path)) throw new EngineError('not-a-directory', to.path, 'it is not a folder');
  } else if (meansDirectory(to.path) && !isDirectory)
    throw new EngineError('not-found', to.path, 'there is no such folder');
  return { in: 'parent' };
}

/** Whether a path says that it is a folder's, by its end. */
export function meansDirectory(path: string): boolean {
  return /(?:^|[/\\])\.?$/.test(path) && path !== '';
}

/** Whether a path means what is in a folder, and not the folder. */
export function meansContents(path: string): boolean {
  return /(?:^|[/\\])\.$/.test(path);
}

import { basename } from 'node:path';
import type { Disposable } from '../base/event.ts';
import type { StorePlaces } from './storePlaces.ts';
import { watchDirectory } from './watchDirectory.ts';

/** Tells when `index.json` was replaced, by this or another process, see {@link watchDirectory}. */
export function watchIndex(places: StorePlaces, onChange: () => void): Disposable {
  const index = basename(places.index);
  return watchDirectory(places.directory, (name) => name === index, onChange);
}

import { type Descriptor, EngineError, type ImageEntry } from '../engine/index.ts';
import { namedEntries } from './chooseImage.ts';
import type { Session } from './session.ts';

/** What a name or digest means in the store. @throws EngineError `not-found`, `ambiguous`. */
export async function storedTarget(session: Session, typed: string): Promise<Descriptor> {
  const { target } = await storedEntry(session, typed);
  if (target === undefined) throw new EngineError('not-found', typed, 'it is not in the store');
  return target;
}

/** @param typed a name or digest, `store:` before it or not. */
export async function storedEntry(session: Session, typed: string): Promise<ImageEntry> {
  const name = typed.replace(/^store:/, '');
  const source = await session.openSource('store');
  const matches = namedEntries(await source.list(session.callOptions), name);
  const [first] = matches;
  if (first === undefined) throw new EngineError('not-found', name, 'it is not in the store');
  if (new Set(matches.map(({ target }) => target?.digest)).size > 1)
    throw new EngineError('ambiguous', name, 'several images of the store have it');
  return first;
}

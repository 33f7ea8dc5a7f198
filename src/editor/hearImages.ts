import type { Disposable, EngineEvent } from '../engine/index.ts';
import { imageVerbs, type KnownEngine } from './knownEngine.ts';

/** What another program builds, tags or removes. */
export function hearImages({ connection }: KnownEngine, listener: () => void): Disposable {
  let isOpen = false;
  return connection.events.onNews((news) => {
    if (news.kind === 'event' ? isOther(news.event) : isOpen) listener();
    isOpen = true;
  });
}

/** Asking for a status may have images saved, which changes none. */
function isOther({ type, action }: EngineEvent): boolean {
  return type === 'image' && imageVerbs.has(action.split(':')[0] ?? '');
}

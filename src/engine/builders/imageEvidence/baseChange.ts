import { splitSetting } from '../../build/plan/environment.ts';
import type { Image } from '../../sources/image.ts';
import type { HistoryEntry } from './imageHistory.ts';
import type { PastState } from './pastState.ts';

/** A variable of the base image that was another when an image was built. */
export interface BaseChange {
  readonly name: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/**
 * What the image's config has of its base's variables, other than the base as it is now: the layers do not show it.
 *
 * @param base what a stage on the base begins with, `NAME=value`.
 */
export function baseChange(
  image: Image,
  own: readonly HistoryEntry[],
  base: readonly string[],
): BaseChange | undefined {
  const kept = new Map(envOf(image).map(splitSetting));
  const now = new Map(base.map(splitSetting));
  const isOwn = (name: string): boolean =>
    own.some(({ keyword, text }) => keyword === 'ENV' && text.includes(` ${name}=`));
  for (const [name, after] of now)
    if (!isOwn(name) && kept.get(name) !== after) return { name, before: kept.get(name), after };
  for (const [name, before] of kept)
    if (!isOwn(name) && !now.has(name)) return { name, before, after: undefined };
  return orderChange([...kept.keys()], [...now.keys()]);
}

function orderChange(kept: readonly string[], now: readonly string[]): BaseChange | undefined {
  const ofBase = kept.filter((name) => now.includes(name));
  const at = ofBase.findIndex((name, position) => name !== now[position]);
  const name = ofBase[at];
  return name === undefined ? undefined : { name, before: undefined, after: undefined };
}

export function envOf(image: Image): readonly string[] {
  const list = image.config?.runtime['Env'];
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}

/** Whether what is read of a history's ENV entries is what the image's config has in the end. */
export function isUnderstood(image: Image, own: readonly HistoryEntry[], past: PastState): boolean {
  for (const entry of own) past.pass(entry);
  const kept = new Map(envOf(image).map(splitSetting));
  return [...past.ownEnv].every(([name, value]) => kept.get(name) === value);
}

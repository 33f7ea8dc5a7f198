import type { Image } from '../../sources/image.ts';
import type { HistoryLine } from '../../build/createdBy/historyLines.ts';

/** One entry of an image's history above its base. */
export interface HistoryEntry {
  /** Empty where the image does not say. */
  readonly text: string;
  /** `RUN`, `COPY` … */
  readonly keyword: string;
  /** Position of the layer that it made. */
  readonly layer: number | undefined;
  readonly created?: string;
}

/**
 * What an image's history has above its base.
 *
 * @param baseLayers how many layers are the base's.
 * @param baseHistory what the base's own history says, where it is known; else what of the entries between its last layer
 * and the next one are its own is told by how many of such the Dockerfile begins with, and by variables that the base does
 * not have.
 * @param baseEnv `NAME=value`, of the base as it is now.
 */
export function ownHistory(
  image: Image,
  baseLayers: number,
  baseHistory: readonly string[] | undefined,
  lines: readonly HistoryLine[],
  baseEnv: readonly string[],
): readonly HistoryEntry[] {
  const entries = image.steps.map(({ item, layer }): HistoryEntry => {
    const text = item?.createdBy ?? '';
    return {
      text,
      keyword: /^[A-Z]+/.exec(text)?.[0] ?? '',
      layer,
      ...(item?.created !== undefined && { created: item.created }),
    };
  });
  const isPrefix = baseHistory?.every((text, at) => entries[at]?.text === text) === true;
  if (isPrefix) return entries.slice(baseHistory.length);
  const first = baseLayers === 0 ? 0 : entries.findIndex(({ layer }) => layer === baseLayers - 1) + 1;
  const next = entries.findIndex(({ layer }, at) => at >= first && layer !== undefined);
  const count = (next < 0 ? entries.length : next) - first;
  const leading = lines.findIndex(({ hasLayer }) => hasLayer);
  const begin = first + Math.max(0, count - (leading < 0 ? lines.length : leading));
  const known = new Set(baseEnv);
  return entries.filter((entry, at) => at >= begin || (at >= first && setsOther(entry, known)));
}

function setsOther({ keyword, text }: HistoryEntry, known: ReadonlySet<string>): boolean {
  if (keyword !== 'ENV') return false;
  return shownSettings(text.slice(keyword.length + 1)).some((setting) => !known.has(setting));
}

/** Of ENV and ARG as a history shows them: blanks in values are not told from those between settings. */
export function shownSettings(text: string): readonly string[] {
  return text.split(/(?<=\S) (?=[^\s=]+=)/);
}

/** Whether BuildKit wrote an image's history. */
export function isOfBuildKit(image: Image): boolean {
  return image.steps.some(({ item }) => item?.comment === 'buildkit.dockerfile.v0');
}

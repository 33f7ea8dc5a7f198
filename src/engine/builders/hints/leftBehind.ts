import { toText } from '../../base/layerPath.ts';
import type { HintQuestion, LeftBehind, ReadLayer } from './layerHint.ts';

/** What package managers keep for the next time, which in an image does not come. */
const directories: readonly RegExp[] = [
  /^\/var\/lib\/apt\/lists(?=\/)/,
  /^\/var\/cache\/apt(?=\/)/,
  /^\/var\/cache\/apk(?=\/)/,
  /^\/var\/cache\/(?:dnf|yum|libdnf5)(?=\/)/,
  /^\/var\/cache\/zypp(?=\/)/,
  /^\/(?:root|home\/[^/]+)\/\.cache\/(?:pip|yarn|go-build|pypoetry)(?=\/)/,
  /^\/(?:root|home\/[^/]+)\/\.npm\/_cacache(?=\/)/,
  /^\/usr\/local\/share\/\.cache(?=\/)/,
];

/** Less is not worth a word: package managers write small files there themselves. */
const leastBytes = 100_000;

/** Caches that a RUN leaves in its layer. What a later step deletes is told of there. */
export function leftBehind({ layers, instructions }: HintQuestion): readonly LeftBehind[] {
  return layers.flatMap((layer, at) => {
    const { instruction } = layer;
    if (instructions[instruction]?.name !== 'RUN') return [];
    const gone = removedBy(layers.slice(at + 1));
    const found = [...bytesByDirectory(layer, gone)].filter(([, bytes]) => bytes >= leastBytes);
    return found.map(([directory, bytes]) => ({ kind: 'left-behind', instruction, directory, bytes }));
  });
}

function removedBy(layers: readonly ReadLayer[]): ReadonlySet<string> {
  const removed = layers.flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'removed'));
  return new Set(removed.map(({ path }) => path));
}

function bytesByDirectory({ changes }: ReadLayer, gone: ReadonlySet<string>): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { entry, path } of changes) {
    if (entry?.type !== 'file' || gone.has(path)) continue;
    const text = toText(path);
    const directory = directories.map((each) => each.exec(text)?.[0]).find((each) => each !== undefined);
    if (directory !== undefined) found.set(directory, (found.get(directory) ?? 0) + entry.size);
  }
  return found;
}

import type { ContainerFile } from '../../engine/index.ts';
import type { OpenedContainer } from '../openedContainers.ts';

/**
 * A text that is another one whenever a file's content or time is. Of a container of the store it names the very bytes;
 * an engine tells time and size alone.
 */
export function fileVersion(container: OpenedContainer, file: ContainerFile): string {
  return [file.type, file.mtime ?? '', file.size, contentOf(container, file)].join(' ');
}

/** Where a file's bytes lie; the same before and after a change of its attributes alone. */
function contentOf({ place }: OpenedContainer, { path, size }: ContainerFile): string {
  if (place.kind === 'engine') return '';
  const origin = place.files.view.lookup(path)?.origin;
  if (origin === undefined) return '';
  if (origin.in === 'container') return JSON.stringify(origin.content);
  return size === 0 ? '[]' : JSON.stringify([{ from: 'image', path, offset: 0, length: size }]);
}

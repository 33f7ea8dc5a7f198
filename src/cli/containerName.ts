import { UsageError } from './usageError.ts';

/** A container and, where one was typed, a path in it. */
export interface ContainerPath {
  /** A name, an ID, or the beginning of one. */
  readonly container: string;
  /** As it was typed. */
  readonly path: string | undefined;
}

/** Whether a name where an image could stand too is that of a container: `container:NAME`. */
export function isContainerName(text: string): boolean {
  return text.startsWith('container:');
}

/** Takes `CONTAINER` as it is typed, with `container:` before it or without. @throws UsageError when nothing is left. */
export function parseContainer(text: string): string {
  const { container, path } = splitContainerPath(text);
  if (path !== undefined) throw new UsageError(text, 'the name of a container is needed, without a path');
  return container;
}

/** Takes `CONTAINER[:PATH]` apart, with `container:` before it or without: names of containers have no colon. */
export function splitContainerPath(text: string): ContainerPath {
  const rest = text.replace(/^container:/, '');
  const colon = rest.indexOf(':');
  const container = colon < 0 ? rest : rest.slice(0, colon);
  if (container === '') throw new UsageError(text, 'the name of a container is missing');
  return { container, path: colon < 0 ? undefined : rest.slice(colon + 1) };
}

import type { Aspect, CallOptions, ChangedAspect, ContainerFileChange, Touch } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import type { ShownEntry } from '../entryText.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import type { OpenedImage } from '../openedImages.ts';
import type { VersionedFile } from './versionDiff.ts';

/** What one layer did to a path; a container's writable layer counts as the one above the image's last. */
export interface FileTouch extends Pick<Touch, 'layer' | 'change' | 'removedBy'> {
  readonly entry?: ShownEntry;
  readonly differs: readonly (Aspect | ChangedAspect)[];
}

/** Every layer that touched a path, newest first. */
export async function touchesOf(
  { engine }: EditorContext,
  { opened, path, container }: VersionedFile,
  options: CallOptions,
): Promise<readonly FileTouch[]> {
  if (container?.place.kind === 'store') return container.place.files.blame(path, options);
  const ofImage = await engine.blame(opened.image, path, { ...options, priority: 'seen' });
  if (container === undefined) return ofImage;
  const own = (await container.files.changes(options)).find((change) => change.path === path);
  return own === undefined ? ofImage : [touchOf(own, opened), ...ofImage];
}

/** Of a container whose image is gone, nothing can be told. */
export async function versionedFileOf(
  container: OpenedContainer,
  path: VersionedFile['path'],
): Promise<VersionedFile | undefined> {
  const opened = await container.image();
  return opened && { opened, path, container };
}

function touchOf({ kind, after, differs }: ContainerFileChange, { image }: OpenedImage): FileTouch {
  return { layer: image.layers.length, change: kind, differs, ...(after && { entry: after }) };
}

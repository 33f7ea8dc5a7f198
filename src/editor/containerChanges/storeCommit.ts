import {
  type CallOptions,
  type CommittedImage,
  EngineError,
  isEmptyChangeset,
  normalizeName,
  type StoreContainerFiles,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { isReadable, type OpenedImage, storeLocation } from '../openedImages.ts';
import type { CommitForm } from './commitSubject.ts';
import type { CommitPlace, CommittedOpened } from './commitPlace.ts';

/** Commits a container of the store into the store. */
export async function storeCommit(context: EditorContext, files: StoreContainerFiles): Promise<CommitPlace> {
  await files.refresh();
  const source = await context.images.source(storeLocation);
  const entries = await source.list();
  return {
    config: files.image.config?.runtime ?? {},
    hasChanges: !isEmptyChangeset(files.view.upper),
    canPause: false,
    takenNames: new Set(entries.flatMap(({ names }) => names)),
    commit: (form, changes, options) => commit(context, files, form, changes, options),
  };
}

async function commit(
  context: EditorContext,
  { config: { id } }: StoreContainerFiles,
  { name, message, author }: CommitForm,
  changes: readonly string[],
  options: CallOptions,
): Promise<CommittedOpened> {
  const request = {
    ...(name !== '' && { name }),
    ...(message !== '' && { message }),
    ...(author !== '' && { author }),
    changes,
  };
  const made = await context.engine.containers.commit(id, request, options);
  const opened = await openedOf(context, made, name);
  if (made.layer === undefined) return { opened, size: 0 };
  const { summary } = await context.engine.layerIndex(opened.image, opened.image.layers.length - 1);
  return { opened, size: summary.size };
}

async function openedOf(
  { images }: EditorContext,
  { manifest: { digest } }: CommittedImage,
  name: string,
): Promise<OpenedImage> {
  await images.reload(storeLocation);
  const all = await images.imagesOf(await images.source(storeLocation));
  const made = all.filter(isReadable).filter(({ variant }) => variant.manifest?.digest === digest);
  const isNamed = ({ entry }: OpenedImage): boolean =>
    name !== '' && entry.names.includes(normalizeName(name));
  const opened = made.find(isNamed) ?? made[0];
  if (opened === undefined)
    throw new EngineError('not-found', digest, 'the store does not list what was made');
  return opened;
}

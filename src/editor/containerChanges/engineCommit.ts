import {
  type CallOptions,
  EngineError,
  type EngineContainerFiles,
  familiarName,
  normalizeName,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import type { KnownEngine } from '../knownEngine.ts';
import { isReadable } from '../openedImages.ts';
import type { CommitForm } from './commitSubject.ts';
import type { CommitPlace, CommittedOpened } from './commitPlace.ts';
import { type Config } from './configWords.ts';

/** Commits a container of an engine into that engine. */
export async function engineCommit(
  context: EditorContext,
  engine: KnownEngine,
  files: EngineContainerFiles,
): Promise<CommitPlace> {
  const [details, changes, images] = await Promise.all([
    engine.client.inspectContainer(files.id),
    files.changes(),
    engine.imagesSoon(),
  ]);
  const config = details.json['Config'];
  return {
    config: isConfig(config) ? config : {},
    hasChanges: changes.length > 0,
    canPause: details.state === 'running',
    takenNames: new Set(images.flatMap(({ repoTags }) => repoTags.map(normalizeName))),
    commit: (form, edits, options) => commit(context, engine, files.id, form, edits, options),
  };
}

async function commit(
  { images }: EditorContext,
  engine: KnownEngine,
  id: string,
  { name, message, author, pauses }: CommitForm,
  changes: readonly string[],
  { signal }: CallOptions,
): Promise<CommittedOpened> {
  const stop = signal === undefined ? {} : { signal };
  const imageId = await engine.client.commitContainer(id, {
    ...stop,
    ...nameParts(name),
    ...(message !== '' && { comment: message }),
    ...(author !== '' && { author }),
    pause: pauses,
    changes,
  });
  const [newest] = await engine.client.imageHistory(imageId, stop);
  if (engine.lists.isKnown) await engine.refresh();
  const opened = (await images.inEngine(engine, imageId, signal)).find(isReadable);
  if (opened === undefined)
    throw new EngineError('not-found', imageId, 'the engine does not give what it made');
  return { opened, size: newest?.sizeBytes ?? 0 };
}

/** As the API has a name: in two. */
function nameParts(name: string): { readonly repository?: string; readonly tag?: string } {
  if (name === '') return {};
  const full = familiarName(normalizeName(name));
  const colon = full.lastIndexOf(':');
  return { repository: full.slice(0, colon), tag: full.slice(colon + 1) };
}

function isConfig(value: unknown): value is Config {
  return typeof value === 'object' && value !== null;
}

import * as vscode from 'vscode';
import { familiarName, isEngineError, normalizeName, parseReference } from '../../engine/index.ts';
import { chooseContainer } from '../containerChoice.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { withProgress } from '../progress.ts';
import { facts } from '../row.ts';
import { imageTitle, layerCountText, oneLine, sizeText } from '../text.ts';
import { fillCommitForm } from './commitForm.ts';
import type { CommitForm, CommitSubject } from './commitSubject.ts';
import type { CommitPlace, CommittedOpened } from './commitPlace.ts';
import { changesOf } from './configEdits.ts';
import { engineCommit } from './engineCommit.ts';
import { storeCommit } from './storeCommit.ts';

const authorKey = 'lamina.author';

/** Where a message may have been written already. */
export interface Messages {
  messageFor(containerId: string): string;
  /** The message was used. */
  clear(containerId: string): void;
}

/** Makes an image of a container, once a person has seen what it will be, and shows its new layer. */
export async function commitContainer(
  context: EditorContext,
  messages: Messages,
  args: readonly unknown[],
): Promise<void> {
  const chosen = await chooseContainer(context, args, vscode.l10n.t('Commit Container'));
  if (chosen === undefined) return;
  const { container } = chosen;
  const place = await withProgress(vscode.l10n.t('Looking at {0}', oneLine(container.name)), () =>
    placeOf(context, container),
  );
  if (!place.hasChanges && !(await isWantedUnchanged(container))) return;
  const base = await container.image();
  const shared = base?.image.layers.length;
  const form = await fillCommitForm(subjectOf(container, place, shared), {
    name: nameFor(container),
    message: messages.messageFor(container.id),
    author: context.memory.get<string>(authorKey, ''),
    pauses: true,
    edits: new Map(),
  });
  if (form === undefined) return;
  await context.memory.update(authorKey, form.author === '' ? undefined : form.author);
  const committed = await commit(container, place, form);
  messages.clear(container.id);
  await showCommitted(committed, shared);
}

function placeOf(context: EditorContext, { place }: OpenedContainer): Promise<CommitPlace> {
  return place.kind === 'store'
    ? storeCommit(context, place.files)
    : engineCommit(context, place.engine, place.files);
}

function subjectOf({ name }: OpenedContainer, place: CommitPlace, shared: number | undefined): CommitSubject {
  const below = shared === undefined ? undefined : vscode.l10n.t('shares {0}', layerCountText(shared));
  const above = place.hasChanges ? vscode.l10n.t('1 new layer') : vscode.l10n.t('no new layer');
  return {
    title: vscode.l10n.t('Commit {0}', oneLine(name)),
    outcome: facts(above, below),
    config: place.config,
    canPause: place.canPause,
    isTaken: (typed) => typed !== '' && place.takenNames.has(normalizeName(typed)),
  };
}

function commit({ name }: OpenedContainer, place: CommitPlace, form: CommitForm): Promise<CommittedOpened> {
  const title = vscode.l10n.t('Committing {0}', oneLine(name));
  return withProgress(title, (options) => place.commit(form, changesOf(place.config, form.edits), options));
}

/** The new layer selected, and what it cost. */
async function showCommitted({ opened, size }: CommittedOpened, shared: number | undefined): Promise<void> {
  const { image } = opened;
  const count = image.layers.length;
  const isNew = shared === undefined || count > shared;
  await vscode.commands.executeCommand('lamina.revealInImages', {
    image: image.id,
    ...(isNew && { layer: count - 1 }),
  });
  const below = shared ?? count - 1;
  const text = isNew
    ? facts(vscode.l10n.t('1 new layer'), sizeText(size), sharedText(below))
    : facts(vscode.l10n.t('no new layer'), sharedText(below));
  void vscode.window.showInformationMessage(`${imageTitle(image)}: ${text}`);
}

function sharedText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 layer shared') : vscode.l10n.t('{0} layers shared', count);
}

async function isWantedUnchanged({ name }: OpenedContainer): Promise<boolean> {
  const commitAnyway = vscode.l10n.t('Commit Anyway');
  const message = vscode.l10n.t('{0} has changed nothing of its image.', oneLine(name));
  const detail = vscode.l10n.t(
    'No layer will be made. The new image can differ in its name and configuration only.',
  );
  return (
    (await vscode.window.showWarningMessage(message, { modal: true, detail }, commitAnyway)) === commitAnyway
  );
}

/** What the container is called, where an image can be called so. */
function nameFor({ name }: OpenedContainer): string {
  try {
    parseReference(name.toLowerCase());
    return familiarName(normalizeName(name.toLowerCase()));
  } catch (error) {
    if (isEngineError(error, 'invalid-reference')) return '';
    throw error;
  }
}

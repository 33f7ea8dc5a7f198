import * as vscode from 'vscode';
import { isEngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { engineImageTitle, engineName } from '../engineText.ts';
import { askForName } from '../imageNames.ts';
import { oneLine, pickText, referenceTitle } from '../text.ts';
import { chooseEngineImages, type EngineImageChoice, engineReference } from './chooseEngine.ts';

/** Gives an image of an engine one more name. */
export async function tagInEngine(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const title = vscode.l10n.t('Tag in Engine');
  const [choice] = await chooseEngineImages(context, args, title);
  if (choice === undefined) return;
  const { engine, image } = choice;
  const prompt = vscode.l10n.t('A new name for {0}', engineImageTitle(image));
  const name = await askForName(title, prompt, image.repoTags[0] ?? '');
  if (name !== undefined) await engine.client.tagImage(engineReference(image), name);
}

/** Takes names, or images, out of their engine, once a person has seen what goes. */
export async function removeFromEngine(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const choices = await chooseEngineImages(context, args, vscode.l10n.t('Remove from Engine'));
  if (choices.length === 0) return;
  const wanted = choices.length === 1 ? await namesToRemove(choices) : choices.flatMap(allOf);
  if (wanted === undefined || !(await isConfirmed(choices, wanted))) return;
  for (const each of wanted) await removeOne(each);
}

/** One name, or an image without any. */
interface Removal extends EngineImageChoice {
  readonly reference: string;
}

function allOf(choice: EngineImageChoice): readonly Removal[] {
  const { repoTags, id } = choice.image;
  return (repoTags.length > 0 ? repoTags : [id]).map((reference) => ({ ...choice, reference }));
}

/** Which of several names are meant; undefined when called off. */
async function namesToRemove([choice]: readonly EngineImageChoice[]): Promise<
  readonly Removal[] | undefined
> {
  const all = choice === undefined ? [] : allOf(choice);
  if (all.length <= 1) return all;
  const items = all.map((removal) => ({
    label: pickText(referenceTitle(removal.reference) ?? oneLine(removal.reference)),
    picked: true,
    removal,
  }));
  const title = vscode.l10n.t('Remove from Engine');
  const placeHolder = vscode.l10n.t('Choose the names to remove');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, canPickMany: true });
  return chosen === undefined || chosen.length === 0 ? undefined : chosen.map(({ removal }) => removal);
}

async function isConfirmed(
  choices: readonly EngineImageChoice[],
  wanted: readonly Removal[],
): Promise<boolean> {
  const remove = vscode.l10n.t('Remove');
  const names = wanted.map(({ reference }) => shownName(reference)).join(', ');
  const [first] = choices;
  const where = first === undefined ? '' : engineName(first.engine);
  const message = vscode.l10n.t('Remove {0} from {1}?', names, where);
  const detail = choices.map((choice) => consequence(choice, wanted)).join('\n');
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, remove)) === remove;
}

/** What becomes of an image when these of its names go. */
function consequence({ engine, image }: EngineImageChoice, wanted: readonly Removal[]): string {
  const gone = new Set(wanted.filter((each) => each.image.id === image.id).map(({ reference }) => reference));
  const stays = image.repoTags.filter((tag) => !gone.has(tag)).map(shownName);
  const users = engine.lists.usersOf(image.id);
  const used =
    users.length === 0
      ? undefined
      : vscode.l10n.t(
          'In use by {0}.',
          users.map(({ names, id }) => oneLine(names[0] ?? id.slice(0, 12))).join(', '),
        );
  const kept =
    stays.length > 0
      ? vscode.l10n.t('The image stays as {0}.', stays.join(', '))
      : vscode.l10n.t('The image and those of its layers that no other image needs are deleted.');
  return [used, kept].filter((text) => text !== undefined).join(' ');
}

/** Without force at first: the engine says what is in the way, and the person decides. */
async function removeOne({ engine, reference }: Removal): Promise<void> {
  try {
    await engine.client.removeImage(reference);
  } catch (error) {
    if (!isEngineError(error, 'busy')) throw error;
    const force = vscode.l10n.t('Remove Anyway');
    const message = vscode.l10n.t('{0} will not remove {1}.', engineName(engine), shownName(reference));
    const detail = oneLine(error.detail);
    if ((await vscode.window.showWarningMessage(message, { modal: true, detail }, force)) !== force) return;
    await engine.client.removeImage(reference, { force: true });
  }
}

function shownName(reference: string): string {
  return referenceTitle(reference.replace(/^sha256:([0-9a-f]{12})[0-9a-f]*$/, '$1')) ?? '';
}

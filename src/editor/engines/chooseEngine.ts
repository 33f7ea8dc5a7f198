import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { engineName } from '../engineText.ts';
import { imagesOfEngines } from '../imageChoice.ts';
import type { KnownEngine } from '../knownEngine.ts';
import { engineImagesOf, engineOf } from '../nodes.ts';
import { engineImageFacts, engineImageTitle } from '../engineText.ts';
import { facts } from '../row.ts';
import { oneLine, pickText } from '../text.ts';
import type { EngineImage } from '../../engine/index.ts';

/** An image where its engine lists it. */
export interface EngineImageChoice {
  readonly engine: KnownEngine;
  readonly image: EngineImage;
}

/** The engine a command was called on, or one that a person chooses; the only one is taken without asking. */
export async function chooseEngine(
  { engines }: EditorContext,
  args: readonly unknown[],
  title: string,
  candidates: () => Promise<readonly KnownEngine[]> = () => engines.reachable(),
): Promise<KnownEngine | undefined> {
  const given = engineOf(args[0]);
  if (given !== undefined) return given;
  const all = await candidates();
  if (all.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No container engine is there for that.'));
    return undefined;
  }
  if (all.length === 1) return all[0];
  const items = all.map((engine) => ({
    label: pickText(engineName(engine)),
    description: pickText(oneLine(engine.location)),
    iconPath: new vscode.ThemeIcon('server'),
    engine,
  }));
  const placeHolder = vscode.l10n.t('Choose an engine');
  return (await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true }))?.engine;
}

/** The engines' images a command was called on, or one that a person chooses. */
export async function chooseEngineImages(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
): Promise<readonly EngineImageChoice[]> {
  const given = engineImagesOf(args).map(({ engine, image }) => ({
    engine,
    image: engine.lists.image(image.id) ?? image,
  }));
  if (given.length > 0) return given;
  const all = await imagesOfEngines(context);
  if (all.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('No container engine has an image for that.'));
    return [];
  }
  const items = all.map((choice) => ({
    label: pickText(engineImageTitle(choice.image)),
    description: pickText(facts(engineImageFacts(choice.image), engineName(choice.engine))),
    iconPath: new vscode.ThemeIcon('package'),
    choice,
  }));
  const placeHolder = vscode.l10n.t('Choose an image');
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder, matchOnDescription: true });
  return chosen === undefined ? [] : [chosen.choice];
}

/** What the engine calls an image: by its first name, since an ID alone would lose it in messages. */
export function engineReference({ repoTags, id }: EngineImage): string {
  return repoTags[0] ?? id;
}

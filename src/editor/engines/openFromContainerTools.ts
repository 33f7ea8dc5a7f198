import * as vscode from 'vscode';
import { isEngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import type { KnownEngine } from '../knownEngine.ts';
import { oneLine } from '../text.ts';

/**
 * *Open in Lamina* in the image menus of Microsoft's Container Tools. Its node is not ours: whatever of a name and an
 * ID can be read from it is looked for, first in the engine that the docker CLI uses, as that extension does.
 */
export async function openFromContainerTools(
  context: EditorContext,
  [argument]: readonly unknown[],
): Promise<void> {
  const names = namesOf(argument);
  if (names.length === 0) return;
  const reachable = await context.engines.reachable();
  const sorted = reachable.toSorted((a, b) => Number(b.found.isCurrent) - Number(a.found.isCurrent));
  for (const engine of sorted) {
    const id = await idIn(engine, names);
    if (id === undefined) continue;
    await show(context, engine, id);
    return;
  }
  void vscode.window.showInformationMessage(
    vscode.l10n.t('{0} is in no engine that Lamina is connected to.', oneLine(names[0] ?? '')),
  );
}

/** VS Code makes a command of its own for each view. */
const imagesView = 'lamina.images';

/** The ID first, since a name may mean another image by now. */
export function namesOf(argument: unknown): readonly string[] {
  if (typeof argument !== 'object' || argument === null) return [];
  const name = 'fullTag' in argument && typeof argument.fullTag === 'string' ? argument.fullTag : undefined;
  const id = 'imageId' in argument && typeof argument.imageId === 'string' ? argument.imageId : undefined;
  return [id, name]
    .filter((each) => each !== undefined)
    .filter((each) => each !== '' && !each.includes('<none>'));
}

async function idIn({ client }: KnownEngine, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    try {
      return (await client.inspectImage(name)).id;
    } catch (error) {
      if (!isEngineError(error, 'not-found') && !isEngineError(error, 'unreachable')) throw error;
    }
  }
  return undefined;
}

/** The view has to list the engine before it can show the image there. */
async function show({ engines }: EditorContext, engine: KnownEngine, imageId: string): Promise<void> {
  await vscode.commands.executeCommand(`${imagesView}.focus`);
  await engines.listed(engine);
  await vscode.commands.executeCommand('lamina.revealInImages', { engine, imageId });
}

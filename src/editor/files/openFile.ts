import * as vscode from 'vscode';
import { EngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { typeText } from '../entryText.ts';
import { type FileChoice, fileOfArguments } from '../fileChoice.ts';
import { isNode } from '../nodes.ts';
import { offerToSave } from '../offerToSave.ts';
import { nameText } from '../text.ts';
import { rootfsUri } from '../uri.ts';

/** Opens a file in a tab; a removed one as it was below the layer that removes it. Too large ones are offered to save. */
export async function openFile(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const choice = shownVersion(args[0]) ?? (await fileOfArguments(context, args));
  if (choice === undefined) return;
  const { opened, path, upTo } = choice;
  const uri = rootfsUri(opened.image, path, upTo);
  const entry = (await context.engine.rootfs(opened.image, upTo)).resolve(path);
  if (entry === undefined) throw new EngineError('not-found', nameText(path), 'the link leads to nothing');
  if (entry.type !== 'file') {
    void vscode.window.showInformationMessage(
      vscode.l10n.t('{0} has no content to open: it is a {1}.', nameText(path), typeText(entry)),
    );
    return;
  }
  if (entry.size > context.settings.maxFileSize) await offerToSave(uri, entry.size);
  else await vscode.commands.executeCommand('vscode.open', uri);
}

function shownVersion(node: unknown): FileChoice | undefined {
  if (!isNode(node) || node.kind !== 'change' || node.change.kind !== 'removed' || node.layer === 0)
    return undefined;
  return { opened: node.opened, path: node.change.path, upTo: node.layer - 1 };
}

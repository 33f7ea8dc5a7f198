import * as vscode from 'vscode';
import { familiarName, isEngineError } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { referenceTitle } from '../text.ts';
import { isRegistryNode, referenceOfNode } from './registryNodes.ts';

/** Deletes a tag after asking. */
export async function deleteRemoteTag(context: EditorContext, args: readonly unknown[]): Promise<void> {
  const [node] = args;
  if (!isRegistryNode(node) || node.kind !== 'tag') return;
  const remove = vscode.l10n.t('Delete');
  const name = referenceTitle(referenceOfNode(node)) ?? '';
  const detail = vscode.l10n.t(
    'The tag goes away in the registry, for everybody. Where a registry cannot delete a tag alone, the image goes with all its tags.',
  );
  const options = { modal: true, detail };
  if (
    (await vscode.window.showWarningMessage(vscode.l10n.t('Delete {0}?', name), options, remove)) !== remove
  )
    return;
  await deleteTag(context, node.domain, node.path, node.tag);
}

/** By the tag where the registry can do that; else by the digest, which takes every tag of the image. */
async function deleteTag(
  { engine }: EditorContext,
  domain: string,
  path: string,
  tag: string,
): Promise<void> {
  const registry = engine.registry(domain);
  const { digest } = await registry.getManifest(path, tag);
  try {
    await registry.deleteTag(path, tag);
  } catch (error) {
    if (!isEngineError(error, 'unsupported')) throw error;
    await registry.deleteManifest(path, digest);
  }
}

export async function copyRegistryReference(args: readonly unknown[]): Promise<void> {
  const [node] = args;
  if (!isRegistryNode(node) || (node.kind !== 'tag' && node.kind !== 'repository')) return;
  await vscode.env.clipboard.writeText(familiarName(referenceOfNode(node)));
}

import * as vscode from 'vscode';
import { parseReference } from '../../engine/index.ts';
import { askForReference } from './askForReference.ts';
import type { ConnectedRegistries } from './connectedRegistries.ts';
import { isRegistryNode } from './registryNodes.ts';

/** Adds a repository by its name: most registries do not list theirs. */
export async function openRepository(
  connected: ConnectedRegistries,
  args: readonly unknown[],
): Promise<void> {
  const [node] = args;
  const isDomain = isRegistryNode(node) && node.kind === 'registry';
  const prefix = isDomain && node.domain !== 'docker.io' ? `${node.domain}/` : '';
  const title = vscode.l10n.t('Open Repository');
  const prompt = vscode.l10n.t('A repository’s tags are listed when it is opened.');
  const name = await askForReference(title, prompt, prefix);
  if (name === undefined) return;
  const { domain, path } = parseReference(name);
  await connected.addRepository(domain, path);
}

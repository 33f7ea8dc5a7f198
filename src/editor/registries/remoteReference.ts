import { parseReference } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { imageOfArguments } from '../imageChoice.ts';
import { isNode } from '../nodes.ts';
import { askForReference } from './askForReference.ts';
import type { ConnectedRegistries } from './connectedRegistries.ts';
import { isRegistryNode, referenceOfNode } from './registryNodes.ts';

/** The reference a command is about: that of a tag, of an image opened from a registry, or one that is typed. */
export async function referenceFor(
  context: EditorContext,
  args: readonly unknown[],
  title: string,
  prompt: string,
): Promise<string | undefined> {
  const [first] = args;
  if (typeof first === 'string') return first;
  if (isRegistryNode(first) && first.kind === 'tag') return referenceOfNode(first);
  if (isRegistryNode(first) && first.kind === 'repository')
    return askForReference(title, prompt, `${referenceOfNode(first)}:latest`);
  if (isNode(first) && first.kind === 'source' && first.location.startsWith('docker://'))
    return first.location.slice('docker://'.length);
  const opened = await imageOfArguments(context, args);
  return opened?.entry.names[0] ?? askForReference(title, prompt);
}

/** A repository that was asked for by name stays in the view. */
export async function rememberRepository(connected: ConnectedRegistries, reference: string): Promise<void> {
  const { domain, path } = parseReference(reference);
  await connected.addRepository(domain, path);
}

import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { RenderContainer } from '../documents.ts';
import { containerChangesText } from './changesText.ts';
import { compareWithImage } from './compareWithImage.ts';
import { listContainerChanges, showContainerChanges } from './showChanges.ts';

/** What containers changed: seen side by side, taken back, and made an image. */
export function registerContainerChanges(context: EditorContext): CommandTable {
  return {
    'lamina.compareWithImage': (...args) => compareWithImage(context, args),
    'lamina.showContainerChanges': (...args) => showContainerChanges(context, args),
    'lamina.listContainerChanges': (...args) => listContainerChanges(context, args),
  };
}

export function containerChangesDocuments(
  context: EditorContext,
): Readonly<Record<'changes' | 'empty', RenderContainer>> {
  return {
    changes: (id) => containerChangesText(context, id),
    empty: () => Promise.resolve(''),
  };
}

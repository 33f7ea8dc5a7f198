import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { RenderDocument } from '../documents.ts';
import { changesText } from './changesText.ts';
import { showFileLayers } from './fileLayers.ts';
import { compareWithLayerBelow, listChanges } from './layerDiff.ts';

/** What differs: between the versions of a file, and between a layer and what lies below it. */
export function registerCompare(context: EditorContext): CommandTable {
  return {
    'lamina.showFileLayers': (...args) => showFileLayers(context, args),
    'lamina.compareWithLayerBelow': (...args) => compareWithLayerBelow(context, args),
    'lamina.listChanges': (...args) => listChanges(context, args),
  };
}

export function compareDocuments(
  context: EditorContext,
): Readonly<Record<'changes' | 'empty', RenderDocument>> {
  return {
    changes: (opened, layer) => changesText(context, opened, layer ?? 0),
    empty: () => Promise.resolve(''),
  };
}

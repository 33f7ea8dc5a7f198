import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { RenderDocument } from '../documents.ts';
import { sharingMarkdown } from './sharingMarkdown.ts';
import { showSharing } from './showSharing.ts';

/** What images share: with docker's measure, by content, and what has to be sent. */
export function registerSharing(context: EditorContext): CommandTable {
  return { 'lamina.showSharing': (...args) => showSharing(context, args) };
}

export function sharingDocuments(context: EditorContext): Readonly<Record<'sharing', RenderDocument>> {
  return {
    sharing: async (opened, _layer, others) => {
      const images = [opened, ...others].map(({ image }) => image);
      return sharingMarkdown(await context.engine.sharing(images, { priority: 'seen' }));
    },
  };
}

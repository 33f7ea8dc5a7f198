import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import type { RenderContainer } from '../documents.ts';
import { containerChangesText } from './changesText.ts';
import { commitContainer } from './commitContainer.ts';
import { compareWithImage } from './compareWithImage.ts';
import { copyIntoStore } from './copyIntoStore.ts';
import { revertAll, revertFiles } from './revert.ts';
import { listContainerChanges, showContainerChanges } from './showChanges.ts';
import { trackContainers, untrackContainers } from './trackContainers.ts';
import { TrackedContainers } from './trackedContainers.ts';

/** What containers changed: seen side by side, taken back, made an image, and followed in *Source Control*. */
export function registerContainerChanges(context: EditorContext): CommandTable {
  const tracked = new TrackedContainers(context);
  context.subscriptions.push(tracked);
  void tracked.restore();
  const given = (args: readonly unknown[]): readonly unknown[] => fromSourceControl(tracked, args);
  return {
    'lamina.compareWithImage': (...args) => compareWithImage(context, given(args)),
    'lamina.showContainerChanges': (...args) => showContainerChanges(context, given(args)),
    'lamina.listContainerChanges': (...args) => listContainerChanges(context, given(args)),
    'lamina.revertFile': (...args) => revertFiles(context, given(args)),
    'lamina.revertAll': (...args) => revertAll(context, given(args)),
    'lamina.commitContainer': (...args) => commitContainer(context, tracked, given(args)),
    'lamina.copyContainerIntoStore': (...args) => copyIntoStore(context, args),
    'lamina.trackInSourceControl': (...args) => trackContainers(context, tracked, args),
    'lamina.untrackInSourceControl': (...args) => untrackContainers(context, tracked, given(args)),
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

/** The menus of *Source Control* hand over what they are called on in a form of their own: here as all others do. */
function fromSourceControl(tracked: TrackedContainers, args: readonly unknown[]): readonly unknown[] {
  const [first] = args;
  const root = tracked.rootOf(first);
  if (root !== undefined) return [root];
  return args.length > 1 && args.every(isResource) ? [first, args] : args;
}

function isResource(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    'resourceUri' in value &&
    value.resourceUri instanceof vscode.Uri
  );
}

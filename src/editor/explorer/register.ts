import * as vscode from 'vscode';
import type { CommandTable } from '../commands.ts';
import type { EditorContext } from '../context.ts';
import { showFailure } from '../failures.ts';
import { engineOf, isNode, type Node } from '../nodes.ts';
import type { OpenedImage } from '../openedImages.ts';
import { ArchiveWatch } from './archiveWatch.ts';
import { copyDigest, copyPath, copyReference } from './copy.ts';
import { DropArchives } from './dropArchives.ts';
import { nodeOfImage } from './findNode.ts';
import { ImagesTree } from './imagesTree.ts';
import { LayerReading } from './layerReading.ts';
import { LayersTree } from './layersTree.ts';
import { closeImages, openAll, openFolder, openImages, openSample } from './openImages.ts';
import { revealInImages } from './reveal.ts';
import { filterImages, groupImages, sortImages, ViewOptions } from './viewOptions.ts';

/** The two views, and the commands that open, show and copy. */
export function registerExplorer(context: EditorContext): CommandTable {
  const reading = new LayerReading(() => context.engine);
  const options = new ViewOptions(context.memory);
  const images = new ImagesTree(context, reading, options);
  const layers = new LayersTree(context, reading);
  const show = async (opened: readonly OpenedImage[]): Promise<readonly string[]> => {
    const [first] = opened;
    const node = first && (await nodeOfImage(images.nodes, first));
    if (node !== undefined) await imagesView.reveal(node, { select: true, focus: true, expand: true });
    return opened.map(({ image }) => image.id);
  };
  const imagesView = vscode.window.createTreeView<Node>('lamina.images', {
    treeDataProvider: images,
    canSelectMany: true,
    showCollapseAll: true,
    dragAndDropController: new DropArchives((uris) => {
      openAll(context, uris).then(show, (error: unknown) => showFailure(error, context));
    }),
  });
  const layersView = vscode.window.createTreeView<Node>('lamina.layers', {
    treeDataProvider: layers,
    canSelectMany: true,
  });
  const tellFilter = (): void => {
    imagesView.description = options.shown.filter;
  };
  tellFilter();
  context.subscriptions.push(
    reading,
    options,
    options.onDidChange(tellFilter),
    imagesView,
    layersView,
    ...whileVisible(context, imagesView, images),
  );
  context.subscriptions.push(
    imagesView.onDidCollapseElement(({ element }) => {
      for (const { image } of openedOfNode(context, element)) reading.stop(image);
    }),
    context.settings.onDidChange('layers.showEmptySteps', () => {
      images.refresh();
    }),
  );
  return {
    'lamina.openImage': async (...args) => show(await openImages(context, args)),
    'lamina.openImageFolder': async (...args) => show(await openFolder(context, args)),
    'lamina.openResource': async (...args) => show(await openImages(context, args)),
    'lamina.openSample': async () => show(await openSample(context)),
    'lamina.closeImage': (...args) => closeImages(context, args),
    'lamina.refresh': async (node) => {
      const engine = engineOf(node);
      if (engine !== undefined) {
        await engine.refresh();
        return;
      }
      reading.reset();
      await context.images.reload(isNode(node) && node.kind === 'source' ? node.location : undefined);
      images.refresh();
      if (!isNode(node)) await context.engines.refresh();
    },
    'lamina.revealInImages': (...args) => revealInImages(context, images, imagesView, args),
    'lamina.showMore': (node) => {
      if (isNode(node) && node.kind === 'more') images.showMore(node);
    },
    'lamina.showEmptySteps': () => context.settings.setShowsEmptySteps(true),
    'lamina.hideEmptySteps': () => context.settings.setShowsEmptySteps(false),
    'lamina.filterImages': () => filterImages(options),
    'lamina.clearImagesFilter': () => options.change({ filter: '' }),
    'lamina.groupImages': () => groupImages(options),
    'lamina.sortImages': () => sortImages(options),
    'lamina.showUntagged': () => options.change({ showsUntagged: true }),
    'lamina.hideUntagged': () => options.change({ showsUntagged: false }),
    'lamina.copyDigest': (...args) => copyDigest(context, args),
    'lamina.copyPath': (...args) => copyPath(context, args),
    'lamina.copyReference': (...args) => copyReference(context, args),
  };
}

function openedOfNode({ images }: EditorContext, node: Node): readonly OpenedImage[] {
  if (node.kind === 'image') return [node.opened];
  return node.kind === 'engineImage' ? images.openedOf(node.engine.location, node.image.id) : [];
}

/** What runs only while somebody looks: the watch over the archives, and that over the store. */
function whileVisible(
  context: EditorContext,
  view: vscode.TreeView<Node>,
  tree: ImagesTree,
): readonly { dispose(): void }[] {
  const archives = new ArchiveWatch(context.images, () => {
    tree.refresh();
  });
  let store: { dispose(): void } | undefined;
  let engines: { dispose(): void } | undefined;
  const update = (): void => {
    if (!view.visible) {
      archives.stop();
      store?.dispose();
      engines?.dispose();
      store = engines = undefined;
      return;
    }
    archives.start();
    store ??= context.engine.store.watch();
    engines ??= context.engines.look();
  };
  return [
    archives,
    view.onDidChangeVisibility(update),
    context.images.onDidChange(update),
    {
      dispose: () => {
        store?.dispose();
        engines?.dispose();
      },
    },
  ];
}

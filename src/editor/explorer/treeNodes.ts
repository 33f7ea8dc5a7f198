import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import type { KnownEngine } from '../knownEngine.ts';
import { standingNote } from '../engineText.ts';
import type {
  EngineGroupNode,
  EngineImageNode,
  EngineNode,
  ImageNode,
  LayerNode,
  Node,
  SourceNode,
} from '../nodes.ts';
import { isReadable } from '../openedImages.ts';
import type { Paging } from '../paging.ts';
import { platformText } from '../text.ts';
import { imageChildren, problemChildren, problemsNode } from './imageChildren.ts';
import type { LayerReading } from './layerReading.ts';
import { PathNodes } from './pathNodes.ts';
import {
  engineImageNode,
  engineNode,
  groupsOf,
  holds,
  onlyImage,
  openedNode,
  platformNode,
  shownImages,
} from './engineNodes.ts';
import { entryChildren, sourceChildren, sourceNodes, unreadableNode } from './sourceNodes.ts';
import type { ViewOptions } from './viewOptions.ts';

/** How long a layer may take before the tree is drawn without it. */
const patienceMs = 1000;

/** What lies below each node of the view *Images*. */
export class TreeNodes {
  readonly #context: EditorContext;
  readonly #reading: LayerReading;
  readonly #options: ViewOptions;
  readonly #paging: Paging<Node>;
  readonly paths: PathNodes;
  /** Layers that were drawn while they were still being read: nobody waits for them a second time. */
  readonly #drawnEarly = new Set<string>();

  constructor(context: EditorContext, reading: LayerReading, paging: Paging<Node>, options: ViewOptions) {
    this.#options = options;
    this.#paging = paging;
    this.#context = context;
    this.#reading = reading;
    this.paths = new PathNodes(context, paging);
  }

  async childrenOf(node: Node | undefined): Promise<readonly Node[]> {
    if (node === undefined) return this.#tops();
    switch (node.kind) {
      case 'source':
        return this.#sourceChildren(node);
      case 'engine':
        return this.#engineChildren(node);
      case 'engineGroup':
        return this.#page(node);
      case 'engineImage':
        return this.#engineImageChildren(node);
      case 'entry':
        return entryChildren(node);
      case 'image':
        return this.#imageChildren(node);
      case 'steps':
        return node.steps;
      case 'problems':
        return problemChildren(node);
      case 'layer':
        return this.#layerChildren(node);
      case 'files':
      case 'file':
      case 'change':
        return this.paths.childrenOf(node);
      case 'unreadable':
      case 'step':
      case 'problem':
      case 'more':
      case 'note':
      case 'knownLayer':
      case 'place':
        return [];
    }
  }

  async #tops(): Promise<readonly Node[]> {
    return [...(await sourceNodes(this.#context)), ...this.#context.engines.shown.map(engineNode)];
  }

  async #sourceChildren(node: SourceNode): Promise<readonly Node[]> {
    const { filter } = this.#options.shown;
    const all = await sourceChildren(this.#context, node);
    if (all.length === 0) return [noteNode(node, vscode.l10n.t('No images are in here.'))];
    const children = all.filter((child) => holdsText(child, filter));
    return orNote(node, children, vscode.l10n.t('The filter leaves no image.'));
  }

  #engineChildren(node: EngineNode): readonly Node[] {
    const note = standingNote(node.engine);
    if (note !== undefined) return [noteNode(node, note)];
    const { shown } = this.#options;
    const images = shownImages(node.engine, shown);
    const children =
      shown.groupBy === 'none'
        ? this.#paging.page(node, images, (image) => engineImageNode(node, image))
        : groupsOf(node, images, shown);
    return orNote(node, children, this.#nothingText(node));
  }

  engineAt(location: string): KnownEngine | undefined {
    return this.#context.engines.at(location);
  }

  /** The node of an engine's image, as far as it is shown; in its first group, where it has several. */
  engineImage(engine: KnownEngine, id: string): EngineImageNode | undefined {
    const { shown } = this.#options;
    const top = engineNode(engine);
    const images = shownImages(engine, shown);
    const groups = shown.groupBy === 'none' ? [] : groupsOf(top, images, shown);
    const group = groups.find((each) => each.images.some((image) => image.id === id));
    const [parent, all] = group === undefined ? [top, images] : [group, group.images];
    const position = all.findIndex((image) => image.id === id);
    const image = all[position];
    if (image === undefined || !this.#paging.reach(parent, position)) return undefined;
    return engineImageNode(parent, image);
  }

  #nothingText({ engine }: EngineNode): string {
    return engine.lists.images.length === 0
      ? vscode.l10n.t('No images are in here.')
      : vscode.l10n.t('The filter leaves no image.');
  }

  #page(node: EngineGroupNode): readonly Node[] {
    return this.#paging.page(node, node.images, (image) => engineImageNode(node, image));
  }

  async #engineImageChildren(node: EngineImageNode): Promise<readonly Node[]> {
    const images = await this.#context.images.inEngine(node.engine, node.image.id);
    const only = onlyImage(images);
    if (only !== undefined) return this.#imageChildren(openedNode(node, only));
    return images.map((image) =>
      isReadable(image)
        ? platformNode(node, image)
        : unreadableNode(
            `${node.id}#${image.variant.position}`,
            node,
            platformText(image.variant.platform) ?? vscode.l10n.t('unknown platform'),
            image.failure,
          ),
    );
  }

  #imageChildren(node: ImageNode): readonly Node[] {
    this.#reading.start(node.opened);
    return imageChildren(node, this.#context.settings.showsEmptySteps);
  }

  async #layerChildren(node: LayerNode): Promise<readonly Node[]> {
    const { image } = node.opened;
    const { engine } = this.#context;
    this.#reading.start(node.opened);
    const index = engine.layerIndex(image, node.layer, { priority: 'seen' });
    // The tree is drawn again as the layer is read, so nobody has to wait for a large one.
    if (!(await isDoneWithin(index, this.#drawnEarly.has(node.id) ? 0 : patienceMs))) {
      this.#drawnEarly.add(node.id);
      const note = noteNode(node, vscode.l10n.t('This layer is still being read…'));
      return [note, ...(await this.paths.childrenSoFar(node))];
    }
    const { problems } = await index;
    const ofImage = image.problems.filter(({ layer }) => layer === node.layer);
    const children = [
      ...problemsNode(node, [...ofImage, ...problems]),
      ...(await this.paths.childrenOf(node)),
    ];
    if (children.some((each) => each.kind === 'change' && each.change.isUncertain === true))
      children.unshift(
        noteNode(node, vscode.l10n.t('What is new here is known once the layers below are opened.')),
      );
    return orNote(node, children, vscode.l10n.t('This layer changes no files.'));
  }
}

/** Whether a line of an archive or the store is of an image that the filter leaves; what is no image stays. */
function holdsText(node: Node, filter: string): boolean {
  if (node.kind === 'entry') return holds(node.entry.names, node.entry.target?.digest ?? '', filter);
  if (node.kind !== 'image') return true;
  return holds(node.opened.image.names, node.opened.image.imageId ?? '', filter);
}

function orNote(parent: Node, children: readonly Node[], text: string): readonly Node[] {
  return children.length > 0 ? children : [noteNode(parent, text)];
}

function noteNode(parent: Node, text: string): Node {
  return { kind: 'note', id: `${parent.id}/note`, parent, text };
}

/** @throws what the work fails with by then; a later failure is its caller's. */
async function isDoneWithin(work: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  work.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

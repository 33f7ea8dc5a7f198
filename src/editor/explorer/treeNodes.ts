import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import type { LayerNode, Node } from '../nodes.ts';
import { imageChildren, problemChildren, problemsNode } from './imageChildren.ts';
import type { LayerReading } from './layerReading.ts';
import type { Paging } from './paging.ts';
import { PathNodes } from './pathNodes.ts';
import { entryChildren, sourceChildren, sourceNodes } from './sourceNodes.ts';

/** How long a layer may take before the tree is drawn without it. */
const patienceMs = 1000;

/** What lies below each node of the view *Images*. */
export class TreeNodes {
  readonly #context: EditorContext;
  readonly #reading: LayerReading;
  readonly paths: PathNodes;
  /** Layers that were drawn while they were still being read: nobody waits for them a second time. */
  readonly #drawnEarly = new Set<string>();

  constructor(context: EditorContext, reading: LayerReading, paging: Paging) {
    this.#context = context;
    this.#reading = reading;
    this.paths = new PathNodes(context, paging);
  }

  async childrenOf(node: Node | undefined): Promise<readonly Node[]> {
    if (node === undefined) return sourceNodes(this.#context);
    switch (node.kind) {
      case 'source':
        return orNote(
          node,
          await sourceChildren(this.#context, node),
          vscode.l10n.t('No images are in here.'),
        );
      case 'entry':
        return entryChildren(node);
      case 'image':
        this.#reading.start(node.opened.image);
        return imageChildren(node, this.#context.settings.showsEmptySteps);
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

  async #layerChildren(node: LayerNode): Promise<readonly Node[]> {
    const { image } = node.opened;
    const { engine } = this.#context;
    this.#reading.start(image);
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
    return orNote(node, children, vscode.l10n.t('This layer changes no files.'));
  }
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

import type {
  EngineImage,
  Image,
  ImageEntry,
  ImageSource,
  KnownLayer,
  LayerChange,
  LayerPlace,
  Problem,
  RootfsEntry,
} from '../engine/index.ts';
import { KnownEngine } from './knownEngine.ts';
import type { ArchiveState, OpenedImage, UnreadableImage } from './openedImages.ts';

/**
 * What trees are made of and what commands receive: plain values. `id` is stable over a refresh and never holds
 * state; `parent` is undefined at the top.
 */
export type Node =
  | SourceNode
  | EngineNode
  | EngineGroupNode
  | EngineImageNode
  | EntryNode
  | ImageNode
  | UnreadableNode
  | FilesNode
  | FileNode
  | LayerNode
  | StepsNode
  | StepNode
  | ChangeNode
  | ProblemsNode
  | ProblemNode
  | MoreNode
  | NoteNode
  | KnownLayerNode
  | PlaceNode;

interface Base {
  readonly id: string;
  readonly parent: Node | undefined;
}

/** An opened archive or layout, or the store. */
export interface SourceNode extends Base {
  readonly kind: 'source';
  readonly location: string;
  readonly isStore: boolean;
  readonly state: ArchiveState;
  /** What the store's images take on disk. */
  readonly bytes?: number;
}

/** A container engine. */
export interface EngineNode extends Base {
  readonly kind: 'engine';
  readonly engine: KnownEngine;
}

/** Images of an engine that belong together: a repository, or those in use. */
export interface EngineGroupNode extends Base {
  readonly kind: 'engineGroup';
  readonly parent: EngineNode;
  readonly engine: KnownEngine;
  readonly label: string;
  readonly images: readonly EngineImage[];
  /** Whether it shows its images at first, as where a filter leaves only some. */
  readonly isUnfolded: boolean;
}

/** An image as its engine lists it; what it consists of is asked for when the node is opened. */
export interface EngineImageNode extends Base {
  readonly kind: 'engineImage';
  readonly engine: KnownEngine;
  readonly image: EngineImage;
}

/** An image of several platforms. */
export interface EntryNode extends Base {
  readonly kind: 'entry';
  readonly source: ImageSource;
  readonly entry: ImageEntry;
  readonly images: readonly (OpenedImage | UnreadableImage)[];
}

export interface ImageNode extends Base {
  readonly kind: 'image';
  readonly opened: OpenedImage;
  /** Whether it is shown by its platform, below an {@link EntryNode} or an {@link EngineImageNode}. */
  readonly isPlatform: boolean;
}

/** An image or archive that cannot be read. */
export interface UnreadableNode extends Base {
  readonly kind: 'unreadable';
  readonly label: string;
  readonly failure: unknown;
}

/** The union of all layers. */
export interface FilesNode extends Base {
  readonly kind: 'files';
  readonly opened: OpenedImage;
}

/** One path of the union. */
export interface FileNode extends Base {
  readonly kind: 'file';
  readonly opened: OpenedImage;
  readonly entry: RootfsEntry;
}

export interface LayerNode extends Base {
  readonly kind: 'layer';
  readonly opened: OpenedImage;
  /** Position, lowest 0. */
  readonly layer: number;
}

/** Several steps in a row that made no layer. */
export interface StepsNode extends Base {
  readonly kind: 'steps';
  readonly opened: OpenedImage;
  readonly steps: readonly StepNode[];
}

/** A step that made no layer; its position in the history, oldest 0. */
export interface StepNode extends Base {
  readonly kind: 'step';
  readonly opened: OpenedImage;
  readonly step: number;
}

/** One path that a layer changes. */
export interface ChangeNode extends Base {
  readonly kind: 'change';
  readonly opened: OpenedImage;
  readonly layer: number;
  readonly change: LayerChange;
}

export interface ProblemsNode extends Base {
  readonly kind: 'problems';
  readonly problems: readonly Problem[];
}

export interface ProblemNode extends Base {
  readonly kind: 'problem';
  readonly problem: Problem;
}

/** Stands for the children of `parent` that are not shown yet. */
export interface MoreNode extends Base {
  readonly kind: 'more';
  readonly parent: Node;
  readonly hidden: number;
}

/** A sentence in place of children. */
export interface NoteNode extends Base {
  readonly kind: 'note';
  readonly text: string;
}

/** A layer wherever it is used. */
export interface KnownLayerNode extends Base {
  readonly kind: 'knownLayer';
  readonly layer: KnownLayer;
}

/** One image that has a known layer. */
export interface PlaceNode extends Base {
  readonly kind: 'place';
  readonly place: LayerPlace;
}

const kinds: ReadonlySet<unknown> = new Set<Node['kind']>([
  'source',
  'engine',
  'engineGroup',
  'engineImage',
  'entry',
  'image',
  'unreadable',
  'files',
  'file',
  'layer',
  'steps',
  'step',
  'change',
  'problems',
  'problem',
  'more',
  'note',
  'knownLayer',
  'place',
]);

/** Whether a command's argument is one of our nodes. */
export function isNode(value: unknown): value is Node {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && 'id' in value && kinds.has(value.kind)
  );
}

/** The nodes a command is for: all that are selected, or the one it was called on. */
export function nodesOf(args: readonly unknown[]): readonly Node[] {
  const [first, selected] = args;
  if (Array.isArray(selected)) {
    const nodes = selected.filter(isNode);
    if (nodes.length > 0) return nodes;
  }
  return isNode(first) ? [first] : [];
}

/** The image a node belongs to. */
export function imageOfNode(node: Node): OpenedImage | undefined {
  return 'opened' in node ? node.opened : undefined;
}

/** The image, for nodes of both trees. */
export function anyImageOfNode(node: Node): Image | undefined {
  return node.kind === 'place' ? node.place.image : imageOfNode(node)?.image;
}

/** The engine that a command was called on, in whichever view. */
export function engineOf(value: unknown): KnownEngine | undefined {
  if (typeof value !== 'object' || value === null || !('engine' in value)) return undefined;
  return value.engine instanceof KnownEngine ? value.engine : undefined;
}

/** The images of engines that a command is for. */
export function engineImagesOf(args: readonly unknown[]): readonly EngineImageNode[] {
  return nodesOf(args).filter((node) => node.kind === 'engineImage');
}

import { ChangeLists } from '../../../src/editor/containers/changeLists.ts';
import { ContainersOptions } from '../../../src/editor/containers/containersOptions.ts';
import { ContainersTree } from '../../../src/editor/containers/containersTree.ts';
import type { RealContext } from './realContext.ts';

export interface OwnContainersTree {
  readonly tree: ContainersTree;
  readonly lists: ChangeLists;
  readonly options: ContainersOptions;
}

/** The tree of the view *Containers* as the view makes it, looked at as long as the context is there. */
export function containersTreeOf(context: RealContext): OwnContainersTree {
  const options = new ContainersOptions(context.memory);
  const lists = new ChangeLists(context, () => true);
  const tree = new ContainersTree(context, options, lists);
  context.subscriptions.push(options, lists);
  return { tree, lists, options };
}

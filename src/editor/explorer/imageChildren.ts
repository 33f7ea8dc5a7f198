import { type HistoryStep, type Problem } from '../../engine/index.ts';
import type { FilesNode, ImageNode, LayerNode, Node, ProblemsNode, StepNode, StepsNode } from '../nodes.ts';

/**
 * What an image consists of: its files, then its layers, lowest first, with the steps that made no layer between
 * them where they are wanted. Several such steps in a row fold into one.
 */
export function imageChildren(parent: ImageNode, showsEmptySteps: boolean): readonly Node[] {
  const { image } = parent.opened;
  const problems = problemsNode(parent, image.problems.filter(isOfImage));
  const steps = showsEmptySteps
    ? foldEmptySteps(parent, image.steps)
    : image.layers.map((layer) => layerNode(parent, layer.position));
  return [...problems, filesNode(parent), ...steps];
}

/** The problems as one node that unfolds, or nothing when there are none. */
export function problemsNode(parent: Node, problems: readonly Problem[]): readonly ProblemsNode[] {
  return problems.length === 0 ? [] : [{ kind: 'problems', id: `${parent.id}/problems`, parent, problems }];
}

export function problemChildren(parent: ProblemsNode): readonly Node[] {
  return parent.problems.map((problem, at) => ({
    kind: 'problem',
    id: `${parent.id}/${at}`,
    parent,
    problem,
  }));
}

export function filesNode(parent: ImageNode): FilesNode {
  return { kind: 'files', id: `${parent.id}/files`, parent, opened: parent.opened };
}

export function layerNode(parent: ImageNode, layer: number): LayerNode {
  return { kind: 'layer', id: `${parent.id}/layer/${layer}`, parent, opened: parent.opened, layer };
}

function foldEmptySteps(parent: ImageNode, steps: readonly HistoryStep[]): readonly Node[] {
  const nodes: Node[] = [];
  let run: StepNode[] = [];
  const close = (): void => {
    if (run.length === 1) nodes.push(...run);
    if (run.length > 1) nodes.push(stepsNode(parent, run));
    run = [];
  };
  steps.forEach((step, at) => {
    if (step.layer === undefined) {
      run.push({ kind: 'step', id: `${parent.id}/step/${at}`, parent, opened: parent.opened, step: at });
      return;
    }
    close();
    nodes.push(layerNode(parent, step.layer));
  });
  close();
  return nodes;
}

function stepsNode(parent: ImageNode, run: readonly StepNode[]): StepsNode {
  const id = `${parent.id}/steps/${run[0]?.step ?? 0}`;
  const steps: StepNode[] = [];
  const node: StepsNode = { kind: 'steps', id, parent, opened: parent.opened, steps };
  steps.push(...run.map((step) => ({ ...step, parent: node })));
  return node;
}

/** A problem of one layer is shown at the layer. */
function isOfImage(problem: Problem): boolean {
  return problem.layer === undefined;
}

import { deletedLater } from './deletedLater.ts';
import { earlyCopies } from './earlyCopies.ts';
import type { HintQuestion, LayerHint, MovedBase } from './layerHint.ts';
import { leftBehind } from './leftBehind.ts';
import { leftSecrets } from './leftSecrets.ts';

/** What the layers of an image prove against its Dockerfile, in the order of the instructions. Nothing is guessed. */
export function findHints(question: HintQuestion): readonly LayerHint[] {
  const { layers } = question;
  const hints: readonly LayerHint[] = [
    ...deletedLater(layers),
    ...leftBehind(question),
    ...earlyCopies(question),
    ...leftSecrets(layers),
    ...movedBases(question),
  ];
  return hints.toSorted((a, b) => a.instruction - b.instruction);
}

function movedBases({ steps }: HintQuestion): readonly MovedBase[] {
  const found = new Map<string, MovedBase>();
  for (const { reason, instruction } of steps) {
    const { code, subject: name = '', before, after } = reason;
    // Steps below tell of the same base.
    if (code !== 'base-changed' || found.has(name)) continue;
    const from = reason.instruction ?? instruction;
    const sides = { ...(before !== undefined && { before }), ...(after !== undefined && { after }) };
    found.set(name, { kind: 'moved-base', instruction: from, name, ...sides });
  }
  return [...found.values()];
}

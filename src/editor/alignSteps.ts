import type { Instruction } from '../engine/index.ts';

/**
 * Which of the instructions before each one now was: those that are the same stand for themselves, and where as many
 * stand between two of those as did before, they are the old ones, edited.
 *
 * @returns for each instruction now the position before, or undefined for what is new.
 */
export function alignSteps(
  before: readonly Instruction[],
  now: readonly Instruction[],
): readonly (number | undefined)[] {
  const shorter = Math.min(before.length, now.length);
  let head = 0;
  while (head < shorter && isSame(before[head], now[head])) head++;
  let tail = 0;
  while (tail < shorter - head && isSame(before.at(-1 - tail), now.at(-1 - tail))) tail++;
  const isEdited = before.length === now.length;
  const moved = before.length - now.length;
  return now.map((_each, at) => {
    if (at < head) return at;
    if (at >= now.length - tail) return at + moved;
    return isEdited ? at : undefined;
  });
}

function isSame(a: Instruction | undefined, b: Instruction | undefined): boolean {
  return a?.original === b?.original;
}

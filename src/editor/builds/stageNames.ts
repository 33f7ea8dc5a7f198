import type { Dockerfile, Instruction } from '../../engine/index.ts';

/** The stages of a Dockerfile, by name or, where they have none, by number. */
export function stageNames({ instructions }: Dockerfile): readonly string[] {
  return instructions
    .filter(({ name }) => name === 'FROM')
    .map((from, index) => nameOf(from) ?? String(index));
}

/** The target that a FROM stands for; undefined for the last one, which is built anyway, and for what is no FROM. */
export function stageNameOf(dockerfile: Dockerfile, at: number): string | undefined {
  const { instructions } = dockerfile;
  if (instructions[at]?.name !== 'FROM') return undefined;
  const index = instructions.slice(0, at).filter(({ name }) => name === 'FROM').length;
  const names = stageNames(dockerfile);
  return index === names.length - 1 ? undefined : names[index];
}

function nameOf({ args }: Instruction): string | undefined {
  const [, as, name] = args;
  return as?.text.toUpperCase() === 'AS' ? name?.text.toLowerCase() : undefined;
}

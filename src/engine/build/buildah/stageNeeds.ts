import { labelOf } from '../classic/reportSteps.ts';
import { mountSource } from '../dockerfile/mounts.ts';
import type { Stage, Stages } from '../dockerfile/readStages.ts';

/**
 * The stages that a target needs, itself included: what it begins with, copies from, and mounts.
 *
 * @param baseOf the name behind FROM, variables replaced.
 */
export function neededStages(
  { stages }: Stages,
  target: string | undefined,
  baseOf: (stage: Stage) => string,
): { readonly needed: readonly Stage[]; readonly isFound: boolean } {
  const found = target === undefined ? stages.at(-1) : stages.find((stage) => labelOf(stage) === target);
  const needed = new Set<Stage>();
  const open = found === undefined ? [] : [found];
  for (let stage = open.pop(); stage !== undefined; stage = open.pop()) {
    if (needed.has(stage)) continue;
    needed.add(stage);
    const { index } = stage;
    const names = [baseOf(stage), ...namesReadBy(stage)];
    open.push(...names.flatMap((name) => stageNamed(name, index, stages) ?? []));
  }
  return {
    needed: stages.filter((stage) => needed.has(stage)),
    isFound: found !== undefined || stages.length === 0,
  };
}

/** The stage of that name or number before another one. */
export function stageNamed(name: string, before: number, stages: readonly Stage[]): Stage | undefined {
  const earlier = stages.slice(0, before);
  return earlier.find(({ from, index }) => from.stageName === name.toLowerCase() || String(index) === name);
}

function namesReadBy({ commands }: Stage): readonly string[] {
  return commands.flatMap((command) => {
    if (command.kind === 'copy') return command.from?.text ?? [];
    return command.kind === 'run' ? command.mounts.map(({ text }) => mountSource(text)) : [];
  });
}

import type { Command } from '../dockerfile/commands.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';
import type { Stage, Stages } from '../dockerfile/readStages.ts';

/**
 * Variables that all steps of a plan may have together. Each step has all that were set before it, so that their number
 * grows with the square of the file's length; this is a thousand times what people's Dockerfiles have.
 */
const mostVariables = 4_000_000;

/** Stages that begin with one another are followed from one to the next. */
const mostStages = 2000;

/** Why a Dockerfile is not planned, when that would take too much memory; builders have no such limit. */
export function sizeProblem({ stages, globalArgs }: Stages): DockerfileProblem | undefined {
  const left = new Map<string, Left>();
  let most: Left = { variables: 0, triggers: 0 };
  let all = globalArgs.length ** 2;
  for (const stage of stages) {
    const name = stage.from.image.text;
    // The name may only come out of a variable.
    const under = left.get(name) ?? (name.includes('$') ? most : { variables: 0, triggers: 0 });
    const { variables, triggers, sum } = measured(stage, under);
    all += sum;
    most = {
      variables: Math.max(most.variables, variables),
      triggers: Math.max(most.triggers, triggers),
    };
    if (stage.from.stageName !== undefined) left.set(stage.from.stageName, { variables, triggers });
  }
  return all <= mostVariables && stages.length <= mostStages ? undefined : problem;
}

/** What a stage leaves to those that begin with it. */
interface Left {
  readonly variables: number;
  /** Commands of ONBUILD. */
  readonly triggers: number;
}

function measured({ commands }: Stage, under: Left): Left & { readonly sum: number } {
  let variables = under.variables + under.triggers;
  let triggers = 0;
  let sum = variables * (under.triggers + 1);
  for (const command of commands) {
    variables += settingsOf(command);
    if (command.kind === 'onbuild') triggers++;
    if (isCounted(command)) sum += variables;
  }
  return { variables, triggers, sum };
}

function settingsOf(command: Command): number {
  if (command.kind === 'env') return command.pairs.length;
  return command.kind === 'arg' ? command.args.length : 0;
}

function isCounted({ kind }: Command): boolean {
  return kind === 'env' || kind === 'arg' || kind === 'run';
}

const problem: DockerfileProblem = {
  code: 'too-large',
  severity: 'error',
  range: { start: 0, end: 0 },
  message: `a Dockerfile with so many steps and variables is not read: more than ${mostVariables} or ${mostStages} stages`,
};

import { formatPlatform, type Platform } from '../../oci/platform.ts';
import type { ArgCommand } from '../dockerfile/commands.ts';
import type { DockerfileProblem } from '../dockerfile/dockerfileProblem.ts';
import { expandWord } from '../dockerfile/expandWord.ts';
import type { WordRules } from '../dockerfile/wordRules.ts';
import type { PlanRequest } from './buildPlan.ts';
import { Environment } from './environment.ts';

/** The arguments that FROM sees: those that are always there, and ARG lines before the first FROM. */
export function globalArguments(
  commands: readonly ArgCommand[],
  rules: WordRules,
  request: PlanRequest,
  targetStage: string | undefined,
  report: (problem: DockerfileProblem) => void,
): Environment {
  let env = predefined(request, targetStage);
  for (const { key, value, word } of commands.flatMap(({ args }) => args)) {
    const given = request.buildArgs.get(key);
    if (given === undefined && value === undefined) continue;
    if (given === undefined) {
      const { text, failure } = expandWord(value ?? '', env, rules);
      if (failure !== undefined)
        report({ code: 'expansion-failed', severity: 'error', range: word.range, message: failure });
      env = env.with([[key, text]]);
    } else env = env.with([[key, given]]);
  }
  return env;
}

function predefined(request: PlanRequest, targetStage: string | undefined): Environment {
  const values: readonly (readonly [string, string])[] = [
    ...platformArguments('BUILD', request.buildPlatform),
    ...platformArguments('TARGET', request.platform),
    ['TARGETSTAGE', targetStage ?? 'default'],
  ];
  return Environment.empty.with(values.map(([name, value]) => [name, request.buildArgs.get(name) ?? value]));
}

function platformArguments(prefix: string, platform: Platform): readonly (readonly [string, string])[] {
  return [
    [`${prefix}PLATFORM`, formatPlatform(platform)],
    [`${prefix}OS`, platform.os],
    [`${prefix}OSVERSION`, platform.osVersion ?? ''],
    [`${prefix}ARCH`, platform.architecture],
    [`${prefix}VARIANT`, platform.variant ?? ''],
  ];
}

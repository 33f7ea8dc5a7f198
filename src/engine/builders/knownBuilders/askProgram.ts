import { execFile } from 'node:child_process';
import type { Environment } from '../runs/clientEnvironment.ts';

const answerMs = 10_000;
const longestAnswer = 2 ** 20;

/** What a program prints to its standard output, empty when it cannot be started; it has ten seconds. */
export function askProgram(
  program: string,
  args: readonly string[],
  env: Environment,
  signal?: AbortSignal,
): Promise<string> {
  const options = {
    ...{ timeout: answerMs, windowsHide: true, maxBuffer: longestAnswer },
    env: env as NodeJS.ProcessEnv,
    ...(signal && { signal }),
  };
  return new Promise((resolve) => {
    execFile(program, args, options, (_error, stdout) => {
      resolve(stdout);
    });
  });
}

import type { Problem } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonOption, platformOption } from '../commonOptions.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printJson } from '../printJson.ts';
import type { Session } from '../session.ts';

export const verify: Command = {
  name: 'verify',
  usage: '[IMAGE…]',
  summary: 'check all digests of images, or of everything in the store',
  details: ['Exits with 4 when bytes are missing or are not what they claim to be.'],
  options: [jsonOption, platformOption],
  positionals: { min: 0, max: Infinity },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const engine = await session.engine();
  const problems: Problem[] = [];
  if (args.positionals.length === 0) problems.push(...(await engine.store.verify(session.callOptions)));
  for (const name of args.positionals) {
    const { image } = await session.openImage(name);
    problems.push(...image.problems, ...(await engine.verify(image, session.callOptions)));
  }
  if (args.isOn('json')) await printJson(session.out, problems);
  else await session.out.line(problems.length === 0 ? 'ok' : `${problems.length} problems`);
  await session.out.flush();
  const code = await session.warn(problems);
  return code === exitCode.done && problems.some(({ code: problem }) => problem === 'size-mismatch')
    ? exitCode.damaged
    : code;
}

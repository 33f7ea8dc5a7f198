import { type EngineLike, inspectText } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { likeOption, platformOption } from '../commonOptions.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printFailure } from '../failure.ts';
import type { Session } from '../session.ts';

export const inspect: Command = {
  name: 'inspect',
  usage: 'IMAGE…',
  summary: 'print the configuration as `docker image inspect` of Docker 29 does',
  details: ['Left out is what only an engine has: GraphDriver, Metadata, Identity.'],
  options: [likeOption, platformOption],
  positionals: { min: 1, max: Infinity },
  run,
};

/** What could be inspected is printed, whatever happened to the others. */
async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const documents: Readonly<Record<string, unknown>>[] = [];
  let worst: ExitCode = exitCode.done;
  for (const name of args.positionals) {
    try {
      const { image } = await session.openImage(name);
      const like: EngineLike = args.value('like') === 'containerd' ? 'containerd' : 'classic';
      const options = { ...session.callOptions, isOfPlatform: args.value('platform') !== undefined };
      documents.push(await (await session.engine()).inspect(image, like, options));
      worst = Math.max(worst, await session.warn(image.problems)) as ExitCode;
    } catch (error) {
      session.host.signal.throwIfAborted();
      worst = Math.max(worst, await printFailure(session.host.stderr, error, session.isVerbose)) as ExitCode;
    }
  }
  await session.out.block(`${inspectText(documents)}\n`);
  await session.out.flush();
  return worst;
}

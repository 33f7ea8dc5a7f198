import { type EngineLike, inspectText, type Problem } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { likeOption, platformOption } from '../commonOptions.ts';
import { engineInspect } from '../engineAnswers.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printFailure } from '../failure.ts';
import type { Session } from '../session.ts';

export const inspect: Command = {
  name: 'inspect',
  usage: 'IMAGE…',
  summary: 'print the configuration as `docker image inspect` of Docker 29 does',
  details: [
    'Left out is what only an engine has: GraphDriver, Metadata, Identity.',
    "Of an image in an engine it is that engine's own answer, unless --like says otherwise.",
  ],
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
      const { document, problems } = await inspected(session, name);
      documents.push(document);
      worst = Math.max(worst, await session.warn(problems)) as ExitCode;
    } catch (error) {
      session.host.signal.throwIfAborted();
      worst = Math.max(worst, await printFailure(session.host.stderr, error, session.isVerbose)) as ExitCode;
    }
  }
  await session.out.block(`${inspectText(documents)}\n`);
  await session.out.flush();
  return worst;
}

async function inspected(
  session: Session,
  name: string,
): Promise<{ readonly document: Readonly<Record<string, unknown>>; readonly problems: readonly Problem[] }> {
  const { args, host, callOptions } = session;
  const platform = args.value('platform');
  const found = await session.findEntry(name);
  // An engine is asked itself, unless another store's form is wanted.
  if (found.inEngine !== undefined && args.value('like') === undefined)
    return { document: await engineInspect(found.inEngine, platform, host.signal), problems: [] };
  const { image } = await session.openVariant(found, name);
  const like: EngineLike = args.value('like') === 'containerd' ? 'containerd' : 'classic';
  const options = { ...callOptions, isOfPlatform: platform !== undefined };
  const document = await (await session.engine()).inspect(image, like, options);
  return { document, problems: image.problems };
}

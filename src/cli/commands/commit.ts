import {
  type CommitRequest,
  type CommittedImage,
  dockerSize,
  familiarName,
  isEngineError,
  normalizeName,
  withConfigChanges,
} from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonOption, quietOption } from '../commonOptions.ts';
import { parseContainer } from '../containerName.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usageError.ts';

export const commit: Command = {
  name: 'commit',
  usage: 'CONTAINER NAME',
  summary: 'make an image of a container: the layers of its image, and its changes as one more',
  details: [
    'The container stays as it is. A container that changed nothing gives an image without a new layer. Instructions of',
    '--change are CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME and WORKDIR, as with',
    'docker.',
  ],
  options: [
    { name: 'message', short: 'm', value: 'TEXT', help: 'what was done, for the history' },
    { name: 'author', short: 'a', value: 'NAME', help: 'who did it' },
    {
      name: 'change',
      short: 'c',
      value: 'INSTRUCTION',
      help: 'one of a Dockerfile, such as \'CMD ["nginx"]\'; may be given several times',
    },
    quietOption,
    jsonOption,
  ],
  positionals: { min: 2, max: 2 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const [typed = '', name = ''] = args.positionals;
  checkChanges(args.values('change'));
  const { containers } = await session.engine();
  const { id } = await containers.find(parseContainer(typed));
  const committed = await containers.commit(id, requestOf(args, name), session.callOptions);
  session.progress.clear();
  const { out } = session;
  if (args.isOn('json')) await printJson(out, committedObject(committed, name));
  else {
    if (!args.isOn('quiet')) await out.line(layerText(committed));
    await out.line(`${familiarName(normalizeName(name))} ${committed.manifest.digest}`);
  }
  await out.flush();
  return exitCode.done;
}

/** What was typed is wrong use, before anything is looked at. */
function checkChanges(changes: readonly string[]): void {
  try {
    withConfigChanges({}, changes);
  } catch (error) {
    if (!isEngineError(error, 'invalid-config')) throw error;
    throw new UsageError('--change', `${error.subject}: ${error.detail}`);
  }
}

function requestOf(args: Arguments, name: string): CommitRequest {
  const [message, author] = [args.value('message'), args.value('author')];
  return {
    name,
    ...(message !== undefined && { message }),
    ...(author !== undefined && { author }),
    changes: args.values('change'),
  };
}

function layerText({ layer }: CommittedImage): string {
  if (layer === undefined) return 'no new layer: the container changed nothing';
  return `new layer ${layer.diffId.slice(0, 19)}, ${dockerSize(layer.size)} packed`;
}

function committedObject(
  { manifest, config, layer }: CommittedImage,
  name: string,
): Readonly<Record<string, unknown>> {
  return { name: normalizeName(name), digest: manifest.digest, config, layer: layer ?? null };
}

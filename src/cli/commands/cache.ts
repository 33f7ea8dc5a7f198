import path from 'node:path';
import {
  type Builder,
  type BuildRequest,
  type CacheReport,
  EngineError,
  escapeForDisplay,
  isEngineError,
  parsePlatform,
} from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import { cacheObject, printCache } from '../cacheReport.ts';
import type { Command } from '../command.ts';
import { jsonOption } from '../commonOptions.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { printJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usageError.ts';

export const cache: Command = {
  name: 'cache',
  usage: 'CONTEXT',
  summary: "say what the next build takes from the builder's cache, line by line, and why",
  details: [
    'Nothing is built. The builder is asked for its records and its images, and for what it keeps of earlier builds.',
    'cached: taken from the cache. likely: so as far as can be seen. depends: on what a stage that is made again gives.',
    'rebuild: made again, and why. stale: taken from the cache although something changed, which the builder will not',
    'see. unknown: cannot be told, and why. no-step: nothing that is cached, such as metadata.',
  ],
  options: [
    { name: 'file', short: 'f', value: 'FILE', help: 'the Dockerfile (default: Dockerfile in CONTEXT)' },
    { name: 'target', value: 'STAGE', help: 'the stage to build (default: the last one)' },
    { name: 'build-arg', value: 'NAME=VALUE', help: 'an argument of the build; may come several times' },
    {
      name: 'builder',
      value: 'NAME',
      help: 'whose cache: buildkit, classic, buildah, or the name or ID of one (default: what docker build takes)',
    },
    {
      name: 'platform',
      value: 'OS/ARCH[/VARIANT]',
      help: "the platform to build for (default: the engine's)",
    },
    { name: 'no-cache', help: 'as if the build were asked for with --no-cache' },
    jsonOption,
  ],
  positionals: { min: 1, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const request = requestOf(args);
  const engine = await session.engine();
  const builder = chosen(await buildersFor(session, args), args.value('builder'));
  // A person asks, as for a build: registries may be asked for base images.
  const asked = { ...session.callOptions, asksRegistries: true };
  const report = await engine.builds.status(builder, request, asked);
  session.progress.clear();
  if (args.isOn('json')) await printJson(session.out, cacheObject(report));
  else await printCache(session.out, report);
  await session.out.flush();
  return warnOf(session, report, request);
}

/** Those of the engine, and what this machine has without one; a machine may have no engine at all. */
async function buildersFor(session: Session, args: Arguments): Promise<readonly Builder[]> {
  const { builds } = await session.engine();
  const { callOptions } = session;
  const ofEngine = async (): Promise<readonly Builder[]> =>
    builds.builders((await session.connection()).endpoint, callOptions);
  if (args.value('host') !== undefined || args.value('context') !== undefined) return ofEngine();
  const local = await builds.localBuilders(callOptions);
  try {
    return [...(await ofEngine()), ...local];
  } catch (error) {
    if (local.length > 0 && (isEngineError(error, 'unreachable') || isEngineError(error, 'not-found')))
      return local;
    throw error;
  }
}

function requestOf(args: Arguments): BuildRequest {
  const context = path.resolve(args.positionals[0] ?? '.');
  const file = args.value('file');
  const [target, platform] = [args.value('target'), args.value('platform')];
  return {
    context,
    dockerfile: file === undefined ? path.join(context, 'Dockerfile') : path.resolve(file),
    buildArgs: new Map(args.values('build-arg').map(pairOf)),
    tags: [],
    noCache: args.isOn('no-cache'),
    ...(target !== undefined && { target }),
    ...(platform !== undefined && { platform: parsePlatform(platform) }),
  };
}

/** As docker has it, a name alone takes its value from the environment; without one it is not given at all. */
function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError('--build-arg', `${text} is not NAME=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

function chosen(builders: readonly Builder[], wanted: string | undefined): Builder {
  const fits = ({ identity: { id, kind, name } }: Builder): boolean =>
    wanted === undefined || [id, kind, name].includes(wanted);
  const builder = builders.find(fits);
  if (builder !== undefined) return builder;
  const names = builders.map(({ identity }) => identity.name).join('; ');
  throw new EngineError('not-found', wanted ?? 'a builder', `there are: ${names === '' ? 'none' : names}`);
}

/** What is wrong with the Dockerfile, on stderr. */
async function warnOf(
  { host, progress }: Session,
  { problems, steps }: CacheReport,
  { dockerfile }: BuildRequest,
): Promise<ExitCode> {
  progress.clear();
  for (const { range, message } of problems) {
    const line = steps.find((step) => step.range.start <= range.start && range.start <= step.range.end)?.lines
      .first;
    const place = line === undefined ? dockerfile : `${dockerfile}:${line}`;
    await host.stderr.write(`lamina: ${escapeForDisplay(`${place}: ${message}`)}\n`);
  }
  return problems.some(({ severity }) => severity === 'error') ? exitCode.damaged : exitCode.done;
}

import { type Engine, type EngineConnection, EngineError, parseEndpoint } from '../engine/index.ts';
import type { Arguments } from './arguments.ts';
import type { Host } from './host.ts';
import { UsageError } from './usageError.ts';

/**
 * The container engine that a command line means: `--host`, else `--context`, else what docker's own command line would
 * ask (`DOCKER_HOST`, `DOCKER_CONTEXT`, its configuration). Nothing is connected yet.
 *
 * @throws EngineError `not-found` for a context that is not there or is broken.
 */
export async function currentEngine(engine: Engine, host: Host, args: Arguments): Promise<EngineConnection> {
  const environment = environmentOf(host, args);
  const { endpoints, problems } = await engine.discoverEngines({ environment });
  const current = endpoints.find(({ isCurrent }) => isCurrent);
  if (current !== undefined) return engine.connectEngine(current.endpoint);
  const [problem] = problems;
  throw new EngineError(
    'not-found',
    args.value('host') ?? args.value('context') ?? problem?.subject ?? 'the engine',
    problem?.detail ?? 'no such engine is known',
  );
}

/** As docker has it: a host named outright beats a context, and options beat the environment. */
function environmentOf({ env }: Host, args: Arguments): Host['env'] {
  const [host, context] = [args.value('host'), args.value('context')];
  if (host !== undefined && context !== undefined)
    throw new UsageError('--host', 'it does not go together with --context');
  // A wrong address is wrong use, before anything is looked for.
  if (host !== undefined) parseEndpoint(host);
  if (host !== undefined) return { ...env, DOCKER_HOST: host, DOCKER_CONTEXT: undefined };
  if (context !== undefined) return { ...env, DOCKER_HOST: undefined, DOCKER_CONTEXT: context };
  return env;
}

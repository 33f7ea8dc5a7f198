import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { delimiter, dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import type { DockerEngine } from '../../machine/dockerEngines.mjs';
import { finish } from '../../machine/processes.mjs';
import { createEngineClient } from '../../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { dockerArguments } from './builderArguments.ts';
import { answerOf, type CaseAnswer, type CaseBuilder } from './caseBuilder.ts';
import { lettersOfClassic, lettersOfRows } from './letters.ts';
import { ownedTar } from './ownedTar.ts';
import { rowsOfEvents, rowsOfText } from './shownRows.ts';

/** What stands before an engine. */
export interface DockerClient {
  readonly keys: readonly string[];
  readonly client: 'buildx' | 'buildkit' | 'classic';
  /** The engine's own when left out. */
  readonly cli?: string;
}

/** One of the builders of a Docker Engine. */
export function dockerBuilder(
  engine: DockerEngine,
  { keys, client, cli = engine.cli }: DockerClient,
): CaseBuilder {
  const env = { ...engine.env, DOCKER_BUILDKIT: client === 'classic' ? '0' : '1' };
  const docker = (args: readonly string[], input?: Buffer): Promise<CaseAnswer> =>
    answerOf(finish(cli, args, { env, timeoutMs: 300_000, ...(input && { input }) }));
  const kind = client === 'classic' ? 'classic' : 'buildkit';
  const programs = [dirname(cli), process.env['PATH']].join(delimiter);
  return {
    keys,
    door: {
      ...{ socket: engine.socket, kind, client: client === 'buildx' ? client : 'docker-cli' },
      env: { ...env, PATH: programs },
    },
    network: 'none',
    build: async (asked, options) => {
      const args = dockerArguments(asked, options, client);
      if (args === undefined) return undefined;
      const tar = options.tar_owner === undefined ? undefined : ownedTar(asked, options.tar_owner);
      return docker(['build', ...args, tar === undefined ? asked.context : '-'], tar);
    },
    letters: (steps, { output }) => {
      if (client === 'classic') return lettersOfClassic(steps, output);
      return lettersOfRows(steps, client === 'buildx' ? rowsOfEvents(output) : rowsOfText(output));
    },
    pull: async (name) => {
      await engine.docker(['pull', name]);
    },
    forget: async (names) => {
      await docker(['rmi', '-f', ...names]);
      // The steps of the classic builder stay as images, which every later status looks through.
      if (client === 'classic') await docker(['image', 'prune', '-f']);
    },
    prune: async () => client !== 'classic' && (await pruneAll(engine.socket)),
    stop: () => engine.stop(),
  };
}

/** What a build has only just left is passed over, and stays listed without being found any more. */
async function pruneAll(socketPath: string): Promise<boolean> {
  using client = createEngineClient({ kind: 'unix', path: socketPath });
  for (let attempt = 1; ; attempt++) {
    const isPruned = await pruneOnce(socketPath);
    const { buildCache } = await client.diskUsage({ types: ['build-cache'] });
    const isLeft = buildCache.some(({ type }) => type === 'regular');
    if (!isPruned || !isLeft || attempt === mostPrunes) return isPruned;
  }
}

/** As `docker builder prune --all`, without the second that two programs take to start. */
async function pruneOnce(socketPath: string): Promise<boolean> {
  const asked = request({ socketPath, method: 'POST', path: '/build/prune?all=1' }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  await text(answer);
  return answer.statusCode === 200;
}

const mostPrunes = 5;

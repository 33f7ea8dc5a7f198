import { delimiter, dirname } from 'node:path';
import type { DockerEngine } from '../../machine/dockerEngines.mjs';
import { finish } from '../../machine/processes.mjs';
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
    build: async (request, options) => {
      const args = dockerArguments(request, options, client);
      if (args === undefined) return undefined;
      const tar = options.tar_owner === undefined ? undefined : ownedTar(request, options.tar_owner);
      return docker(['build', ...args, tar === undefined ? request.context : '-'], tar);
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
    },
    prune: async () => client !== 'classic' && (await docker(['builder', 'prune', '-a', '-f'])).isBuilt,
    stop: () => engine.stop(),
  };
}

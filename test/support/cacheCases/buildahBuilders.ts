import { readFileSync } from 'node:fs';
import { startPodmanService } from '../../machine/podmanService.mjs';
import { openPodmanStore } from '../../machine/podmanStore.mjs';
import { tempDir } from '../tempDir.ts';
import { buildahArguments } from './builderArguments.ts';
import type { CaseBuilder } from './caseBuilder.ts';
import { lettersOfBuildah } from './letters.ts';
import type { LoopbackWorld } from './loopbackWorld.ts';

/** buildah with a store of its own. */
export async function startBuildahBuilder(world: LoopbackWorld): Promise<CaseBuilder> {
  const { buildah, env, stop } = await openPodmanStore({ insecureRegistries: [world.registry] });
  return {
    ...ofBuildah((args) => buildah(['build', '--layers', ...args])),
    door: { env, kind: 'buildah', client: 'buildah' },
    forget: async (names) => {
      await succeeds(buildah(['rmi', '-f', ...names]));
    },
    stop: () => {
      stop();
      return Promise.resolve();
    },
  };
}

/** The buildah that is part of Podman, by the client of its service, which reads other ignore files than Podman without. */
export async function startPodmanBuilder(
  world: LoopbackWorld,
): Promise<CaseBuilder & { readonly socket: string }> {
  const { podman, remote, socket, env, stop } = await startPodmanService({
    insecureRegistries: [world.registry],
  });
  return {
    ...ofBuildah((args) => remote(['build', '--layers', ...args])),
    // What the cases expect of buildah was seen of the program: Podman pulls, and reads modes, otherwise.
    keys: ['buildah@podman'],
    socket,
    door: { socket, env, kind: 'buildah', client: 'podman' },
    forget: async (names) => {
      await succeeds(podman(['rmi', '-f', ...names]));
    },
    stop,
  };
}

function ofBuildah(
  program: (args: readonly string[]) => Promise<string>,
): Pick<CaseBuilder, 'keys' | 'build' | 'letters' | 'pull' | 'prune'> {
  const log = tempDir().file('log');
  return {
    keys: ['buildah@1.28.2'],
    build: async (request, options) => {
      const args = buildahArguments(request, options);
      if (args === undefined) return undefined;
      const isBuilt = await succeeds(program([...args, '--logfile', log, request.context]));
      return { isBuilt, output: readFileSync(log, 'utf8') };
    },
    letters: (steps, { output }) => lettersOfBuildah(steps, output),
    pull: () => Promise.resolve(),
    prune: () => Promise.resolve(false),
  };
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

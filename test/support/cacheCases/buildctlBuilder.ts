import { startBuildKit } from '../../machine/buildkitd.mjs';
import { buildctlArguments } from './builderArguments.ts';
import { answerOf, type CaseBuilder } from './caseBuilder.ts';
import { lettersOfRows } from './letters.ts';
import type { LoopbackWorld } from './loopbackWorld.ts';
import { ownedTar } from './ownedTar.ts';
import { rowsOfEvents } from './shownRows.ts';

/** A BuildKit that stands alone. */
export async function startBuildctlBuilder(world: LoopbackWorld): Promise<CaseBuilder> {
  const { ask, socket, buildctl, stop } = await startBuildKit({ insecureRegistries: [world.registry] });
  return {
    keys: ['buildkit@v0.33.0'],
    door: { socket, env: process.env, kind: 'buildkit', client: 'buildctl', program: buildctl },
    build: (request, options) => {
      // As people have it who share what they build, and its cache: of a build that gives neither, only the steps are kept.
      const name = `${world.registry}/${request.tags.join()}`;
      const buildArgs = new Map(request.buildArgs);
      // Other clients make an export of this argument.
      const inline = buildArgs.delete('BUILDKIT_INLINE_CACHE') ? ['type=inline'] : [];
      const cacheTo = request.cacheTo ?? [`type=registry,mode=max,ref=${name}-cache`, ...inline];
      const args = buildctlArguments({ ...request, buildArgs, cacheTo }, { push: name, ...options });
      if (options.tar_owner !== undefined) {
        const page = `/context-${request.tags.join()}.tar`;
        world.serve(page, ownedTar(request, options.tar_owner), {});
        args.push('--opt', `context=http://${world.registry}${page}`);
      }
      return answerOf(ask(['build', '--allow', 'network.host', ...args], { timeoutMs: 300_000 }));
    },
    letters: (steps, { output }) => lettersOfRows(steps, rowsOfEvents(output)),
    pull: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    prune: async () => (await ask(['prune', '--all'])).code === 0,
    stop,
  };
}

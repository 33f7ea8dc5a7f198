import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path, { delimiter, dirname } from 'node:path';
import type { BuildClient, BuilderKind } from '../../../src/engine/build/builder.ts';
import type { BuildRequest } from '../../../src/engine/build/buildRequest.ts';
import { startBuildKit } from '../../machine/buildkitd.mjs';
import { type DockerEngine, findCli20, startDocker20, startDocker29 } from '../../machine/dockerEngines.mjs';
import { startPodmanService } from '../../machine/podmanService.mjs';
import { openPodmanStore } from '../../machine/podmanStore.mjs';
import { finish } from '../../machine/processes.mjs';
import type { CaseBuild, CaseLetter } from '../buildCases.ts';
import { tempDir } from '../tempDir.ts';
import { buildahArguments, buildctlArguments, dockerArguments } from './builderArguments.ts';
import type { DockerfileStep } from './dockerfileSteps.ts';
import { lettersOfBuildah, lettersOfClassic, lettersOfRows } from './letters.ts';
import type { LoopbackWorld } from './loopbackWorld.ts';
import { rowsOfEvents, rowsOfText } from './shownRows.ts';

/** How the product finds a builder: by its engine's address and the programs of an environment. */
export interface BuilderDoor {
  readonly socket: string;
  readonly env: NodeJS.ProcessEnv;
  readonly kind: BuilderKind;
  readonly client: BuildClient;
  /** Where the engine's own list of builders does not have it. */
  readonly program?: string;
}

/** A real builder with the client in front of it. */
export interface CaseBuilder {
  readonly door?: BuilderDoor;
  /** What RUN gets unless a case says otherwise: engines of tests have no network of their own. */
  readonly network?: string;
  /** In the cases' expectations, the exact one first. */
  readonly keys: readonly string[];
  /** Undefined where the client has no way to say it; a failure has no letters either. */
  build(request: BuildRequest, options: CaseBuild): Promise<CaseAnswer | undefined>;
  letters(steps: readonly DockerfileStep[], answer: CaseAnswer): readonly CaseLetter[];
  /** Takes an image into the engine's own store, where there is one. */
  pull(name: string): Promise<void>;
  /** Forgets names of images; what is cached stays. */
  forget(names: readonly string[]): Promise<void>;
  /** Forgets all that is cached; false where that cannot be. */
  prune(): Promise<boolean>;
  stop(): Promise<void>;
}

export interface CaseAnswer {
  readonly isBuilt: boolean;
  readonly output: string;
}

export type BuilderName = keyof typeof caseBuilders;

/** Every builder that the machine can have, by the name that tables show. */
export const caseBuilders = {
  'BuildKit in Engine 29, buildx': async () => {
    const engine = await startDocker29({ store: 'containerd' });
    return ofDocker(engine, { keys: ['buildkit@docker-29'], client: 'buildx' });
  },
  'BuildKit in Engine 29, CLI 20.10': async () => {
    const engine = await startDocker29({ store: 'containerd' });
    const keys = ['buildkit@docker-29+cli-20.10', 'buildkit@docker-29'];
    return ofDocker(engine, { keys, client: 'buildkit', cli: await findCli20('the docker CLI 20.10') });
  },
  'BuildKit in Engine 20.10': async () =>
    ofDocker(await startDocker20(), { keys: ['buildkit@docker-20.10.24'], client: 'buildkit' }),
  'BuildKit alone, buildctl': startBuildctl,
  'classic builder of Engine 20.10': async () =>
    ofDocker(await startDocker20(), { keys: ['classic@docker-20.10.24'], client: 'classic' }),
  'classic builder of Engine 29': async () => {
    const engine = await startDocker29({ store: 'containerd' });
    const cli = await findCli20('the docker CLI 20.10');
    return ofDocker(engine, { keys: ['classic@docker-29'], client: 'classic', cli });
  },
  buildah: startBuildah,
  'buildah in Podman': startPodman,
} as const satisfies Readonly<Record<string, (world: LoopbackWorld) => Promise<CaseBuilder>>>;

interface DockerClient {
  readonly keys: readonly string[];
  readonly client: 'buildx' | 'buildkit' | 'classic';
  /** The engine's own when left out. */
  readonly cli?: string;
}

function ofDocker(engine: DockerEngine, { keys, client, cli = engine.cli }: DockerClient): CaseBuilder {
  const env = { ...engine.env, DOCKER_BUILDKIT: client === 'classic' ? '0' : '1' };
  const docker = (args: readonly string[], input?: Buffer): Promise<CaseAnswer> =>
    ending(finish(cli, args, { env, timeoutMs: 300_000, ...(input && { input }) }));
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
      const tar = options.tar_owner === undefined ? undefined : tarOf(request, options.tar_owner);
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

async function startBuildctl(world: LoopbackWorld): Promise<CaseBuilder> {
  const { ask, socket, buildctl, stop } = await startBuildKit({ insecureRegistries: [world.registry] });
  return {
    keys: ['buildkit@v0.33.0'],
    door: { socket, env: process.env, kind: 'buildkit', client: 'buildctl', program: buildctl },
    build: (request, options) => {
      const args = buildctlArguments(request, options);
      if (options.tar_owner !== undefined) {
        const page = `/context-${request.tags.join()}.tar`;
        world.serve(page, tarOf(request, options.tar_owner), {});
        args.push('--opt', `context=http://${world.registry}${page}`);
      }
      return ending(ask(['build', ...args], { timeoutMs: 300_000 }));
    },
    letters: (steps, { output }) => lettersOfRows(steps, rowsOfEvents(output)),
    pull: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    prune: async () => (await ask(['prune', '--all'])).code === 0,
    stop,
  };
}

async function startBuildah(): Promise<CaseBuilder> {
  const { buildah, stop } = await openPodmanStore();
  return {
    ...ofBuildah((args) => buildah(['build', '--layers', '--isolation', 'chroot', ...args])),
    forget: async (names) => {
      await succeeds(buildah(['rmi', '-f', ...names]));
    },
    stop: () => {
      stop();
      return Promise.resolve();
    },
  };
}

/** The buildah that is part of Podman, whose images its service tells of. */
async function startPodman(world: LoopbackWorld): Promise<CaseBuilder> {
  const { podman, socket, env, stop } = await startPodmanService({ insecureRegistries: [world.registry] });
  return {
    ...ofBuildah((args) => podman(['build', '--layers', ...args])),
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

async function ending(result: ReturnType<typeof finish>): Promise<CaseAnswer> {
  const { code, stdout, stderr } = await result;
  return { isBuilt: code === 0, output: stdout + stderr };
}

function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function tarOf({ context }: BuildRequest, owner: string): Buffer {
  const args = ['-c', '--owner', owner, '--group', owner, '-C', path.resolve(context), '.'];
  return spawnSync('tar', args, { maxBuffer: 1 << 28 }).stdout;
}

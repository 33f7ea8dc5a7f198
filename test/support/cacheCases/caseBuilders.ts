import { findCli20, startDocker20, startDocker29 } from '../../machine/dockerEngines.mjs';
import { byApi } from './apiBuilder.ts';
import { startBuildahBuilder, startPodmanBuilder } from './buildahBuilders.ts';
import { startBuildctlBuilder } from './buildctlBuilder.ts';
import type { CaseBuilder } from './caseBuilder.ts';
import { dockerBuilder } from './dockerBuilder.ts';
import type { LoopbackWorld } from './loopbackWorld.ts';

export type BuilderName = keyof typeof caseBuilders;

/** Every builder that the machine can have, by the name that tables show. */
export const caseBuilders = {
  'BuildKit in Engine 29, buildx': async () => {
    const engine = await startDocker29({ store: 'containerd' });
    return dockerBuilder(engine, { keys: ['buildkit@docker-29'], client: 'buildx' });
  },
  'BuildKit in Engine 29, CLI 20.10': async () => {
    const engine = await startDocker29({ store: 'containerd' });
    const keys = ['buildkit@docker-29+cli-20.10', 'buildkit@docker-29'];
    return dockerBuilder(engine, { keys, client: 'buildkit', cli: await findCli20('the docker CLI 20.10') });
  },
  'BuildKit in Engine 29, API': async () => {
    const engine = await startDocker29({ store: 'containerd' });
    return byApi(dockerBuilder(engine, { keys: [], client: 'buildx' }), engine.socket, 'buildkit');
  },
  'BuildKit in Engine 20.10': async () =>
    dockerBuilder(await startDocker20(), { keys: ['buildkit@docker-20.10.24'], client: 'buildkit' }),
  'BuildKit alone, buildctl': startBuildctlBuilder,
  'classic builder of Engine 20.10': async () =>
    dockerBuilder(await startDocker20(), { keys: ['classic@docker-20.10.24'], client: 'classic' }),
  'classic builder of Engine 29': async () => {
    const engine = await startDocker29({ store: 'containerd' });
    const cli = await findCli20('the docker CLI 20.10');
    return dockerBuilder(engine, { keys: ['classic@docker-29'], client: 'classic', cli });
  },
  'classic builder of Engine 29, API': async () => {
    const engine = await startDocker29({ store: 'containerd' });
    return byApi(dockerBuilder(engine, { keys: [], client: 'classic' }), engine.socket, 'classic');
  },
  buildah: startBuildahBuilder,
  'buildah in Podman': startPodmanBuilder,
  'buildah in Podman, API': async (world) => {
    const podman = await startPodmanBuilder(world);
    return byApi(podman, podman.socket, 'buildah');
  },
} as const satisfies Readonly<Record<string, (world: LoopbackWorld) => Promise<CaseBuilder>>>;

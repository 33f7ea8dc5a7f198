import { writeFileSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { startDocker20, startDocker29, type DockerEngine } from '../machine/dockerEngines.mjs';
import { startPodmanService } from '../machine/podmanService.mjs';
import { fixture } from '../support/fixtures.ts';
import { tempDir } from '../support/tempDir.ts';

/** An engine as the tests of images on it need it. */
export interface RunningEngine {
  readonly socket: string;
  readonly store: 'classic' | 'containerd' | 'podman';
  readonly cli: DockerEngine['docker'];
  /** Builds the text of a Dockerfile under a name, or without one. */
  readonly build: (name: string | undefined, dockerfile: string, builder?: 'classic') => Promise<void>;
  readonly halt: () => Promise<void>;
  readonly startAgain: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** Every engine that people have, by name. */
export const runningEngines: Readonly<Record<string, () => Promise<RunningEngine>>> = {
  'Docker Engine 20.10': async () => ofDocker(await startDocker20(), 'classic'),
  'Docker Engine 29, containerd store': async () =>
    ofDocker(await startDocker29({ store: 'containerd' }), 'containerd'),
  'Docker Engine 29, classic store': async () =>
    ofDocker(await startDocker29({ store: 'classic' }), 'classic'),
  Podman: async () => {
    const { socket, podman, kill: halt, startAgain, stop } = await startPodmanService();
    const build = async (name: string | undefined, dockerfile: string): Promise<void> => {
      const folder = contextOf(dockerfile);
      await podman(['build', '--layers', ...(name === undefined ? [] : ['-t', name]), folder]);
    };
    return { socket, store: 'podman', cli: podman, build, halt, startAgain, stop };
  },
};

function ofDocker(engine: DockerEngine, store: 'classic' | 'containerd'): RunningEngine {
  const { docker: cli, socket, kill: halt, startAgain, stop } = engine;
  const build: RunningEngine['build'] = async (name, dockerfile, builder) => {
    const tag = name === undefined ? [] : ['-t', name];
    const env = builder === 'classic' ? { DOCKER_BUILDKIT: '0' } : { DOCKER_BUILDKIT: '1' };
    await cli(['build', '--network=host', ...tag, contextOf(dockerfile)], { env });
  };
  return { socket, store, cli, build, halt, startAgain, stop };
}

function contextOf(dockerfile: string): string {
  const folder = tempDir();
  writeFileSync(folder.file('Dockerfile'), dockerfile);
  writeFileSync(folder.file('hello.txt'), 'hello\n');
  return folder.path;
}

export const baseArchive = fixture('images/dive/test-docker-image.tar');

/** Counts the save streams that clients ask for through it. */
export interface CountingProxy extends AsyncDisposable {
  readonly socket: string;
  readonly saves: number;
  /** Connections that are open and have asked for one. */
  readonly open: number;
}

export async function startCountingProxy(target: string): Promise<CountingProxy> {
  const socket = tempDir().file('engine.sock');
  const counted = { saves: 0, open: new Set<Socket>() };
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    clients.add(client);
    const engine = createConnection(target);
    client.on('data', (bytes) => {
      const saves = bytes.toString('latin1').split('/images/get?').length - 1;
      counted.saves += saves;
      if (saves > 0) counted.open.add(client);
    });
    client.pipe(engine).pipe(client);
    client.on('close', () => {
      counted.open.delete(client);
      clients.delete(client);
      engine.destroy();
    });
    for (const each of [client, engine]) each.on('error', () => each.destroy());
    engine.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    get saves() {
      return counted.saves;
    },
    get open() {
      return counted.open.size;
    },
    [Symbol.asyncDispose]: () => {
      // Those that idle would keep it open.
      for (const client of clients) client.destroy();
      return closed(server);
    },
  };
}

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}

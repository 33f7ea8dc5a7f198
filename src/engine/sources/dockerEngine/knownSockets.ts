import { readdir, stat } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { textOf } from './answerFields.ts';
import type { DiscoveryPlace } from './discovery.ts';
import type { EngineEndpoint } from './endpoint.ts';

export interface KnownSocket {
  readonly endpoint: EngineEndpoint;
  readonly name: string;
}

/** Profiles and machines beyond that are not looked at. */
const mostMachines = 50;

/** The engine that the docker CLI uses when nothing names one. */
export function defaultEndpoint({ platform, root = '/' }: DiscoveryPlace): EngineEndpoint {
  return platform === 'win32'
    ? { kind: 'npipe', path: '\\\\.\\pipe\\docker_engine' }
    : { kind: 'unix', path: posix.join(root, 'var/run/docker.sock') };
}

/** Where engines are known to listen, as far as something is there. */
export async function findKnownSockets(place: DiscoveryPlace): Promise<readonly KnownSocket[]> {
  if (place.platform === 'win32') return findKnownPipes(place);
  const candidates = [...fixedPlaces(place), ...(await machinePlaces(place))];
  const found = await Promise.all(candidates.map(async ([path]) => isSocket(path)));
  return candidates
    .filter((_candidate, at) => found[at] === true)
    .map(([path, name]) => ({ endpoint: { kind: 'unix', path }, name }));
}

type Candidate = readonly [path: string, name: string];

function fixedPlaces({ env, home, root = '/', userId }: DiscoveryPlace): readonly Candidate[] {
  const runtime =
    textOf(env['XDG_RUNTIME_DIR']) ?? join(root, `run/user/${userId ?? process.getuid?.() ?? 0}`);
  return [
    [join(root, 'var/run/docker.sock'), 'Docker'],
    [join(runtime, 'docker.sock'), 'Docker (rootless)'],
    [join(home, '.docker/desktop/docker.sock'), 'Docker Desktop'],
    [join(home, '.docker/run/docker.sock'), 'Docker Desktop'],
    [join(runtime, 'podman/podman.sock'), 'Podman'],
    [join(root, 'run/podman/podman.sock'), 'Podman (root)'],
    [join(home, '.rd/docker.sock'), 'Rancher Desktop'],
    [join(home, '.orbstack/run/docker.sock'), 'OrbStack'],
    [join(home, '.local/share/containers/podman/machine/podman.sock'), 'Podman machine'],
  ];
}

/** Colima, Lima and Podman keep a folder for each machine. */
async function machinePlaces({ env, home }: DiscoveryPlace): Promise<readonly Candidate[]> {
  const colima = textOf(env['COLIMA_HOME']);
  const folders: readonly (readonly [folder: string, socket: string, name: string])[] = [
    ...(colima === undefined
      ? [join(home, '.colima'), join(textOf(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'colima')]
      : [colima]
    ).map((folder) => [folder, 'docker.sock', 'Colima'] as const),
    [textOf(env['LIMA_HOME']) ?? join(home, '.lima'), 'sock/docker.sock', 'Lima'],
    [textOf(env['LIMA_HOME']) ?? join(home, '.lima'), 'sock/podman.sock', 'Lima'],
    [join(home, '.local/share/containers/podman/machine'), 'podman.sock', 'Podman machine'],
  ];
  const places = await Promise.all(folders.map((each) => inEachFolder(...each)));
  return places.flat();
}

async function inEachFolder(folder: string, socket: string, name: string): Promise<readonly Candidate[]> {
  const machines = await readdir(folder).catch((): string[] => []);
  return machines
    .filter((machine) => !machine.startsWith('_'))
    .slice(0, mostMachines)
    .sort()
    .map((machine) => [join(folder, machine, socket), machine === 'default' ? name : `${name} (${machine})`]);
}

/** Named pipes are listed, not opened: opening one would connect. */
async function findKnownPipes({ listPipes }: DiscoveryPlace): Promise<readonly KnownSocket[]> {
  const list = listPipes ?? (() => readdir('\\\\.\\pipe\\'));
  const pipes = new Set(await list().catch((): readonly string[] => []));
  return [...knownPipes, ...podmanMachines(pipes)]
    .filter(([pipe]) => pipes.has(pipe))
    .map(([pipe, name]) => ({ endpoint: { kind: 'npipe', path: `\\\\.\\pipe\\${pipe}` }, name }));
}

const knownPipes: readonly Candidate[] = [
  ['docker_engine', 'Docker'],
  ['dockerDesktopLinuxEngine', 'Docker Desktop'],
  ['dockerDesktopWindowsEngine', 'Docker Desktop (Windows containers)'],
];

function podmanMachines(pipes: ReadonlySet<string>): readonly Candidate[] {
  return [...pipes]
    .filter((pipe) => /^podman-[A-Za-z0-9._-]+$/.test(pipe))
    .slice(0, mostMachines)
    .map((pipe) => [
      pipe,
      pipe === 'podman-machine-default' ? 'Podman machine' : `Podman (${pipe.slice(7)})`,
    ]);
}

async function isSocket(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isSocket(),
    () => false,
  );
}

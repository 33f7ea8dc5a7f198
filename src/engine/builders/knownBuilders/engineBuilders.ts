import type { CallOptions } from '../../base/progress.ts';
import type { BuildClient, BuilderIdentity, BuilderKind } from '../../build/builder.ts';
import { buildkitVersionOf } from '../../build/cache/buildkitVersion.ts';
import { textMember } from '../../oci/json.ts';
import { sha256 } from '../../build/sha256.ts';
import { formatEndpoint } from '../../sources/dockerEngine/endpoint.ts';
import type { EngineInfo } from '../../sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import type { Builder } from '../builds.ts';
import type { Environment } from '../runs/clientEnvironment.ts';
import { type ClientProgram, findDockerProgram, findProgramNamed } from './clientPrograms.ts';

export interface EngineBuildersParts {
  /** Where programs are looked for, and what a person prefers (`DOCKER_BUILDKIT`). */
  readonly env: Environment;
  /** Of the engine's BuildKit, asked itself; undefined when it does not tell. */
  readonly buildkitVersions: (
    options: CallOptions,
  ) => Promise<{ readonly buildkit: string; readonly frontend?: string } | undefined>;
}

/**
 * The builders of an engine, the one that `docker build` would take first. Of programs only the version is asked.
 *
 * @throws EngineError what the engine's client says.
 */
export async function engineBuilders(
  client: EngineClient,
  { env, buildkitVersions }: EngineBuildersParts,
  options: CallOptions = {},
): Promise<readonly Builder[]> {
  const stop = options.signal === undefined ? {} : { signal: options.signal };
  const [info, version] = await Promise.all([client.info(stop), client.version(stop)]);
  const engine = { client, info, version: version.version };
  if (version.kind === 'podman') return podmanBuilders(engine, env);
  const [program, buildkit] = await Promise.all([
    findDockerProgram(env),
    buildkitVersions(options).catch(() => undefined),
  ]);
  const builders = dockerBuilders(engine, program, buildkit);
  return [...builders].sort(
    (one, other) => rankOf(one, program, engine, env) - rankOf(other, program, engine, env),
  );
}

interface AskedEngine {
  readonly client: EngineClient;
  readonly info: EngineInfo;
  readonly version: string;
}

type Versions = { readonly buildkit: string; readonly frontend?: string } | undefined;

function dockerBuilders(
  engine: AskedEngine,
  program: ClientProgram | undefined,
  versions: Versions,
): readonly Builder[] {
  const buildkit = versions?.buildkit ?? olderVersionOf(engine.version);
  const told = {
    ...(buildkit !== undefined && { version: buildkit }),
    ...(versions?.frontend !== undefined && { frontendVersion: versions.frontend }),
  };
  const client = program && buildkitClientOf(program);
  return [
    ...(client === undefined ? [] : [builderOf(engine, 'buildkit', client, told, program)]),
    ...(program === undefined ? [] : [builderOf(engine, 'classic', 'docker-cli', {}, program)]),
    builderOf(engine, 'buildkit', 'api', told),
    builderOf(engine, 'classic', 'api', {}),
  ];
}

/** CLIs up to 22 have a client of BuildKit of their own, later ones none but the plugin. */
function buildkitClientOf({ version, hasBuildx }: ClientProgram): BuildClient | undefined {
  if (majorOf(version) < 23) return 'docker-cli';
  return hasBuildx ? 'buildx' : undefined;
}

/** What a `docker build` would take: smaller is earlier. Programs come before the API. */
function rankOf(
  { identity }: Builder,
  program: ClientProgram | undefined,
  engine: AskedEngine,
  env: Environment,
): number {
  const wanted = preferredKind(program, engine, env);
  return (identity.client === 'api' ? 2 : 0) + (identity.kind === wanted ? 0 : 1);
}

function preferredKind(
  program: ClientProgram | undefined,
  { version }: AskedEngine,
  env: Environment,
): BuilderKind {
  const chosen = env['DOCKER_BUILDKIT'];
  if (chosen !== undefined && chosen !== '') return /^(?:0|f|false)$/i.test(chosen) ? 'classic' : 'buildkit';
  // An old CLI leaves it to the engine.
  const decides = program !== undefined && majorOf(program.version) < 23 ? program.version : '23';
  return majorOf(decides) < 23 && majorOf(version) < 23 ? 'classic' : 'buildkit';
}

async function podmanBuilders(engine: AskedEngine, env: Environment): Promise<readonly Builder[]> {
  const program = await findProgramNamed('podman', env);
  const version = textMember(engine.info.json, 'BuildahVersion');
  const told = version === undefined ? {} : { version };
  return [
    ...(program === undefined ? [] : [builderOf(engine, 'buildah', 'podman', told, { path: program })]),
    builderOf(engine, 'buildah', 'api', told),
  ];
}

function builderOf(
  { client: { endpoint }, info, version }: AskedEngine,
  kind: BuilderKind,
  client: BuildClient,
  told: Pick<BuilderIdentity, 'version' | 'frontendVersion'>,
  program?: Pick<ClientProgram, 'path'> & Partial<ClientProgram>,
): Builder {
  const store = kind === 'buildah' ? formatEndpoint(endpoint) : info.id;
  const place = sha256(JSON.stringify([store, info.rootDirectory, info.driver])).slice(7, 23);
  const engine = `${kind === 'buildah' ? 'Podman' : 'Docker Engine'} ${shortVersion(version)}`;
  return {
    identity: {
      id: `${kind}-${place}#${client}`,
      kind,
      client,
      name: `${kindName(kind, told.version)} in ${engine}${clientNames[client]}`,
      engineVersion: version,
      ...(kind !== 'buildah' && { imageStore: info.usesContainerdStore ? 'containerd' : 'classic' }),
      ...(program?.version !== undefined && { clientVersion: program.version }),
      ...told,
    },
    endpoint,
    ...(program !== undefined && { program: program.path }),
  };
}

function kindName(kind: BuilderKind, version: string | undefined): string {
  if (kind === 'classic') return 'the classic builder';
  const name = kind === 'buildkit' ? 'BuildKit' : 'buildah';
  return version === undefined ? name : `${name} ${shortVersion(version)}`;
}

const clientNames: Readonly<Record<BuildClient, string>> = {
  buildx: '',
  'docker-cli': '',
  buildctl: '',
  buildah: '',
  podman: '',
  api: ', without a client',
};

/** The part of a builder's ID that names its cache: clients of one builder share it. */
export function cacheNameOf({ id }: BuilderIdentity): string {
  return id.split('#')[0] ?? id;
}

/** `0.33`, `29`, `20.10`: as people speak of them. */
function shortVersion(version: string): string {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  return Number(major) >= 23 || minor === '' ? major : `${major}.${minor}`;
}

function majorOf(version: string): number {
  return Number.parseInt(version.replace(/^v/, ''), 10) || 0;
}

/** Engines below 24 have a BuildKit that does not say. */
function olderVersionOf(engineVersion: string): string | undefined {
  return majorOf(engineVersion) >= 24 ? undefined : `v${buildkitVersionOf({ engineVersion })}`;
}

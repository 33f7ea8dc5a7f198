import path from 'node:path';
import type { BuildRequest } from '../../../src/engine/build/buildRequest.ts';
import type { CaseBuild } from '../buildCases.ts';

/** Arguments of `docker build` without the context; undefined where this client has no such option. */
export function dockerArguments(
  request: BuildRequest,
  { push, tar_owner: tarOwner }: CaseBuild,
  client: 'buildx' | 'buildkit' | 'classic',
): string[] | undefined {
  const { noCacheFilter, namedContexts, cacheTo, secrets, dockerfile } = request;
  const needsBuildx = noCacheFilter ?? namedContexts ?? cacheTo ?? push;
  if (needsBuildx !== undefined && client !== 'buildx') return undefined;
  if (secrets !== undefined && client === 'classic') return undefined;
  const progress = { buildx: ['--progress=rawjson'], buildkit: ['--progress=plain'], classic: [] }[client];
  const name =
    push === undefined ? option('-t', request.tags) : ['--output', `type=image,push=true,name=${push}`];
  return [
    ...name,
    ...['-f', tarOwner === undefined ? dockerfile : path.basename(dockerfile)],
    ...progress,
    ...commonArguments(request),
    ...(request.network === undefined ? [] : ['--network', request.network]),
    ...option('--no-cache-filter', noCacheFilter),
    ...(request.pull === true ? ['--pull'] : []),
    ...contextOptions('--build-context', namedContexts),
    ...option('--cache-to', cacheTo),
    ...option('--cache-from', request.cacheFrom),
  ];
}

/** Arguments of `buildah build` and `podman build` without the context. */
export function buildahArguments(
  request: BuildRequest,
  { push, tar_owner: tarOwner }: CaseBuild,
): string[] | undefined {
  const { noCacheFilter, cacheTo, cacheFrom, namedContexts, network } = request;
  const lacking = noCacheFilter ?? cacheTo ?? cacheFrom ?? push ?? tarOwner;
  if (lacking !== undefined) return undefined;
  return [
    '--tls-verify=false',
    ...[...option('-t', request.tags), '-f', request.dockerfile],
    ...commonArguments(request),
    ...(network === 'host' ? ['--network', 'host'] : []),
    ...(request.pull === true ? ['--pull-always'] : []),
    ...contextOptions('--build-context', namedContexts),
  ];
}

/** Arguments of `buildctl build`. */
export function buildctlArguments(request: BuildRequest, { push }: CaseBuild): string[] {
  const { context, dockerfile, target, network, noCacheFilter, addHosts = [], labels = [] } = request;
  const { shmSizeBytes, ulimits, platform, namedContexts = new Map<string, string>() } = request;
  const isHost = network === 'host';
  const opts = [
    `filename=${path.basename(dockerfile)}`,
    ...[...request.buildArgs].map(([key, value]) => `build-arg:${key}=${value}`),
    ...labels.map((label) => `label:${label}`),
    ...(target === undefined ? [] : [`target=${target}`]),
    ...(noCacheFilter === undefined ? [] : [`no-cache=${noCacheFilter.join(',')}`]),
    ...(request.pull === true ? ['image-resolve-mode=pull'] : []),
    ...(addHosts.length === 0
      ? []
      : [`add-hosts=${addHosts.map((host) => host.replace(':', '=')).join(',')}`]),
    ...(platform === undefined ? [] : [`platform=${platform.os}/${platform.architecture}`]),
    ...(shmSizeBytes === undefined ? [] : [`shm-size=${shmSizeBytes}`]),
    ...(ulimits ?? []).map((limit) => `ulimit=${limit}`),
    ...(network === undefined ? [] : [`force-network-mode=${network}`]),
    ...[...namedContexts.keys()].map((name) => `context:${name}=local:${name}`),
  ];
  const locals = [['context', context], ['dockerfile', path.dirname(dockerfile)], ...namedContexts];
  return [
    ...['--frontend=dockerfile.v0', '--progress=rawjson'],
    ...locals.flatMap(([name, directory]) => ['--local', `${name}=${directory}`]),
    ...option('--opt', opts),
    ...(request.noCache === true ? ['--no-cache'] : []),
    ...(isHost ? ['--allow', 'network.host'] : []),
    ...option('--secret', request.secrets),
    ...option('--export-cache', request.cacheTo),
    ...option(
      '--import-cache',
      request.cacheFrom?.map((reference) => `type=registry,ref=${reference}`),
    ),
    ...(push === undefined ? [] : ['--output', `type=image,push=true,name=${push}`]),
  ];
}

/** What docker and buildah say alike. */
function commonArguments(request: BuildRequest): readonly string[] {
  const { target, platform, shmSizeBytes } = request;
  return [
    ...option(
      '--build-arg',
      [...request.buildArgs].map(([key, value]) => `${key}=${value}`),
    ),
    ...(target === undefined ? [] : ['--target', target]),
    ...(request.noCache === true ? ['--no-cache'] : []),
    ...option('--add-host', request.addHosts),
    ...option('--label', request.labels),
    ...(platform === undefined ? [] : ['--platform', `${platform.os}/${platform.architecture}`]),
    ...(shmSizeBytes === undefined ? [] : ['--shm-size', String(shmSizeBytes)]),
    ...option('--ulimit', request.ulimits),
    ...option('--secret', request.secrets),
  ];
}

function contextOptions(flag: string, contexts: ReadonlyMap<string, string> = new Map()): readonly string[] {
  return option(
    flag,
    [...contexts].map(([name, place]) => `${name}=${place}`),
  );
}

function option(flag: string, values: readonly string[] = []): readonly string[] {
  return values.flatMap((value) => [flag, value]);
}

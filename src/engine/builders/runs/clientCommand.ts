import { dirname } from 'node:path';
import { formatPlatform } from '../../oci/platform.ts';
import type { BuilderIdentity } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';

/** What is asked for besides what the request says. */
export interface ClientOptions {
  /** Where the client writes the image's ID. */
  readonly idFile: string;
  /** The socket of a BuildKit that stands alone, for buildctl. */
  readonly address?: string;
  /** No image is to be left behind, where the builder can do without. */
  readonly makesNoImage?: boolean | undefined;
}

/** The arguments with which a client's program builds. Values stand behind `=` or `--`, so that none is taken for an option. */
export function clientArguments(
  identity: BuilderIdentity,
  request: BuildRequest,
  options: ClientOptions,
): readonly string[] {
  if (identity.client === 'buildctl') return buildctlArguments(request, options);
  const { kind, client } = identity;
  return [
    'build',
    ...(client === 'buildx' ? ['--progress=rawjson'] : []),
    ...(client === 'docker-cli' && kind === 'buildkit' ? ['--progress=plain'] : []),
    // What it was working in stays otherwise, when a step fails or is stopped.
    ...(client === 'buildah' ? ['--layers', '--force-rm'] : []),
    ...requestFlags(identity, request),
    ...outputOf(identity, options),
    '--',
    request.context,
  ];
}

function outputOf(identity: BuilderIdentity, { idFile, makesNoImage }: ClientOptions): readonly string[] {
  if (makesNoImage === true && identity.kind === 'buildkit') return ['--output=type=cacheonly'];
  return hasIdFile(identity) ? [`--iidfile=${idFile}`] : [];
}

/** Buildah tells the images of its steps only when it is not to write the last one's ID: that is the last line it prints. */
export function hasIdFile({ client }: BuilderIdentity): boolean {
  return client !== 'buildah';
}

/** What the request says, as flags of `docker build`. Podman and buildah have the same. */
export function requestFlags({ kind, client }: BuilderIdentity, request: BuildRequest): readonly string[] {
  const isBuildkit = kind === 'buildkit';
  const each = (flag: string, values: Iterable<string> | undefined): readonly string[] =>
    [...(values ?? [])].map((value) => `--${flag}=${value}`);
  const one = (flag: string, value: string | number | undefined): readonly string[] =>
    value === undefined ? [] : [`--${flag}=${value}`];
  return [
    `--file=${request.dockerfile}`,
    ...each('tag', request.tags),
    ...one('target', request.target),
    ...each(
      'build-arg',
      [...request.buildArgs].map(([name, value]) => `${name}=${value}`),
    ),
    ...one('platform', request.platform && formatPlatform(request.platform)),
    ...(request.noCache === true ? ['--no-cache'] : []),
    ...(client === 'buildx' ? each('no-cache-filter', request.noCacheFilter) : []),
    ...(request.pull === true ? ['--pull'] : []),
    ...one('network', request.network),
    ...each('add-host', request.addHosts),
    ...each('label', request.labels),
    ...one('shm-size', request.shmSizeBytes),
    ...each('ulimit', request.ulimits),
    ...one('cgroup-parent', request.cgroupParent),
    ...(kind === 'classic' ? [] : each('secret', request.secrets)),
    ...(kind === 'classic' ? [] : each('ssh', request.ssh)),
    ...(client === 'docker-cli'
      ? []
      : each(
          'build-context',
          [...(request.namedContexts ?? [])].map(([name, value]) => `${name}=${value}`),
        )),
    ...each('cache-from', request.cacheFrom),
    ...(isBuildkit && client === 'buildx' ? each('cache-to', request.cacheTo) : []),
  ];
}

/** The frontend's own names of the same; without a tag nothing is kept but the cache. */
function buildctlArguments(request: BuildRequest, { idFile, address }: ClientOptions): readonly string[] {
  const options = new Map<string, string | undefined>([
    ['filename', request.dockerfile.slice(dirname(request.dockerfile).length).replace(/^[\\/]/, '')],
    ['target', request.target],
    ['platform', request.platform && formatPlatform(request.platform)],
    ['no-cache', noCacheOption(request)],
    ['image-resolve-mode', request.pull === true ? 'pull' : undefined],
    ['force-network-mode', request.network === 'default' ? undefined : request.network],
    ['add-hosts', listOption(request.addHosts?.map((host) => host.replace(':', '=')))],
    ['shm-size', request.shmSizeBytes?.toString()],
    ['ulimit', listOption(request.ulimits)],
    ['cgroup-parent', request.cgroupParent],
  ]);
  const named = [...(request.namedContexts ?? [])];
  return [
    ...(address === undefined ? [] : [`--addr=${address}`]),
    ...['build', '--progress=rawjson', '--frontend=dockerfile.v0'],
    `--local=context=${request.context}`,
    `--local=dockerfile=${dirname(request.dockerfile)}`,
    ...[...options].flatMap(([name, value]) => (value === undefined ? [] : [`--opt=${name}=${value}`])),
    ...[...request.buildArgs].map(([name, value]) => `--opt=build-arg:${name}=${value}`),
    ...(request.labels ?? []).map((label) => `--opt=label:${label}`),
    ...named.flatMap(([name, value]) => [
      `--local=context:${name}=${value}`,
      `--opt=context:${name}=local:context:${name}`,
    ]),
    ...(request.secrets ?? []).map((secret) => `--secret=${secret}`),
    ...(request.ssh ?? []).map((agent) => `--ssh=${agent}`),
    ...(request.cacheFrom ?? []).map((from) => `--import-cache=${from}`),
    ...(request.cacheTo ?? []).map((to) => `--export-cache=${to}`),
    ...(request.tags[0] === undefined ? [] : [`--output=type=image,name=${request.tags.join(',')}`]),
    `--metadata-file=${idFile}`,
  ];
}

function listOption(values: readonly string[] | undefined): string | undefined {
  return values === undefined || values.length === 0 ? undefined : values.join(',');
}

/** Of the frontend: empty for everything, else the stages. */
function noCacheOption({ noCache, noCacheFilter = [] }: BuildRequest): string | undefined {
  if (noCache === true) return '';
  return noCacheFilter.length > 0 ? noCacheFilter.join(',') : undefined;
}

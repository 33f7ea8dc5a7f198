import type { BuildRequest } from '../buildRequest.ts';
import type { BuildPlan } from '../plan/buildPlan.ts';
import type { KeyFormat } from '../operationKey/keyFormat.ts';
import type { RunMount, RunOperation } from '../operationKey/runKey.ts';

/** What the options of a build command put into the keys of its steps (build-cache.md §1.3, RUN). */
export interface BuildOptions {
  readonly network: 'default' | 'host' | 'none';
  /** The same in every RUN. */
  readonly run: Pick<RunOperation, 'extraHosts' | 'hostname' | 'ulimits' | 'cgroupParent'>;
  /** Mounted in every RUN: shared memory of another size. */
  readonly mounts: readonly RunMount[];
  /** What IDs of cache mounts begin with. */
  readonly cacheNamespace: string;
  /** Seconds, of SOURCE_DATE_EPOCH. */
  readonly epoch?: bigint;
  /** @param stage its name, empty when it has none. */
  readonly ignoresCache: (stage: string) => boolean;
}

export function buildOptions(
  request: BuildRequest,
  plan: Pick<BuildPlan, 'epoch'>,
  format: KeyFormat,
): BuildOptions {
  const hosts = (request.addHosts ?? []).map((host) => host.split(/[:=]/)[0] ?? '');
  const hostname = format.hasLimits ? request.buildArgs.get('BUILDKIT_SANDBOX_HOSTNAME') : undefined;
  const { shmSizeBytes = 0, ulimits = [], cgroupParent = '' } = format.hasLimits ? request : {};
  const said = request.buildArgs.get('SOURCE_DATE_EPOCH');
  const epoch = epochOf(said ?? (format.datesByDefault ? plan.epoch : undefined));
  return {
    network: request.network === 'host' || request.network === 'none' ? request.network : 'default',
    run: {
      ...(hosts.length > 0 && { extraHosts: hosts }),
      ...(hostname !== undefined && hostname !== '' && { hostname }),
      ...(ulimits.length > 0 && { ulimits: ulimits.map(toUlimit) }),
      ...(cgroupParent !== '' && { cgroupParent }),
    },
    mounts: shmSizeBytes > 0 ? [{ type: 'tmpfs', to: '/dev/shm', sizeBytes: shmSizeBytes }] : [],
    cacheNamespace: request.buildArgs.get('BUILDKIT_CACHE_MOUNT_NS') ?? '',
    ...(epoch !== undefined && { epoch }),
    ignoresCache: (stage) => isIgnored(stage, request),
  };
}

/** `NAME=SOFT[:HARD]` */
function toUlimit(text: string): NonNullable<RunOperation['ulimits']>[number] {
  const [, name = '', soft = '', hard = soft] = /^([^=]*)=(-?[0-9]+)(?::(-?[0-9]+))?$/.exec(text) ?? [];
  return { name, soft: Number(soft), hard: Number(hard) };
}

function epochOf(text = ''): bigint | undefined {
  return /^-?[0-9]{1,18}$/.test(text) ? BigInt(text) : undefined;
}

/** A filter of no names means every stage. */
function isIgnored(stage: string, { noCache, noCacheFilter }: BuildRequest): boolean {
  if (noCache === true) return true;
  if (noCacheFilter === undefined) return false;
  const names = noCacheFilter.filter((name) => name !== '');
  return names.length === 0 || names.some((name) => name.toLowerCase() === stage.toLowerCase());
}

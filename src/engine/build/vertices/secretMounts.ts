import type { RunMount, SecretVariable } from '../operationKey/runKey.ts';
import type { PlannedMount } from '../plan/buildPlan.ts';

/** The file of a secret; undefined when it is only a variable, and of other mounts. */
export function secretMount(mount: PlannedMount): RunMount | undefined {
  const { type, env, target, uid, gid, isRequired } = mount;
  if (type !== 'secret' || (env !== undefined && target === '')) return undefined;
  const id = secretId(mount);
  const isOwned = uid !== undefined || gid !== undefined || mount.mode !== undefined;
  return {
    type: 'secret',
    to: target === '' ? `/run/secrets/${lastPart(id)}` : target,
    id,
    mode: mount.mode ?? 0o400,
    ...(isOwned && { uid: uid ?? 0, gid: gid ?? 0 }),
    isOptional: !isRequired,
  };
}

export function secretVariable(mount: PlannedMount): SecretVariable | undefined {
  const { type, env, isRequired } = mount;
  if (type !== 'secret' || env === undefined) return undefined;
  const id = secretId(mount);
  return { id, name: env === '' ? id : env, isOptional: !isRequired };
}

/** @param count how many agents stand before it. */
export function agentMount(
  { target, id, uid, gid, mode, isRequired }: PlannedMount,
  count: number,
): RunMount {
  return {
    type: 'ssh',
    to: target === '' ? `/run/buildkit/ssh_agent.${count}` : target,
    ...(id !== '' && { id }),
    mode: mode ?? 0o600,
    uid: uid ?? 0,
    gid: gid ?? 0,
    isOptional: !isRequired,
  };
}

function secretId({ source, id, target }: PlannedMount): string {
  return source || id || lastPart(target);
}

function lastPart(path: string): string {
  return path.split('/').findLast((part) => part !== '') ?? '/';
}

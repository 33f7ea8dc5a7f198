import type { RunDevice } from '../dockerfile/devices.ts';
import type { Platform } from '../../oci/platform.ts';
import { type Sha256, sha256 } from '../sha256.ts';
import { goJson, type GoValue } from './goJson.ts';
import type { KeyFormat } from './keyFormat.ts';

/** What RUN executes, as far as it counts (build-cache.md §1.1 and §1.3). */
export interface RunOperation {
  readonly args: readonly string[];
  /** `NAME=value`, in order of first definition. */
  readonly env: readonly string[];
  readonly cwd: string;
  /** As USER says; undefined when nothing does. */
  readonly user?: string;
  /** The names that `--add-host` gives, not their addresses. */
  readonly extraHosts?: readonly string[];
  readonly hostname?: string;
  readonly ulimits?: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly cgroupParent?: string;
  /** In order: what is mounted sorted by target, then secrets, then agents. */
  readonly mounts?: readonly RunMount[];
  /** Right after `FROM scratch`. */
  readonly isOnNothing?: boolean;
  readonly network?: 'default' | 'host' | 'none';
  readonly isInsecure?: boolean;
  /** What `--device` names, in order. */
  readonly devices?: readonly RunDevice[];
  /** Secrets that are given by the environment. */
  readonly secretEnv?: readonly SecretVariable[];
  readonly platform: Platform;
}

export interface SecretVariable {
  readonly id: string;
  readonly name: string;
  readonly isOptional: boolean;
}

export type RunMount =
  | { readonly type: 'bind'; readonly input: number; readonly to: string; readonly isWritable: boolean }
  | {
      readonly type: 'cache';
      readonly to: string;
      /** The ID that it has without being given one, or another. */
      readonly id: string;
      readonly isUsualId: boolean;
      readonly sharing: 'shared' | 'private' | 'locked';
      /** Of the directory that it begins with; −1 without one. */
      readonly input: number;
    }
  | { readonly type: 'tmpfs'; readonly to: string; readonly sizeBytes?: number }
  | SecretMount;

interface SecretMount {
  readonly type: 'secret' | 'ssh';
  readonly to: string;
  /** Of an ssh mount undefined for the usual one. */
  readonly id?: string;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly isOptional: boolean;
}

/** The digest of RUN, without what it runs on. */
export function runDigest(run: RunOperation, format: KeyFormat): Sha256 {
  return sha256(runText(run, format));
}

/** What is hashed of RUN. */
export function runText(run: RunOperation, format: KeyFormat): string {
  const { os, architecture, variant } = run.platform;
  const mounts = run.mounts ?? [];
  return goJson({
    Type: 'buildkit.exec.v0',
    Exec: {
      meta: metaJson(run, format),
      mounts:
        mounts.length === 0
          ? undefined
          : [rootJson(run, format), ...mounts.map((mount) => mountJson(mount, format))],
      network: { default: undefined, host: 1, none: 2 }[run.network ?? 'default'],
      security: run.isInsecure === true ? 1 : undefined,
      secretenv: run.secretEnv?.map(({ id, name, isOptional }) => ({
        ID: id,
        name,
        optional: isOptional || undefined,
      })),
      cdiDevices: devicesJson(run.devices ?? []),
    },
    OS: os,
    Arch: architecture,
    Variant: variant,
  });
}

function devicesJson(devices: readonly RunDevice[]): GoValue {
  if (devices.length === 0) return undefined;
  return devices.map(({ name, isRequired }) => ({
    name: name || undefined,
    optional: !isRequired || undefined,
  }));
}

function metaJson(run: RunOperation, { removesMountStubs }: KeyFormat): GoValue {
  const { args, env, cwd, user, extraHosts, hostname, ulimits, cgroupParent } = run;
  return {
    args,
    env,
    cwd,
    user: user === '' ? undefined : user,
    extraHosts: extraHosts?.map((name) => ({ Host: name })),
    hostname,
    ulimit: ulimits?.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    cgroupParent,
    removeMountStubsRecursive: removesMountStubs || undefined,
  };
}

function rootJson({ isOnNothing }: RunOperation, format: KeyFormat): GoValue {
  return { ...ends(isOnNothing === true ? -1 : 0, '/', 0, format) };
}

function mountJson(mount: RunMount, format: KeyFormat): GoValue {
  switch (mount.type) {
    case 'bind':
      return { ...ends(mount.input, mount.to, -1, format), readonly: !mount.isWritable || undefined };
    case 'cache':
      return { ...ends(mount.input, mount.to, -1, format), mountType: 3, cacheOpt: cacheJson(mount, format) };
    case 'tmpfs':
      return { ...ends(-1, mount.to, -1, format), mountType: 4, TmpfsOpt: { size: mount.sizeBytes } };
    case 'secret':
      return { ...ends(format.secretInput, mount.to, 0, format), mountType: 1, secretOpt: secretJson(mount) };
    case 'ssh':
      return { ...ends(format.secretInput, mount.to, 0, format), mountType: 2, SSHOpt: secretJson(mount) };
  }
}

function ends(
  input: number,
  dest: string,
  output: number,
  { writesZeroInputs }: KeyFormat,
): Readonly<Record<string, GoValue>> {
  const written = (value: number): number | undefined =>
    value === 0 && !writesZeroInputs ? undefined : value;
  return { input: written(input), dest, output: written(output) };
}

function cacheJson(
  { id, isUsualId, sharing }: Extract<RunMount, { readonly type: 'cache' }>,
  { cacheMountId }: KeyFormat,
): GoValue {
  const isUsual = isUsualId && sharing === 'shared';
  if (cacheMountId === 'usual-only' && !isUsual) return {};
  return { ID: id, sharing: { shared: undefined, private: 1, locked: 2 }[sharing] };
}

function secretJson({ id, uid, gid, mode, isOptional }: SecretMount): GoValue {
  return {
    ID: id,
    uid: uid === 0 ? undefined : uid,
    gid: gid === 0 ? undefined : gid,
    mode,
    optional: isOptional || undefined,
  };
}

import { type Sha256, sha256 } from '../sha256.ts';
import { goJson, type GoValue } from './goJson.ts';
import type { KeyFormat } from './keyFormat.ts';

/** The owner that `--chown` gives: IDs, or names that are looked up in the image. */
export interface FileOwner {
  readonly user: number | string;
  /** Undefined when it is not said. */
  readonly group?: number | string;
}

/** One source of COPY or ADD (build-cache.md §1.1). */
export interface CopyAction {
  /** The last part of the path as it is written; `/` for the whole input and of `--parents`. */
  readonly from: string;
  /** The file system that it is copied from: 1 where there is one to copy onto, 0 where not. */
  readonly input: number;
  /** Absolute and expanded, with its `/` at the end when one is written. */
  readonly to: string;
  readonly owner?: FileOwner;
  /** Permission bits, or a change of them such as `u+x`. */
  readonly mode?: number | string;
  /** An archive is unpacked: ADD. */
  readonly isUnpacked?: boolean;
  /** From a file system, and not a heredoc, a URL or a repository. */
  readonly isOfTree: boolean;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly required?: readonly string[];
}

/** The digest of `copyText`. */
export function copyDigest(...of: Parameters<typeof copyText>): Sha256 {
  return sha256(copyText(...of));
}

/**
 * What is hashed of COPY, ADD, or their part of `--link`.
 *
 * @param inputs how many file systems take part, what is copied onto first; one less where that is nothing.
 * @param isOnNothing as with `--link`, and right after `FROM scratch`.
 */
export function copyText(
  actions: readonly CopyAction[],
  format: KeyFormat,
  inputs = 2,
  isOnNothing = false,
): string {
  const chain = actions.map(({ input }, at) => [
    at > 0 ? inputs + at - 1 : isOnNothing ? -1 : 0,
    input,
    at === actions.length - 1 ? 0 : -1,
  ]);
  const texts = actions.map((action) => copyJson(action, format));
  return fileText(texts, isUsualChain(chain) ? undefined : chain);
}

/** Which input each action works on is left out of the key where BuildKit takes it for the usual case. */
function isUsualChain(chain: readonly (readonly number[])[]): boolean {
  return chain.every(
    ([onto, from = -1, output], at) =>
      // With more than two sources this is not what a chain is; such keys do have it.
      onto === (at === 0 ? 0 : chain.length + at - 1) &&
      (from === -1 || from === 1) &&
      output === (at === chain.length - 1 ? 0 : -1),
  );
}

function copyJson(action: CopyAction, format: KeyFormat): GoValue {
  const { from, to, owner, mode, isUnpacked, isOfTree, include, exclude, required } = action;
  const ofTree = isOfTree || undefined;
  return {
    src: from,
    dest: to,
    owner: owner && ownerJson(owner, format),
    // A mode of 0 is none to Go.
    mode: typeof mode === 'string' ? undefined : mode === 0 ? undefined : (mode ?? -1),
    followSymlink: ofTree,
    dirCopyContents: ofTree,
    attemptUnpackDockerCompatibility: isUnpacked === true || undefined,
    createDestPath: true,
    allowWildcard: ofTree,
    allowEmptyWildcard: ofTree,
    timestamp: -1,
    include_patterns: unlessEmpty(include),
    exclude_patterns: unlessEmpty(exclude),
    modeStr: typeof mode === 'string' ? mode : undefined,
    required_paths: unlessEmpty(required),
  };
}

/** The digest of `mergeText`. */
export function mergeDigest(...of: Parameters<typeof mergeText>): Sha256 {
  return sha256(mergeText(...of));
}

/** The second operation of `COPY --link`, which puts copies onto what is below. */
export function mergeText(inputs: number, format: KeyFormat): string {
  const list = Array.from({ length: inputs }, (_, input) => inputJson(input, format));
  return goJson({ Type: 'buildkit.merge.v0', Merge: { inputs: list } });
}

function inputJson(input: number, { writesZeroInputs }: KeyFormat): GoValue {
  return { input: input === 0 && !writesZeroInputs ? undefined : input };
}

/** The digest of `workdirText`. */
export function workdirDigest(...of: Parameters<typeof workdirText>): Sha256 {
  return sha256(workdirText(...of));
}

/**
 * WORKDIR.
 *
 * @param owner whoever USER names.
 * @param epoch the build's SOURCE_DATE_EPOCH, in seconds.
 * @param isOnNothing right after `FROM scratch`.
 */
export function workdirText(
  path: string,
  format: KeyFormat,
  owner?: FileOwner,
  epoch?: bigint,
  isOnNothing = false,
): string {
  const isDated = epoch !== undefined && format.datesWorkdir;
  const start = { path, mode: 0o755, makeParents: true, owner: owner && ownerJson(owner, format) };
  // Nanoseconds do not fit into a JavaScript number.
  const time = `"timestamp":${isDated ? String(epoch * 1_000_000_000n) : '-1'}`;
  const indexes = isOnNothing ? onNothing : undefined;
  return packedText([`${goJson(start).slice(0, -1)},${time}}`], indexes);
}

const onNothing = [[-1, -1, 0]];

/** The digest of `cacheFolderText`. */
export function cacheFolderDigest(...of: Parameters<typeof cacheFolderText>): Sha256 {
  return sha256(cacheFolderText(...of));
}

/** The directory that a cache mount with an owner or mode of its own begins with. */
export function cacheFolderText(mode: number, owner: FileOwner, format: KeyFormat): string {
  const action = { path: '/cache', mode, owner: ownerJson(owner, format), timestamp: -1 };
  return fileText([action], onNothing);
}

/** The digest of `heredocText`. */
export function heredocDigest(...of: Parameters<typeof heredocText>): Sha256 {
  return sha256(heredocText(...of));
}

/** The file that a heredoc becomes. @param mode 0644, or 0755 of a script that RUN starts. */
export function heredocText(name: string, bytes: Uint8Array, mode: number): string {
  const data = Buffer.from(bytes).toString('base64');
  return fileText([{ path: `/${name}`, mode, data: data || undefined, timestamp: -1 }], onNothing);
}

function fileText(actions: readonly GoValue[], indexes?: readonly (readonly number[])[]): string {
  return packedText(actions.map(goJson), indexes);
}

function packedText(texts: readonly string[], indexes?: readonly (readonly number[])[]): string {
  const packed = texts.map((text) => Buffer.from(text).toString('base64'));
  return goJson({ Type: 'buildkit.file.v0', Actions: packed, indexes });
}

function ownerJson({ user, group }: FileOwner, format: KeyFormat): GoValue {
  return { user: idJson(user, format), group: group === undefined ? undefined : idJson(group, format) };
}

function idJson(id: number | string, { ownerId }: KeyFormat): GoValue {
  if (typeof id === 'string')
    return { User: { byName: { name: id, input: ownerId === 'byId' ? undefined : 0 } } };
  // 0.17 alone writes it.
  return { User: ownerId !== 'ByID' && id === 0 ? {} : { [ownerId]: id } };
}

function unlessEmpty(list: readonly string[] | undefined): readonly string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}

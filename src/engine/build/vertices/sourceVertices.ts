import { rootPath } from '../../base/layerPath.ts';
import type { KeyedOperation } from '../cache/vertex.ts';
import { contentDigest } from '../contentKey/contentKey.ts';
import { heredocText } from '../operationKey/fileKey.ts';
import { goJson } from '../operationKey/goJson.ts';
import type { KeyFormat } from '../operationKey/keyFormat.ts';
import type { CopySource } from '../plan/buildPlan.ts';
import { type Sha256, sha256 } from '../sha256.ts';
import { sourceOf } from './inputList.ts';
import { madeFile } from './madeContent.ts';
import { keyed, type VertexList } from './vertexList.ts';

/** A file that an instruction brings with it: the vertex that makes it, and the digest of its content. */
export interface MadeFile {
  readonly vertex: number;
  readonly digest: Sha256;
}

/** @param isWhole RUN mounts the directory of its script, COPY reads the file. */
export function heredocVertex(
  list: VertexList,
  stage: number,
  file: { readonly name: string; readonly content: string },
  isWhole: boolean,
  format: KeyFormat,
): MadeFile {
  const bytes = Buffer.from(file.content);
  const mode = isWhole ? 0o755 : 0o644;
  const vertex = list.add({ kind: 'file', stage, operation: keyed(heredocText(file.name, bytes, mode)) });
  const source = isWhole ? { path: rootPath } : sourceOf(`/${file.name}`, {}, false);
  return { vertex, digest: contentDigest(madeFile(file.name, bytes, mode), [source], format) };
}

type RemoteSource = Extract<CopySource, { readonly kind: 'url' | 'git' }>;

/** What is fetched. Its key is known without asking where the instruction says what it has to be. */
export function remoteVertex(
  list: VertexList,
  stage: number,
  source: RemoteSource,
  checksum: string,
): number {
  const operation =
    source.kind === 'url' ? urlOperation(source.fileName, checksum) : gitOperation(source, checksum);
  const name = `${JSON.stringify(source)} ${checksum}`;
  return list.shared(name, () => ({ kind: source.kind, stage, ...(operation && { operation }) }));
}

/** What is fetched as a file that has to have a checksum; undefined where that is none. */
export function urlOperation(fileName: string, checksum: string): KeyedOperation | undefined {
  if (!/^sha256:[0-9a-f]{64}$/.test(checksum)) return undefined;
  const named = goJson({ Filename: fileName, Perm: 0, UID: 0, GID: 0, Checksum: checksum });
  return sourceOperation(sha256(named), named);
}

/** A full commit names what is in it. */
function gitOperation(
  { reference, keepsGitDirectory }: Extract<RemoteSource, { readonly kind: 'git' }>,
  checksum: string,
): KeyedOperation | undefined {
  const [, ref = '', folder = ''] = /#([^:]*)(?::(.*))?$/.exec(reference) ?? [];
  const commit = /^[0-9a-f]{40}$/.test(ref) ? ref : /^[0-9a-f]{40}$/.test(checksum) ? checksum : undefined;
  if (commit === undefined || reference.includes('?')) return undefined;
  const kept = keepsGitDirectory ? `.git${ref === '' ? '' : `#${ref}`}` : '';
  const named = `${commit}${kept}${folder === '' ? '' : `:${folder}`}`;
  return sourceOperation(named, named);
}

function sourceOperation(key: string, plaintext: string): KeyedOperation {
  return { digest: sha256(`buildkit.source.v0:${key}`), plaintext };
}

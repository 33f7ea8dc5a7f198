import { createHash } from 'node:crypto';
import { type ByteName, fromText, rootPath } from '../../base/layerPath.ts';
import { contentDigest, type ContentRules } from '../contentKey/contentKey.ts';
import { type ContentDirectory, headerBytes, headerDigest } from '../contentKey/contentTree.ts';
import type { Sha256 } from '../sha256.ts';

const rootOwned = { uid: 0, gid: 0, size: 0 };

/** The content that an instruction brings with it: a file alone in a directory. */
export function madeFile(name: string, bytes: Uint8Array, mode: number): ContentDirectory {
  const header = headerBytes({ ...rootOwned, type: 'file', mode, size: bytes.length });
  const own: Sha256 = `sha256:${createHash('sha256').update(header, 'latin1').update(bytes).digest('hex')}`;
  return directory(0o755, { user: 0, group: 0 }, new Map([[fromText(name), { kind: 'file', own }]]));
}

/** The directory that a cache mount begins with. */
export function madeFolder(mode: number, owner: { readonly user: number; readonly group: number }): Sha256 {
  const rules: ContentRules = { matchStyle: '0.26', hasAllBelowRoot: true };
  return contentDigest(directory(mode, owner, new Map()), [{ path: rootPath }], rules);
}

function directory(
  mode: number,
  { user, group }: { readonly user: number; readonly group: number },
  children: ReadonlyMap<ByteName, ContentDirectory | { readonly kind: 'file'; readonly own: Sha256 }>,
): ContentDirectory {
  const own = headerDigest({ type: 'directory', mode, uid: user, gid: group, size: 0 });
  return { kind: 'directory', own, children };
}

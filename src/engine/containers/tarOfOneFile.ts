import { paddingAfter, tarEnd } from '../archive/tarHeader.ts';
import type { ByteName } from '../base/layerPath.ts';
import { tarHeader } from '../snapshots/layerTarHeader.ts';
import type { ContainerFile } from './containerFiles.ts';
import { givenAtOnce, type HeldBytes } from './heldBytes.ts';

/** What a file written anew keeps of the one before. */
export type KeptAttributes = Pick<ContainerFile, 'mode' | 'uid' | 'gid' | 'xattrs'>;

/** A tar that holds one file. */
export async function* tarOfFile(
  name: ByteName,
  content: HeldBytes,
  kept: KeptAttributes,
): AsyncGenerator<Uint8Array> {
  const { mode, uid, gid, xattrs } = kept;
  const head = { name, type: 'file', mode, uid, gid, size: content.size, mtime: nowSeconds() } as const;
  yield tarHeader({ ...head, ...(xattrs && { xattrs }) });
  yield* content.read();
  yield paddingAfter(content.size);
  yield tarEnd;
}

/** A tar that holds one empty folder, root's. */
export function tarOfFolder(name: ByteName): AsyncIterable<Uint8Array> {
  const head = { name: `${name}/`, type: 'dir', mode: 0o755, uid: 0, gid: 0, size: 0 } as const;
  return givenAtOnce([tarHeader({ ...head, mtime: nowSeconds() }), tarEnd]);
}

function nowSeconds(): string {
  return String(Math.floor(Date.now() / 1000));
}

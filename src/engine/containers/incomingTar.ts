import { paddingAfter, tarEnd } from '../archive/tarHeader.ts';
import { EngineError } from '../base/errors.ts';
import { toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import { tarHeader } from '../snapshots/layerTarHeader.ts';
import type { IncomingFile } from './incomingFile.ts';

/**
 * Files of this machine as a tar that an engine takes, piece by piece.
 *
 * @param owner whose they are in it: root's, as with `docker cp`, or those they come with.
 * @throws EngineError `size-mismatch` when a file changes while it is read, `cancelled`; then the tar has no end.
 */
export async function* incomingTar(
  files: AsyncIterable<IncomingFile>,
  owner: 'root' | 'kept',
  options: CallOptions = {},
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const file of files) {
    yield tarHeader(headOf(file, owner));
    for await (const bytes of contentOf(file, options)) {
      yield bytes;
      done += bytes.length;
      options.onProgress?.({ subject: toText(file.name), done });
    }
    if (hasContent(file)) yield paddingAfter(file.size);
  }
  yield tarEnd;
}

function hasContent({ type, hardlinkTo }: IncomingFile): boolean {
  return type === 'file' && hardlinkTo === undefined;
}

function headOf(file: IncomingFile, owner: 'root' | 'kept'): Parameters<typeof tarHeader>[0] {
  const { type, name, mode, uid, gid, mtime, device, xattrs, linkTarget, hardlinkTo, size } = file;
  const same = {
    name: type === 'dir' ? `${name}/` : name,
    mode,
    uid: owner === 'root' ? 0 : uid,
    gid: owner === 'root' ? 0 : gid,
    ...(mtime !== undefined && { mtime }),
    ...(device !== undefined && { device }),
    ...(xattrs !== undefined && { xattrs }),
  };
  if (hardlinkTo !== undefined) return { ...same, type: 'hardlink', size: 0, linkName: hardlinkTo };
  if (type === 'file') return { ...same, type, size };
  return { ...same, type, size: 0, ...(linkTarget !== undefined && { linkName: linkTarget }) };
}

async function* contentOf(file: IncomingFile, { signal }: CallOptions): AsyncGenerator<Uint8Array> {
  if (!hasContent(file)) return;
  const { name, size, content = nothing() } = file;
  let done = 0;
  for await (const bytes of content) {
    if (signal?.aborted === true) throw new EngineError('cancelled', toText(name), 'cancelled');
    done += bytes.length;
    if (done <= size) yield bytes;
  }
  if (done !== size)
    throw new EngineError('size-mismatch', toText(name), `it has ${done} bytes, and ${size} were expected`);
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A file without content is an empty one.
}

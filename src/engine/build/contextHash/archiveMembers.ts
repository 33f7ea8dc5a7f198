import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { decompress } from '../../archive/decompress.ts';
import { requireReadable, sniffCompression, sniffLength } from '../../archive/compression.ts';
import { readTarEntries, type StreamedEntry } from '../../archive/readTarEntries.ts';
import { isEngineError } from '../../base/errors.ts';
import type { ArchiveMember } from '../cache/contextView.ts';
import type { OnBlock } from './hashFile.ts';

/** Of larger archives nothing is told. */
const mostBytes = 512 * 1024 * 1024;
const mostMembers = 100_000;

/** The files with bytes of their own in an archive on disk; undefined where it is none, or not read here. */
export async function archiveMembers(
  file: Buffer,
  onBlock: OnBlock,
): Promise<readonly ArchiveMember[] | undefined> {
  const members = new Map<string, ArchiveMember>();
  try {
    for await (const entry of entriesOf(file)) {
      const path = pathOf(entry.header.name);
      // Names that delete, or lead elsewhere, are not worked out here.
      if (path === undefined || members.size >= mostMembers) return undefined;
      if (isFile(entry)) members.set(path, await memberOf(path, entry, onBlock));
      else if (!isDirectory(entry)) dropAt(members, path);
    }
  } catch (error) {
    if (isEngineError(error, 'cancelled')) throw error;
    return undefined;
  }
  return [...members.values()];
}

async function* entriesOf(file: Buffer): AsyncGenerator<StreamedEntry> {
  const subject = file.toString();
  const compression = requireReadable(sniffCompression(await headOf(file)), subject);
  const limits = { maxBytes: mostBytes, freeBytes: mostBytes, maxRatio: 0 };
  yield* readTarEntries(decompress(createReadStream(file), compression, { subject, limits }), subject);
}

async function headOf(file: Buffer): Promise<Uint8Array> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(sniffLength), 0, sniffLength, 0);
  return buffer.subarray(0, bytesRead);
}

async function memberOf(
  path: string,
  { header, content }: StreamedEntry,
  onBlock: OnBlock,
): Promise<ArchiveMember> {
  const { size, mtimeSeconds } = header;
  const hash = createHash('sha256');
  for await (const bytes of content) {
    hash.update(bytes);
    await onBlock(bytes.length);
  }
  return { path, size, mtimeSeconds, sha256: hash.digest('hex') };
}

/** Without what leads nowhere. */
function pathOf(name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.some((part) => part === '..' || part.startsWith('.wh.')) ? undefined : parts.join('/');
}

function isFile({ header: { typeflag, sparseMap } }: StreamedEntry): boolean {
  return (typeflag === 0x30 || typeflag === 0x37) && sparseMap === undefined;
}

function isDirectory({ header: { typeflag } }: StreamedEntry): boolean {
  return typeflag === 0x35;
}

/** What a link or a device takes the place of, and what is below it, may be elsewhere. */
function dropAt(members: Map<string, ArchiveMember>, path: string): void {
  for (const each of members.keys()) if (each === path || each.startsWith(`${path}/`)) members.delete(each);
}

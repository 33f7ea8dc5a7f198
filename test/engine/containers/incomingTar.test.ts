import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostFiles } from '../../../src/engine/containers/hostFiles.ts';
import type { IncomingFile } from '../../../src/engine/containers/incomingFile.ts';
import { incomingTar } from '../../../src/engine/containers/incomingTar.ts';
import { tarFiles } from '../../../src/engine/containers/tarFiles.ts';
import { tempDir } from '../../support/tempDir.ts';

describe('a tar of files of this machine', () => {
  it('is read back as what went in, with modes, as root', async () => {
    const temp = tempDir();
    mkdirSync(temp.file('site/empty'), { recursive: true });
    writeFileSync(temp.file('site/run.sh'), '#!/bin/sh\n');
    chmodSync(temp.file('site/run.sh'), 0o755);
    linkSync(temp.file('site/run.sh'), temp.file('site/second'));
    symlinkSync('run.sh', temp.file('site/link'));
    const request = { path: temp.file('site'), name: 'site', followsLink: true, onProblem: fail };
    const lines: string[] = [];
    for await (const file of tarFiles(incomingTar(hostFiles(request), 'root'), 'a tar'))
      lines.push(await lineOf(file));
    assert.deepEqual(lines, [
      'dir site 755 0:0',
      'dir site/empty 755 0:0',
      'symlink site/link 777 0:0 → run.sh',
      'file site/run.sh 755 0:0 #!/bin/sh\n',
      'file site/second 755 0:0 = site/run.sh',
    ]);
  });

  it('is not finished when a file holds less or more than was said', async () => {
    for (const size of [1, 3]) {
      const files = one({ content: bytes('ab'), size });
      await assert.rejects(collect(incomingTar(files, 'kept')), { code: 'size-mismatch' });
    }
  });

  it('stops when it is called off', async () => {
    const files = one({ content: bytes('ab'), size: 2 });
    await assert.rejects(collect(incomingTar(files, 'kept', { signal: AbortSignal.abort() })), {
      code: 'cancelled',
    });
  });
});

async function lineOf(file: IncomingFile): Promise<string> {
  const { type, name, mode, uid, gid, linkTarget, hardlinkTo, content } = file;
  const parts = [type, name, mode.toString(8), `${uid}:${gid}`];
  if (linkTarget !== undefined) parts.push(`→ ${linkTarget}`);
  if (hardlinkTo !== undefined) parts.push(`= ${hardlinkTo}`);
  if (content !== undefined && file.size > 0) parts.push((await collect(content)).toString());
  return parts.join(' ');
}

async function* one(file: Pick<IncomingFile, 'content' | 'size'>): AsyncGenerator<IncomingFile> {
  await Promise.resolve();
  yield { name: 'a', type: 'file', mode: 0o644, uid: 1, gid: 1, ...file };
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield Buffer.from(text);
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of chunks) pieces.push(piece);
  return Buffer.concat(pieces);
}

function fail({ code }: { readonly code: string }): never {
  assert.fail(code);
}

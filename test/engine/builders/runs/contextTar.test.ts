import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { readTarEntries } from '../../../../src/engine/archive/readTarEntries.ts';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { rulesOf } from '../../../../src/engine/builders/prepare/buildFiles.ts';
import { contextTar, type ContextTarRequest } from '../../../../src/engine/builders/runs/contextTar.ts';
import { tempDir } from '../../../support/tempDir.ts';

const types = new Map([
  ['0', 'file'],
  ['2', 'symlink'],
  ['5', 'dir'],
]);

async function entriesOf(
  directory: string,
  ignored = '',
  more: Partial<ContextTarRequest> = {},
): Promise<readonly string[]> {
  const rules = rulesOf({ path: '.dockerignore', text: ignored });
  const tar = contextTar({ directory, rules, added: new Map(), hasTypeInMode: false, ...more });
  const entries: string[] = [];
  for await (const { header, content } of readTarEntries(tar, 'the context')) {
    const pieces: Uint8Array[] = [];
    for await (const piece of content) pieces.push(Uint8Array.from(piece));
    const { name, typeflag, mode, uid, gid, linkName } = header;
    const type = types.get(String.fromCharCode(typeflag));
    const text = Buffer.concat(pieces).toString();
    entries.push(
      [name.replace(/\/$/, ''), type, mode.toString(8), uid, gid, text || linkName].join(' ').trim(),
    );
  }
  return entries;
}

describe('A context as a tar', () => {
  const folder = tempDir();
  mkdirSync(folder.file('b', 'c'), { recursive: true, mode: 0o755 });
  mkdirSync(folder.file('e'));
  writeFileSync(folder.file('a'), 'one', { mode: 0o640 });
  writeFileSync(folder.file('b', 'c', 'd'), 'two');
  chmodSync(folder.file('b', 'c', 'd'), 0o4755);
  symlinkSync('../a', folder.file('b', 'link'));

  it('has what is not ignored, in the order of its bytes, and belongs to root', async () => {
    assert.deepEqual(await entriesOf(folder.path), [
      ...['a file 640 0 0 one', 'b dir 755 0 0', 'b/c dir 755 0 0', 'b/c/d file 4755 0 0 two'],
      ...['b/link symlink 777 0 0 ../a', 'e dir 755 0 0'],
    ]);
    assert.deepEqual(await entriesOf(folder.path, 'b\n!b/c/d\ne\n'), [
      ...['a file 640 0 0 one', 'b dir 755 0 0', 'b/c dir 755 0 0', 'b/c/d file 4755 0 0 two'],
    ]);
  });

  it('has files besides that lie elsewhere', async () => {
    const added = new Map([['.dockerfile.x', Buffer.from('FROM scratch')]]);
    assert.deepEqual(await entriesOf(folder.path, '*', { added }), [
      '.dockerfile.x file 644 0 0 FROM scratch',
    ]);
  });

  it('ends when it is not wanted any more, and is none of what is not there', async () => {
    const signal = AbortSignal.abort();
    await assert.rejects(entriesOf(folder.path, '', { signal }), (error) =>
      isEngineError(error, 'cancelled'),
    );
    await assert.rejects(entriesOf(folder.file('x')), (error) => isEngineError(error, 'not-found'));
  });
});

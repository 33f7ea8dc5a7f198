import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { byteName, type LayerPath } from '../../../../src/engine/base/layerPath.ts';
import { contentDigest } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { BuildContext } from '../../../../src/engine/build/contextHash/buildContext.ts';
import type { ContextFilter } from '../../../../src/engine/build/contextHash/contextFilter.ts';
import {
  formatContextRecord,
  parseContextRecord,
} from '../../../../src/engine/build/contextHash/contextRecord.ts';
import { treeDigest } from '../../../../src/engine/build/contentKey/contentTree.ts';
import { contentTree, type ContentLiteral } from '../../../support/contentTree.ts';
import { tempDir } from '../../../support/tempDir.ts';

const all: ContextFilter = { isIgnored: () => false, isSkipped: () => false };
const literal: ContentLiteral = {
  'a.txt': 'hello\n',
  'run.sh': { text: '#!/bin/sh\n', mode: 0o755 },
  'src/one': '1',
  'src/sub/two': '22',
  'src/empty/': '',
  link: '->src/one',
};

describe('A build context on the disk', () => {
  let directory: string;
  beforeEach(() => {
    directory = tempDir().path;
    write(literal);
  });

  it('is hashed as what a client uploads', async () => {
    const context = new BuildContext(directory, all);
    assert.deepEqual(await context.scan(), { files: 5, hashed: 5, hashedBytes: 19 });
    assert.equal(treeDigest(context.root), treeDigest(contentTree(literal)));
    assert.equal(digestOf(context, 'link'), digestOf(contentTree(literal), 'src/one'));
  });

  it('reads only what has changed since', async () => {
    const context = new BuildContext(directory, all);
    await settle();
    await context.scan();
    writeFileSync(path.join(directory, 'src/one'), 'one');
    assert.deepEqual(await context.scan(), { files: 5, hashed: 1, hashedBytes: 3 });
    assert.equal(treeDigest(context.root), treeDigest(contentTree({ ...literal, 'src/one': 'one' })));
  });

  it('sees a change that keeps size and time', async () => {
    const context = new BuildContext(directory, all);
    const file = path.join(directory, 'a.txt');
    utimesSync(file, 1000, 1000);
    await context.scan();
    writeFileSync(file, 'HELLO\n');
    utimesSync(file, 1000, 1000);
    await context.scan();
    assert.equal(treeDigest(context.root), treeDigest(contentTree({ ...literal, 'a.txt': 'HELLO\n' })));
  });

  it('looks again at what it is told of alone', async () => {
    const context = new BuildContext(directory, all);
    await context.scan();
    write({ 'src/one': 'eins', 'new/deep/file': 'n' });
    chmodSync(path.join(directory, 'run.sh'), 0o644);
    rmSync(path.join(directory, 'src/sub'), { recursive: true });
    const counts = await context.update(['src/one', 'new', 'run.sh', 'src/sub', 'none']);
    assert.equal(counts.hashed, 3);
    const fresh = new BuildContext(directory, all);
    await fresh.scan();
    assert.equal(treeDigest(context.root), treeDigest(fresh.root));
    assert.deepEqual([...context.root.children.keys()], [...fresh.root.children.keys()]);
  });

  it('follows what becomes another kind of thing', async () => {
    const context = new BuildContext(directory, all);
    await context.scan();
    renameSync(path.join(directory, 'src'), path.join(directory, 'was'));
    symlinkSync('was', path.join(directory, 'src'));
    await context.update(['src', 'was']);
    const fresh = new BuildContext(directory, all);
    await fresh.scan();
    assert.equal(treeDigest(context.root), treeDigest(fresh.root));
  });

  it('keeps a file when a path below it is told of', async () => {
    const context = new BuildContext(directory, all);
    await context.scan();
    const before = treeDigest(context.root);
    await context.update(['a.txt/below']);
    assert.equal(treeDigest(context.root), before);
  });

  it('leaves out what is ignored, and does not walk it', async () => {
    write({ 'node_modules/x/y': 'y', 'keep/a': 'a', 'keep/b': 'b' });
    chmodSync(path.join(directory, 'node_modules/x'), 0);
    const asked: string[] = [];
    const context = new BuildContext(directory, {
      isIgnored: (at) => {
        asked.push(at);
        return at.startsWith('node_modules') || (at.startsWith('keep') && at !== 'keep/b');
      },
      isSkipped: (at) => at.startsWith('node_modules'),
    });
    await context.scan();
    assert.equal(treeDigest(context.root), treeDigest(contentTree({ ...literal, 'keep/b': 'b' })));
    assert.ok(!asked.includes('node_modules/x'), asked.join(' '));
    assert.deepEqual(context.problems, []);
  });

  it('does not open pipes', async function () {
    if (spawnSync('sh', ['-c', 'mkfifo "$0"', path.join(directory, 'pipe')]).status !== 0) this.skip();
    const context = new BuildContext(directory, all);
    assert.equal((await context.scan()).files, 6);
  });

  it('takes names that are no text', async () => {
    writeFileSync(Buffer.from(`${directory}/\xff\n`, 'latin1'), 'x');
    const context = new BuildContext(directory, all);
    await context.scan();
    assert.ok([...context.root.children.keys()].map(String).includes('\xff\n'));
  });

  it('says when it is not there itself', async () => {
    const context = new BuildContext(`${directory}/none`, all);
    await assert.rejects(context.scan(), { code: 'not-found' });
  });

  it('names what cannot be read, and goes on', async () => {
    const isRoot = process.getuid?.() === 0;
    chmodSync(path.join(directory, 'a.txt'), 0);
    const context = new BuildContext(directory, all);
    await context.scan();
    // Root reads everything.
    assert.deepEqual(context.problems, isRoot ? [] : [{ path: 'a.txt', code: 'EACCES' }]);
    assert.equal(context.root.children.has(byteName('a.txt')), isRoot);
    assert.ok(context.root.children.has(byteName('run.sh')));
  });

  it('can be cancelled', async () => {
    const stop = new AbortController();
    const context = new BuildContext(directory, {
      ...all,
      isIgnored: () => {
        stop.abort();
        // Longer than it goes on without looking up.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
        return false;
      },
    });
    const scan = context.scan({ signal: stop.signal });
    await assert.rejects(scan, { code: 'cancelled' });
  });

  it('goes on where it was left', async () => {
    await settle();
    const stop = new AbortController();
    let asked = 0;
    const context = new BuildContext(directory, {
      ...all,
      isIgnored: () => {
        if (++asked === 4) stop.abort();
        if (asked === 4) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60);
        return false;
      },
    });
    await assert.rejects(context.scan({ signal: stop.signal }), { code: 'cancelled' });
    const { files, hashed } = await context.scan();
    assert.ok(hashed < files, `${hashed} of ${files}`);
    assert.equal(treeDigest(context.root), treeDigest(contentTree(literal)));
  });

  it('is read again when it was read at the moment it was written', async () => {
    const context = new BuildContext(directory, all);
    writeFileSync(path.join(directory, 'a.txt'), 'later\n');
    const soon = await context.scan();
    await settle();
    assert.equal((await context.scan()).hashed, 4, String(soon.hashed));
    assert.equal((await context.scan()).hashed, 0);
  });

  it('is remembered by a record, unless that is damaged', async () => {
    const context = new BuildContext(directory, all);
    await settle();
    await context.scan();
    const text = formatContextRecord(context.root);
    const known = parseContextRecord(text);
    assert.ok(known !== undefined);
    const later = new BuildContext(directory, all, { known });
    assert.equal((await later.scan()).hashed, 0);
    assert.equal(treeDigest(later.root), treeDigest(context.root));
    for (const damaged of ['', text.slice(0, -1), text.replace('"f"', '"g"'), text.replace(' 3 ', ' 2 ')])
      assert.equal(parseContextRecord(damaged), undefined);
  });

  it('hashes large files piece by piece', async () => {
    const file = path.join(directory, 'big');
    writeFileSync(file, '');
    truncateSync(file, 3_000_000);
    assert.equal(statSync(file).size, 3_000_000);
    const context = new BuildContext(directory, all);
    assert.equal((await context.scan()).hashedBytes, 3_000_019);
  });

  function write(files: ContentLiteral): void {
    for (const [name, value] of Object.entries(files)) {
      const at = path.join(directory, name);
      const { text, mode } = typeof value === 'string' ? { text: value, mode: 0o644 } : value;
      mkdirSync(name.endsWith('/') ? at : path.dirname(at), { recursive: true, mode: 0o755 });
      if (name.endsWith('/')) continue;
      if (text.startsWith('->')) symlinkSync(text.slice(2), at);
      else writeFileSync(at, text, { mode });
    }
  }
});

/** Times of files are those of a clock that ticks: what was written just now could be written again unseen. */
function settle(): Promise<void> {
  return setTimeout(30);
}

function digestOf(context: BuildContext | ReturnType<typeof contentTree>, name: string): string {
  const root = context instanceof BuildContext ? context.root : context;
  return contentDigest(root, [{ path: `/${name}` as LayerPath }], keyFormatOf('0.33'));
}

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { byteName, type LayerPath } from '../../../../src/engine/base/layerPath.ts';
import type { ContentAnswer, ContextView } from '../../../../src/engine/build/cache/contextView.ts';
import type { ContentSelection } from '../../../../src/engine/build/cache/vertex.ts';
import { type ContentSource, contentDigest } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { headerBytes, treeDigest } from '../../../../src/engine/build/contentKey/contentTree.ts';
import { matchedSource } from '../../../../src/engine/build/contentKey/matchedSource.ts';
import { BuildContext } from '../../../../src/engine/build/contextHash/buildContext.ts';
import {
  formatContextRecord,
  parseContextRecord,
} from '../../../../src/engine/build/contextHash/contextRecord.ts';
import type { ContextDirectory } from '../../../../src/engine/build/contextHash/contextFile.ts';
import { localContextView } from '../../../../src/engine/build/contextHash/localContextView.ts';
import { asCounted, uploadOf } from '../../../../src/engine/build/contextHash/uploads.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import { contentTree, type ContentLiteral, plainHeader } from '../../../support/contentTree.ts';
import { tempDir } from '../../../support/tempDir.ts';

/** Seconds since 1970. */
const written = 1_000_000_000;
const rules = keyFormatOf('0.33');
const literal: ContentLiteral = {
  'a.txt': 'hello\n',
  'b.txt': 'bee\n',
  'src/one': '1',
  'src/sub/two': '22',
  'src/skip.log': 'log',
  'other/big': 'big',
  link: '->src/one',
};

describe('What a context says of itself', () => {
  let directory: string;
  let context: BuildContext;
  let view: ContextView;
  beforeEach(() => {
    directory = tempDir().path;
    write(literal);
    context = new BuildContext(directory, { isIgnored: () => false, isSkipped: () => false });
    view = localContextView(context);
  });

  it('are the keys of what is selected', async () => {
    for (const sources of [[plain('src')], [plain('a.txt'), plain('b.txt')], [plain('link')], [plain('')]]) {
      const answer = await ask(view, ...sources);
      assert.equal(answer.actual, contentDigest(contentTree(literal), sources, rules));
      assert.deepEqual(answer, { counted: answer.actual, actual: answer.actual, unseen: [], unreadable: [] });
    }
  });

  it('counts the root when it is sent as a tar', async () => {
    const tar = new BuildContext(
      directory,
      { isIgnored: () => false, isSkipped: () => false },
      { isTar: true },
    );
    // As BuildKit 0.33 in Docker Engine 29 exported it for a tar, with and without an entry for its root.
    const root = contentTree(literal, { ...plainHeader, type: 'directory', mode: 0o755 });
    for (const source of [plain(''), plain('src')])
      assert.equal((await ask(localContextView(tar), source)).actual, contentDigest(root, [source], rules));
  });

  it('goes by wildcards and filters', async () => {
    for (const source of [
      matchedSource('/*.txt' as LayerPath),
      matchedSource('/*/one' as LayerPath),
      matchedSource('/src' as LayerPath, { exclude: ['*.log'] }),
      matchedSource('/' as LayerPath, { include: ['src/sub/two'] }),
      matchedSource('/li*' as LayerPath),
      matchedSource('/none*' as LayerPath),
    ]) {
      const expected = contentDigest(contentTree(literal), [source], rules);
      assert.equal((await ask(view, source)).actual, expected, source.path);
    }
  });

  it('looks at nothing that is not selected', async () => {
    await ask(view, plain('link'), matchedSource('/a*' as LayerPath));
    assert.deepEqual([...context.root.children.keys()].map(String), ['a.txt', 'link', 'src']);
    assert.equal(
      (await ask(view, plain(''))).actual,
      contentDigest(contentTree(literal), [plain('')], rules),
    );
  });

  it('sees what a wildcard matches now', async () => {
    const texts = matchedSource('/*.txt' as LayerPath);
    await ask(view, texts);
    write({ 'c.txt': 'c' });
    rmSync(at('a.txt'));
    await context.update(['c.txt', 'a.txt']);
    const expected = contentTree({ 'b.txt': 'bee\n', 'c.txt': 'c' });
    assert.equal((await ask(view, texts)).actual, contentDigest(expected, [texts], rules));
  });

  it('has no key of what is not there', async () => {
    const answer = await ask(view, plain('none/at/all'));
    assert.deepEqual(answer, { unseen: [], unreadable: [] });
  });

  it('names what could not be read', async function () {
    if (process.getuid?.() === 0) {
      // Root reads everything but what the kernel refuses to name.
      symlinkSync('x', at('src/sub/loop'));
    }
    chmodSync(at('src/one'), 0);
    const answer = await ask(view, plain('src'));
    assert.deepEqual(answer.unreadable, process.getuid?.() === 0 ? [] : ['src/one']);
    assert.deepEqual((await ask(view, plain('other'))).unreadable, []);
  });

  describe('to a builder that has an upload of it', () => {
    let upload: ContextDirectory;
    beforeEach(async () => {
      await context.scan();
      upload = uploadOf(context.root, [plain('')]);
      view = localContextView(context, upload, (name) => (name === 'last' ? upload : undefined));
    });

    it('keeps the bytes of a file of the same size and time', async () => {
      await rewrite('a.txt', 'HELLO\n');
      const answer = await ask(view, plain('a.txt'));
      assert.equal(answer.counted, contentDigest(contentTree(literal), [plain('a.txt')], rules));
      const now = contentTree({ ...literal, 'a.txt': 'HELLO\n' });
      assert.equal(answer.actual, contentDigest(now, [plain('a.txt')], rules));
      assert.deepEqual(answer.unseen, [{ path: 'a.txt', change: 'content' }]);
      assert.deepEqual((await ask(view, plain('src'))).unseen, []);
      assert.deepEqual(await differences(plain('')), []);
    });

    it('compares times to the nanosecond', async function () {
      writeFileSync(at('a.txt'), 'HELLO\n');
      spawnSync('touch', ['-d', `@${written}.000000001`, at('a.txt')]);
      if (lstatSync(at('a.txt'), { bigint: true }).mtimeNs % 1000n !== 1n) this.skip();
      await context.refresh();
      assert.deepEqual((await ask(view, plain('a.txt'))).unseen, []);
      assert.deepEqual(await differences(plain('a.txt')), [{ path: 'a.txt', change: 'content' }]);
    });

    it('keeps the mode that a directory had', async () => {
      chmodSync(at('src'), 0o700);
      await context.refresh();
      const answer = await ask(view, plain('src'));
      assert.equal(answer.counted, contentDigest(contentTree(literal), [plain('src')], rules));
      assert.notEqual(answer.actual, answer.counted);
      assert.deepEqual(answer.unseen, [{ path: 'src', change: 'mode' }]);
      assert.deepEqual((await ask(view, plain('src/sub'))).unseen, []);
    });

    it('keeps them from one upload to the next', async () => {
      await rewrite('a.txt', 'HELLO\n');
      chmodSync(at('src'), 0o700);
      await context.refresh();
      const next = uploadOf(asCounted(context.root, upload), [plain('')]);
      const later = await ask(localContextView(context, next), plain(''));
      assert.equal(later.counted, contentDigest(contentTree(literal), [plain('')], rules));
      assert.deepEqual(later.unseen, [
        { path: 'a.txt', change: 'content' },
        { path: 'src', change: 'mode' },
      ]);
    });

    it('counts what other sources of it were never sent', async () => {
      const part = uploadOf(context.root, [plain('src/sub')]);
      await rewrite('a.txt', 'HELLO\n');
      await rewrite('src/one', 'I');
      const answer = await ask(localContextView(context, part), plain('a.txt'), plain('src'));
      assert.equal(answer.counted, answer.actual);
    });

    it('tells what differs', async () => {
      writeFileSync(at('a.txt'), 'longer');
      write({ 'new/deep': 'n', 'src/sub/three': '3' });
      rmSync(at('other'), { recursive: true });
      rmSync(at('src/skip.log'));
      symlinkSync('one', at('src/skip.log'));
      rmSync(at('link'));
      symlinkSync('src/sub/two', at('link'));
      chmodSync(at('b.txt'), 0o600);
      await context.refresh();
      assert.deepEqual(await differences(plain('')), [
        { path: 'a.txt', change: 'content' },
        { path: 'b.txt', change: 'mode' },
        { path: 'link', change: 'link' },
        { path: 'new', change: 'added' },
        { path: 'other', change: 'removed' },
        { path: 'src/skip.log', change: 'type' },
        { path: 'src/sub/three', change: 'added' },
      ]);
      assert.deepEqual(await differences(plain('link')), [{ path: 'link', change: 'link' }]);
      const filtered = matchedSource('/' as LayerPath, { exclude: ['src', 'n*', '*.txt', '!new/deep'] });
      assert.deepEqual(await differences(filtered), [
        { path: 'link', change: 'link' },
        { path: 'new/deep', change: 'added' },
        { path: 'other', change: 'removed' },
      ]);
    });

    it('tells other bytes of the same size from another mode', async () => {
      writeFileSync(at('b.txt'), 'BEE\n');
      chmodSync(at('b.txt'), 0o600);
      await context.refresh();
      assert.deepEqual(await differences(plain('b.txt')), [{ path: 'b.txt', change: 'content' }]);
    });

    it('has no differences from an upload that is not kept', async () => {
      assert.equal(await view.differences(select(plain('')), 'other'), undefined);
    });

    async function differences(...sources: readonly ContentSource[]) {
      return view.differences(select(...sources), 'last');
    }
  });

  describe('of files with extended attributes', () => {
    let upload: ContextDirectory;
    beforeEach(async function () {
      if (spawnSync('sh', ['-c', 'getfattr --version && setfattr --version']).status !== 0) this.skip();
      await setTimeout(30);
      await context.scan();
      upload = context.root;
      if (setXattr('-n', 'user.exam', '-v', '1', at('a.txt')).status !== 0) this.skip();
    });

    it('is what BuildKit counts when the time of the file changed too', async () => {
      utimesSync(at('a.txt'), written, written + 1);
      await context.refresh();
      const { actual, counted, unseen } = await ask(localContextView(context, upload), plain('a.txt'));
      const xattrs = new Map([[byteName('user.exam'), byteName('1')]]);
      const header = headerBytes({ ...plainHeader, type: 'file', mode: 0o644, size: 6, xattrs });
      assert.equal(actual, sha256(sha256(`${header}hello\n`)));
      assert.equal(counted, actual);
      assert.deepEqual(unseen, []);
    });

    it('is what it was for BuildKit when nothing else changed', async () => {
      await context.refresh();
      const before = contentDigest(contentTree(literal), [plain('a.txt')], rules);
      const { actual, counted } = await ask(localContextView(context, upload), plain('a.txt'));
      assert.equal(counted, before);
      assert.notEqual(actual, before);
    });

    it('has them when the bytes change, until they are gone', async () => {
      await context.refresh();
      writeFileSync(at('a.txt'), 'other\n');
      await context.refresh();
      const key = async (): Promise<string | undefined> => (await ask(view, plain('a.txt'))).actual;
      const plainKey = contentDigest(contentTree({ 'a.txt': 'other\n' }), [plain('a.txt')], rules);
      assert.notEqual(await key(), plainKey);
      setXattr('-x', 'user.exam', at('a.txt'));
      await context.refresh();
      assert.equal(await key(), plainKey);
    });

    it('is what it was in a tar, which has none', async () => {
      const all = { isIgnored: () => false, isSkipped: () => false };
      const tar = localContextView(new BuildContext(directory, all, { isTar: true }));
      const { actual } = await ask(tar, plain('a.txt'));
      assert.equal(actual, contentDigest(contentTree(literal), [plain('a.txt')], rules));
    });

    it('has them at the first look, and lists them', async () => {
      await context.refresh();
      const first = new BuildContext(directory, { isIgnored: () => false, isSkipped: () => false });
      const files = await localContextView(first).files(select(plain('a.txt')));
      assert.equal(files[0]?.hasXattrs, true);
    });

    it('keeps them in records', async () => {
      await setTimeout(30);
      await context.refresh();
      const known = parseContextRecord(formatContextRecord(context.root));
      const later = new BuildContext(
        directory,
        { isIgnored: () => false, isSkipped: () => false },
        { known },
      );
      assert.equal((await later.scan()).hashed, 0);
      assert.equal(treeDigest(later.root), treeDigest(context.root));
    });
  });

  it('lists files with their bytes', async () => {
    const files = await view.files(select(plain('src'), matchedSource('/*.txt' as LayerPath)));
    assert.deepEqual(
      files.map(({ source, path: name, type, size, sha256 }) => [
        source,
        name,
        type,
        size,
        sha256?.slice(0, 6),
      ]),
      [
        [0, '', 'directory', 0, undefined],
        [0, 'one', 'file', 1, '6b86b2'],
        [0, 'skip.log', 'file', 3, '836ff1'],
        [0, 'sub', 'directory', 0, undefined],
        [0, 'sub/two', 'file', 2, '785f3e'],
        [1, 'a.txt', 'file', 6, '5891b5'],
        [1, 'b.txt', 'file', 4, 'c150e5'],
      ],
    );
    const [, one] = files;
    assert.equal(one?.mtimeMs, statSync(at('src/one')).mtimeMs);
    assert.equal(one.mode, 0o644);
    const filtered = await view.files(
      select(matchedSource('/src' as LayerPath, { exclude: ['*', '!sub/two'] })),
    );
    assert.deepEqual(
      filtered.map(({ path: name }) => name),
      ['', 'sub', 'sub/two'],
    );
  });

  it('follows a directory that went away and came back', async () => {
    const before = await ask(view, plain('src/sub'));
    renameSync(at('src'), at('away'));
    await context.update(['src', 'away']);
    assert.equal((await ask(view, plain('src/sub'))).actual, undefined);
    renameSync(at('away'), at('src'));
    await context.update(['src', 'away']);
    assert.deepEqual(await ask(view, plain('src/sub')), before);
  });

  it('does not follow links in a circle', async () => {
    symlinkSync('two', at('one'));
    symlinkSync('one', at('two'));
    symlinkSync('self/x', at('self'));
    symlinkSync('../..', at('up'));
    for (const name of ['one', 'self', 'self/y'])
      assert.equal((await ask(view, plain(name))).actual, undefined, name);
    assert.equal((await ask(view, plain('up'))).actual, (await ask(view, plain(''))).actual);
  });

  function at(name: string): string {
    return path.join(directory, name);
  }

  /** Other bytes of the same length, with the time that the file had. */
  async function rewrite(name: string, text: string): Promise<void> {
    writeFileSync(at(name), text);
    utimesSync(at(name), written, written);
    await context.refresh();
  }

  function write(files: ContentLiteral): void {
    for (const [name, value] of Object.entries(files)) {
      const text = typeof value === 'string' ? value : value.text;
      mkdirSync(path.dirname(at(name)), { recursive: true, mode: 0o755 });
      if (text.startsWith('->')) symlinkSync(text.slice(2), at(name));
      else {
        writeFileSync(at(name), text, { mode: 0o644 });
        utimesSync(at(name), written, written);
      }
    }
  }
});

function setXattr(...args: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync('sh', ['-c', 'setfattr "$@"', 'setfattr', ...args]);
}

function plain(name: string): ContentSource {
  return { path: `/${name}` as LayerPath };
}

function select(...sources: readonly ContentSource[]): ContentSelection {
  return { id: 'one', origin: { kind: 'context' }, sources };
}

async function ask(view: ContextView, ...sources: readonly ContentSource[]): Promise<ContentAnswer> {
  const [answer] = await view.contents([select(...sources)], rules);
  assert.ok(answer !== undefined);
  return answer;
}

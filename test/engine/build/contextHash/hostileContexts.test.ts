import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { byteName, type LayerPath } from '../../../../src/engine/base/layerPath.ts';
import { BuildContext } from '../../../../src/engine/build/contextHash/buildContext.ts';
import type { ContextFilter } from '../../../../src/engine/build/contextHash/contextFilter.ts';
import { hashFile } from '../../../../src/engine/build/contextHash/hashFile.ts';
import { localContextView } from '../../../../src/engine/build/contextHash/localContextView.ts';
import type { ContentSource } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { treeDigest } from '../../../../src/engine/build/contentKey/contentTree.ts';
import { ignoreRules } from '../../../../src/engine/build/ignorefile/ignoreRules.ts';
import { readIgnoreFile } from '../../../../src/engine/build/ignorefile/ignoreFile.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { contentTree } from '../../../support/contentTree.ts';
import { tempDir } from '../../../support/tempDir.ts';

const all: ContextFilter = { isIgnored: () => false, isSkipped: () => false };
const rules = keyFormatOf('0.33');

describe('Hostile build contexts', function () {
  this.timeout(60_000);
  let directory: string;
  beforeEach(() => {
    directory = tempDir().path;
    chmodSync(directory, 0o755);
    writeFileSync(at('a'), 'a', { mode: 0o644 });
  });

  it('have pipes, sockets and devices that are never opened', async function () {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(at('socket'), resolve));
    try {
      if (spawnSync('sh', ['-c', 'mkfifo "$0"', at('pipe')]).status !== 0) this.skip();
      spawnSync('sh', ['-c', 'mknod "$0" c 1 5', at('zero')]);
      const context = new BuildContext(directory, all);
      await context.scan();
      // Sockets are not sent.
      const names = [...context.root.children.keys()].map(String).filter((name) => name !== 'zero');
      assert.deepEqual(names, ['a', 'pipe']);
      const files = await localContextView(context).files(select({ path: '/' as LayerPath }));
      assert.equal(files.find(({ path: name }) => name === 'pipe')?.type, 'other');
    } finally {
      server.close();
    }
  });

  it('have links that lead round, out of them, and nowhere', async () => {
    const links = {
      self: 'self',
      one: 'two',
      two: './one',
      up: '../../../..',
      out: '/etc/passwd',
      deep: 'deep/x/y',
    };
    for (const [name, target] of Object.entries(links)) symlinkSync(target, at(name));
    symlinkSync('.', at('here'));
    const context = new BuildContext(directory, all);
    const view = localContextView(context);
    for (const name of ['self', 'one', 'out', 'deep', 'deep/z', 'here/none']) {
      const [answer] = await view.contents([select({ path: `/${name}` as LayerPath })], rules);
      assert.deepEqual(answer, { unseen: [], unreadable: [] }, name);
    }
    const ways = ['', 'up', 'here', 'here/here/up/here'].map((name) =>
      select({ path: `/${name}` as LayerPath }),
    );
    const answers = await view.contents(ways, rules);
    assert.equal(new Set(answers.map(({ actual }) => actual)).size, 1);
  });

  it('have files and folders that may not be read', async () => {
    mkdirSync(at('folder'), { mode: 0o755 });
    writeFileSync(at('folder/inside'), 'x');
    writeFileSync(at('folder/other'), 'x');
    mkdirSync(at('closed'), { mode: 0o755 });
    writeFileSync(at('closed/inside'), 'x');
    for (const name of ['folder/inside', 'closed']) chmodSync(at(name), 0);
    const context = new BuildContext(directory, all);
    await asNobody(() => context.scan());
    const problems = context.problems.map(({ path: name, code }) => [name, code]);
    assert.deepEqual(problems, [
      ['closed', 'EACCES'],
      ['folder/inside', 'EACCES'],
    ]);
    const view = localContextView(context);
    const unreadable = async (name: string): Promise<readonly string[] | undefined> =>
      (await view.contents([select({ path: `/${name}` as LayerPath })], rules))[0]?.unreadable;
    assert.deepEqual(await unreadable(''), ['closed', 'folder/inside']);
    assert.deepEqual(await unreadable('closed/inside'), ['closed']);
    assert.deepEqual(await unreadable('folder'), ['folder/inside']);
    assert.deepEqual(await unreadable('folder/other'), []);
    // It can be read again.
    chmodSync(at('folder/inside'), 0o644);
    await context.update(['folder/inside']);
    assert.deepEqual(await unreadable('folder'), []);
  });

  it('may not be read themselves', async () => {
    chmodSync(directory, 0);
    const scan = asNobody(() => new BuildContext(directory, all).scan());
    await assert.rejects(scan, { code: 'denied', subject: directory });
    chmodSync(directory, 0o755);
  });

  it('have names that are no text, and lines in names', async () => {
    const names = ['\xff\xfe', 'line\nline', '\xed\xa0\x80', 'tab\t', '\\', '*', ' ', '\xef\xbb\xbf', '-rf'];
    for (const name of names) writeFileSync(Buffer.from(`${directory}/${name}`, 'latin1'), name);
    const context = new BuildContext(directory, all);
    await context.scan();
    for (const name of names) assert.ok(context.root.children.has(byteName(name)), JSON.stringify(name));
    const files = await localContextView(context).files(select({ path: '/' as LayerPath }));
    assert.deepEqual(files.map(({ path: name }) => name).sort(), ['', 'a', ...names].sort());
  });

  it('are deeper than a path may be long', async function () {
    const dig = 'i=0; while [ $i -lt 300 ]; do mkdir $0 && cd -P $0 || exit 1; i=$((i+1)); done; echo x > x';
    const name = 'd'.repeat(100);
    if (spawnSync('sh', ['-c', dig, name], { cwd: directory }).status !== 0) this.skip();
    const context = new BuildContext(directory, all);
    await context.scan();
    assert.deepEqual(
      context.problems.map(({ code }) => code),
      ['ENAMETOOLONG'],
    );
    treeDigest(context.root);
    spawnSync('rm', ['-rf', at(name)]);
  });

  it('are as deep as a path may be', async () => {
    const deep = Array.from({ length: 1900 }, () => 'd').join('/');
    mkdirSync(at(deep), { recursive: true, mode: 0o755 });
    writeFileSync(at(`${deep}/x`), 'x', { mode: 0o644 });
    const context = new BuildContext(directory, all);
    await context.scan();
    assert.equal(treeDigest(context.root), treeDigest(contentTree({ a: 'a', [`${deep}/x`]: 'x' })));
    rmSync(at(`${deep}/x`));
    await context.update([`${deep}/x`]);
    assert.equal(treeDigest(context.root), treeDigest(contentTree({ a: 'a', [`${deep}/`]: '' })));
  });

  it('have files that change while they are read', async () => {
    truncateSync(at('a'), 3_000_000);
    let writes = 0;
    const context = { path: Buffer.from(at('a')), stats: lstatSync(at('a'), { bigint: true }) };
    const node = await hashFile(context.path, context.stats, () => {
      if (writes++ === 0) appendFileSync(at('a'), 'more');
      return undefined;
    });
    const text = readFileSync(at('a'), 'latin1');
    assert.equal(node.own, contentTree({ a: text }).children.get(byteName('a'))?.own);
  });

  it('have files that never stop changing, which are not believed', async () => {
    truncateSync(at('a'), 3_000_000);
    const node = await hashFile(Buffer.from(at('a')), lstatSync(at('a'), { bigint: true }), () => {
      appendFileSync(at('a'), 'more');
      return undefined;
    });
    assert.equal(node.version.ctimeNs, -1n);
  });

  it('are more than anybody means', async () => {
    for (const name of ['b', 'c', 'd']) writeFileSync(at(name), 'four');
    const few = new BuildContext(directory, all, { limits: { entries: 3, bytes: 1000 } });
    await assert.rejects(few.scan(), { code: 'limit-exceeded', subject: directory });
    const small = new BuildContext(directory, all, { limits: { entries: 100, bytes: 10 } });
    await assert.rejects(small.scan(), { code: 'limit-exceeded', subject: directory });
    // What is asked for alone is little.
    const view = localContextView(few);
    const [answer] = await view.contents([select({ path: '/a' as LayerPath })], rules);
    assert.notEqual(answer?.actual, undefined);
  });

  it('are whole disks, of which nothing is read that is not selected', async () => {
    const view = localContextView(new BuildContext('/', all));
    const [answer] = await view.contents([select({ path: path.join(directory, 'a') as LayerPath })], rules);
    assert.equal(answer?.actual, (await keysOf({ path: '/a' as LayerPath }))[0]?.actual);
  });

  it('can be left while they are looked at', async () => {
    const stop = new AbortController();
    truncateSync(at('a'), 2 ** 40);
    const reports: number[] = [];
    const scan = new BuildContext(directory, all, { limits: { entries: 10, bytes: 2 ** 41 } }).scan({
      signal: stop.signal,
      onProgress: ({ done }) => {
        reports.push(done);
        stop.abort();
      },
    });
    await assert.rejects(scan, { code: 'cancelled' });
    assert.ok((reports[0] ?? 0) > 0);
  });

  it('have ignore files that take their time', async () => {
    mkdirSync(at('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'), { mode: 0o755 });
    writeFileSync(at('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/aaaaaaaaaaaaaaaaaaaaaaaaa'), 'a', { mode: 0o644 });
    const before = (await keysOf({ path: '/' as LayerPath }))[0]?.actual;
    for (const text of [
      `#${'x'.repeat(1 << 20)}\n`,
      `${'*a'.repeat(2000)}b\n`,
      `${'**/a*'.repeat(2000)}b\n`,
      `${'[a-z]*'.repeat(1000)}!\n`,
      `${'!*?'.repeat(1000)}\n`.repeat(20),
      Array.from({ length: 20_000 }, (_, index) => `none*${index}`).join('\n'),
      '\n'.repeat(1 << 20),
      `${' '.repeat(1 << 20)}none${' '.repeat(1 << 20)}`,
    ]) {
      const parsed = ignoreRules(readIgnoreFile(text).map(({ pattern }) => pattern));
      assert.ok(parsed.kind === 'rules');
      const context = new BuildContext(directory, parsed.rules);
      const [answer] = await localContextView(context).contents([select({ path: '/' as LayerPath })], rules);
      assert.equal(answer?.actual, before, text.slice(0, 20));
    }
  });

  async function keysOf(...sources: readonly ContentSource[]) {
    return localContextView(new BuildContext(directory, all)).contents([select(...sources)], rules);
  }

  function at(name: string): string {
    return path.join(directory, name);
  }
});

/** Root may read everything. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

function select(...sources: readonly ContentSource[]) {
  return { id: 'one', origin: { kind: 'context' }, sources } as const;
}

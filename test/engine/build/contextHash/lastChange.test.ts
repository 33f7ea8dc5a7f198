import assert from 'node:assert/strict';
import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { byteName, type LayerPath } from '../../../../src/engine/base/layerPath.ts';
import type { LastChange } from '../../../../src/engine/build/cache/contextView.ts';
import type { ContentSource } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { matchedSource } from '../../../../src/engine/build/contentKey/matchedSource.ts';
import { BuildContext } from '../../../../src/engine/build/contextHash/buildContext.ts';
import {
  type ContextDirectory,
  type ContextNode,
  unsettled,
} from '../../../../src/engine/build/contextHash/contextFile.ts';
import { lastChange } from '../../../../src/engine/build/contextHash/lastChange.ts';
import { localContextView } from '../../../../src/engine/build/contextHash/localContextView.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import { tempDir } from '../../../support/tempDir.ts';

const own = sha256('');

describe('When a selection was changed last', () => {
  it('is when the newest of its files was', () => {
    const root = dir(1, { 'a.txt': file(5), 'b.txt': file(9) });
    assert.deepEqual(told(root, plain('a.txt')), [5, 'a.txt']);
    assert.deepEqual(told(root, plain('a.txt'), plain('b.txt')), [9, 'b.txt']);
  });

  it('is when a name in a directory came or went', () => {
    const root = dir(1, { src: dir(2, { sub: dir(7, { one: file(3) }) }), other: file(9) });
    assert.deepEqual(told(root, plain('src')), [7, 'src/sub']);
  });

  it('is of a file alone where its directory is the one that it was', () => {
    const root = dir(2, { src: dir(9, { one: file(3) }) });
    assert.deepEqual(told(root, plain('src/one')), [3, 'src/one']);
    // What was put in the place of a directory changes both.
    assert.deepEqual(told(dir(8, root.children), plain('src/one')), [8, '']);
    assert.equal(lastChange(dir(8, root.children), [plain('src/one')], at(7)).byMs, 8021);
    assert.equal(lastChange(dir(8, { one: file(3) }), [plain('one')], at(7)).byMs, 7021);
  });

  it('counts links, and what they lead through', () => {
    const root = dir(1, { link: link('sub/one', 6), sub: dir(2, { one: file(3) }) });
    assert.deepEqual(told(root, plain('link')), [6, 'link']);
  });

  it('counts what a wildcard may have matched, and no file that a filter leaves out', () => {
    const root = dir(8, { 'a.txt': file(3), 'b.md': file(9) });
    assert.deepEqual(told(root, matchedSource('/*.txt' as LayerPath)), [8, '']);
    const src = dir(1, { src: dir(2, { one: file(3), 'one.log': file(9) }) });
    assert.deepEqual(told(src, matchedSource('/src' as LayerPath, { exclude: ['*.log'] })), [3, 'src/one']);
  });

  it('is not known where a time is not', () => {
    for (const node of [file(unsettled), dir(unsettled, {})])
      assert.deepEqual(lastChange(dir(1, { node }), [plain('node')], at(1)), {
        byMs: Infinity,
        path: 'node',
      });
  });

  it('is not known where no times are believed', () => {
    const root = dir(1, { 'a.txt': file(1) });
    assert.equal(lastChange(root, [plain('a.txt')], unsettled).byMs, Infinity);
  });

  it('allows for times in whole seconds', () => {
    const root = dir(1, { 'a.txt': file(5_000_000_000n) });
    assert.equal(lastChange(root, [plain('a.txt')], at(1)).byMs, 6021);
  });
});

describe('What is done to a context on the disk', function () {
  let directory: string;
  let context: BuildContext;
  beforeEach(function () {
    if (process.platform !== 'linux') this.skip();
    directory = path.join(tempDir().path, 'context');
    mkdirSync(onDisk('src'), { recursive: true });
    for (const name of ['a.txt', 'b.txt', 'src/one']) writeFileSync(onDisk(name), 'text');
    symlinkSync('a.txt', onDisk('link'));
    writeFileSync(path.join(directory, '../beside'), 'text');
    context = new BuildContext(directory, { isIgnored: () => false, isSkipped: () => false });
  });

  for (const [what, source, edit] of [
    [
      'a write',
      'a.txt',
      () => {
        writeFileSync(onDisk('a.txt'), 'more');
      },
    ],
    [
      'a change of mode',
      'a.txt',
      () => {
        chmodSync(onDisk('a.txt'), 0o600);
      },
    ],
    [
      'a write whose time was set back',
      'a.txt',
      () => {
        writeFileSync(onDisk('a.txt'), 'more');
        utimesSync(onDisk('a.txt'), 1, 1);
      },
    ],
    [
      'an older file in its place',
      'a.txt',
      () => {
        renameSync(onDisk('b.txt'), onDisk('a.txt'));
      },
    ],
    [
      'a hard link in its place',
      'a.txt',
      () => {
        rmSync(onDisk('a.txt'));
        linkSync(onDisk('b.txt'), onDisk('a.txt'));
      },
    ],
    [
      'a removal',
      'src',
      () => {
        rmSync(onDisk('src/one'));
      },
    ],
    ['another directory in its place', 'src/one', replaceSource],
    [
      'a link that leads elsewhere',
      'link',
      () => {
        rmSync(onDisk('link'));
        symlinkSync('b.txt', onDisk('link'));
      },
    ],
    ['another context in its place', 'a.txt', replaceContext],
  ] as const)
    it(`is seen by its times: ${what}`, async () => {
      const before = await ask(source);
      const start = tickOfClock();
      edit();
      const after = await ask(source);
      assert.ok(before.byMs < after.byMs);
      assert.ok((after.byMs - 20) * 1e6 >= start, `${after.path}: ${after.byMs}`);
    });

  function replaceSource(): void {
    mkdirSync(onDisk('other'));
    writeFileSync(onDisk('other/one'), 'text');
    renameSync(onDisk('src'), onDisk('old'));
    renameSync(onDisk('other'), onDisk('src'));
  }

  function replaceContext(): void {
    const other = path.join(directory, '../other');
    mkdirSync(path.join(other, 'src'), { recursive: true });
    for (const name of ['a.txt', 'b.txt', 'src/one']) writeFileSync(path.join(other, name), 'text');
    renameSync(directory, path.join(directory, '../old'));
    renameSync(other, directory);
  }

  /** What was written a moment ago is looked at again. */
  async function ask(name: string): Promise<LastChange> {
    const selection = { id: name, origin: { kind: 'context' }, sources: [plain(name)] } as const;
    for (;;) {
      await context.refresh();
      const change = await localContextView(context).lastChange(selection);
      if (change.byMs < Infinity) return change;
    }
  }

  /** Writes until files get a later time than all that there is. */
  function tickOfClock(): number {
    const beside = path.join(directory, '../beside');
    const { ctimeNs } = lstatSync(beside, { bigint: true });
    for (;;) {
      writeFileSync(beside, 'text');
      const now = lstatSync(beside, { bigint: true }).ctimeNs;
      if (now > ctimeNs) return Number(now);
    }
  }

  function onDisk(name: string): string {
    return path.join(directory, name);
  }
});

/** Nanoseconds of a time that is no whole second. @param seconds or nanoseconds. */
function at(seconds: number | bigint): bigint {
  return typeof seconds === 'bigint' ? seconds : BigInt(seconds) * 1_000_000_000n + 1n;
}

function dir(
  seconds: number | bigint,
  nodes: Readonly<Record<string, ContextNode>> | ContextDirectory['children'],
): ContextDirectory {
  const children =
    nodes instanceof Map
      ? (nodes as ContextDirectory['children'])
      : new Map(Object.entries(nodes).map(([name, node]) => [byteName(name), node as ContextNode]));
  return { kind: 'directory', own, mode: 0o755, ctimeNs: at(seconds), children };
}

function file(seconds: number | bigint): ContextNode {
  return { kind: 'file', own, version: versionAt(seconds) };
}

function link(target: string, seconds: number): ContextNode {
  return { kind: 'link', own, target: byteName(target), version: versionAt(seconds) };
}

function versionAt(seconds: number | bigint): Extract<ContextNode, { readonly kind: 'file' }>['version'] {
  return { size: 1, mtimeNs: 0n, ctimeNs: at(seconds), inode: 1n, mode: 0o100644 };
}

function plain(name: string): ContentSource {
  return { path: `/${name}` as LayerPath };
}

/** In seconds, without what is allowed for clocks. The directory above the context is newer than all. */
function told(root: ContextDirectory, ...sources: readonly ContentSource[]): readonly [number, string] {
  const { byMs, path: where } = lastChange(root, sources, at(1000));
  return [(byMs - 21) / 1000, where];
}

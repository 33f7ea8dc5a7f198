import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { EngineError, isEngineError } from '../../../src/engine/base/errors.ts';
import { fromText, parseLayerPath } from '../../../src/engine/base/layerPath.ts';
import type { Problem } from '../../../src/engine/base/problem.ts';
import { createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import { exportTree, type ExportRequest } from '../../../src/engine/transfer/exportTree.ts';
import { type LayerLiteral, layerTar } from '../../support/buildImage.ts';
import { unionCases } from '../../support/fixtures.ts';
import type { TarEntrySpec } from '../../support/tarBytes.ts';
import { tempDir } from '../../support/tempDir.ts';
import { contentOf, indexTar } from '../../support/unionOf.ts';

/**
 * Ways in which images have led extractors out of their folder (formats.md §6): the kinds that containerd's TestBreakouts
 * tries, and those of the advisories named there. `canary` lies beside the folder.
 */
const out = '../canary';
const link = (name: string, to: string): TarEntrySpec => ({ name, type: 'symlink', link: to });
const hard = (name: string, to: string): TarEntrySpec => ({ name, type: 'hardlink', link: to });
const file = (name: string): TarEntrySpec => ({ name, content: 'pwned' });
const dir = (name: string): TarEntrySpec => ({ name, type: 'dir' });

const breakouts: Readonly<Record<string, readonly LayerLiteral[]>> = {
  'a name that climbs': [[file('../canary/secret')]],
  'a name that climbs in the middle': [[file('a/../../canary/secret')]],
  'a name that climbs far': [[file(`${'../'.repeat(40)}canary/secret`)]],
  'an absolute name': [[file('/canary/secret')]],
  'a name of dots and slashes': [[file('./.././/../canary//secret')]],
  'a directory that climbs': [[dir('../canary/new')]],
  'a link that climbs, then a file through it': [[link('l', out), file('l/secret')]],
  'an absolute link, then a file through it': [[link('l', '/'), file('l/canary/secret')]],
  'a link to the parent, then a file through it': [[link('l', '..'), file('l/canary/secret')]],
  'a link to itself’s directory, then up': [[link('l', '.'), file('l/../canary/secret')]],
  'a chain of links': [[link('a', 'b'), link('b', 'c'), link('c', out), file('a/secret')]],
  'links in a circle': [[link('a', 'b'), link('b', 'a'), file('a/secret')]],
  'a link inside a directory': [[dir('d/'), link('d/l', `../${out}`), file('d/l/secret')]],
  'a link under a link': [[link('a', '.'), link('a/b', out), file('a/b/secret')]],
  'a link to a file, then that file': [[link('f', `${out}/secret`), file('f')]],
  'a file, then a link, then the file again': [[file('f'), link('f', `${out}/secret`), file('f')]],
  'a dangling link, then a file through it': [[link('f', `${out}/new`), file('f')]],
  'a lower layer’s link, then a file through it': [[link('l', out)], [file('l/secret')]],
  'a lower layer’s link, then a directory in its place': [[link('l', out)], [dir('l/'), file('l/secret')]],
  'a lower layer’s directory, then a link in its place': [[file('l/secret')], [link('l', out)]],
  'a lower layer’s link to a file, then that file': [[link('f', `${out}/secret`)], [file('f')]],
  'a link, removed and made a directory': [[link('l', out)], [file('.wh.l'), file('l/secret')]],
  'a hard link that climbs': [[hard('h', `${out}/secret`)]],
  'a hard link with an absolute target': [[hard('h', '/canary/secret')]],
  'a hard link that climbs, then written': [[hard('h', `${out}/secret`), file('h')]],
  'a hard link to a link, then written': [[link('l', `${out}/secret`), hard('h', 'l'), file('h')]],
  'a hard link through a link': [[link('l', out), hard('h', 'l/secret'), file('h')]],
  'a hard link through a lower layer’s link': [[link('l', out)], [hard('h', 'l/secret')], [file('h')]],
  'a hard link to the directory above': [[hard('h', '..'), file('h/canary/secret')]],
  'a whiteout that climbs': [[file('../canary/.wh.secret')]],
  'a whiteout through a link': [[link('l', out), file('l/.wh.secret')]],
  'a whiteout of the parent': [[file('.wh...'), file('d/.wh...'), file('.wh..')]],
  'an opaque marker through a link': [[link('l', out)], [file('l/.wh..wh..opq')]],
  'an opaque marker that climbs': [[file('../canary/.wh..wh..opq')]],
  'a device beside a file of its name': [[{ name: 'd', type: 'char', dev: [1, 3] }, file('d')]],
  'the root as a link': [[link('.', out), file('secret')]],
  'the root as a link with a slash': [[link('/', out), file('secret')]],
  'a name with a backslash': [[file('..\\canary\\secret'), file('a\\..\\..\\canary\\secret')]],
  'a name with a NUL in a PAX record': [
    [{ name: 'f', content: 'pwned', pax: { path: '../canary/secret\0x' } }],
  ],
  'links that differ in case from what follows': [[link('Dir', out), file('dir/secret')]],
};

describe('exportTree', () => {
  it('writes a tree as the image has it', async () => {
    const to = jail();
    const problems = await save(to, [
      {
        'etc/': { type: 'dir', mode: 0o750, mtime: 1_000_000_000 },
        'etc/motd': { content: 'hello', mode: 0o640, mtime: '1700000000.5' },
        'etc/link': { type: 'symlink', link: '../usr/share/motd' },
        'etc/empty': '',
      },
      { 'etc/deep/down/file': 'x'.repeat(100_000) },
    ]);
    assert.deepEqual(problems, []);
    assert.deepEqual(treeOf(to.inside), [
      'etc/',
      'etc/deep/',
      'etc/deep/down/',
      'etc/deep/down/file',
      'etc/empty',
      'etc/link',
      'etc/motd',
    ]);
    const motd = statSync(path.join(to.inside, 'etc/motd'));
    assert.deepEqual([motd.mode & 0o7777, motd.mtimeMs], [0o640, 1_700_000_000_500]);
    const etc = statSync(path.join(to.inside, 'etc'));
    assert.deepEqual([etc.mode & 0o777, etc.mtimeMs], [0o750, 1_000_000_000_000]);
    assert.equal(readlinkSync(path.join(to.inside, 'etc/link')), '../usr/share/motd');
    assert.equal(readFileSync(path.join(to.inside, 'etc/deep/down/file'), 'utf8').length, 100_000);
  });

  it('writes one directory or one file under its own name', async () => {
    const to = jail();
    const layers = [{ 'a/b/c': 'c', 'a/b/d/e': 'e', 'a/x': 'x' }];
    await save(to, layers, { path: parseLayerPath('/a/b') });
    await save(to, layers, { path: parseLayerPath('/a/x') });
    assert.deepEqual(treeOf(to.inside), ['b/', 'b/c', 'b/d/', 'b/d/e', 'x']);
  });

  it('follows links of the image inside the image only', async () => {
    const to = jail();
    await save(to, [{ 'real/f': 'f', alias: { type: 'symlink', link: '/real' } }], {
      path: parseLayerPath('/alias/f'),
    });
    assert.deepEqual(treeOf(to.inside), ['f']);
  });

  it('keeps every name apart, byte for byte', async function () {
    if (process.platform !== 'linux') this.skip();
    const to = jail();
    const names = [
      'f\uF7FF',
      'f\uF7FE',
      'f\uFFFD',
      'new\nline',
      'back\\slash',
      'con',
      'dot.',
      ' ',
      '-rf',
      '\u202Eltr',
    ];
    await save(to, [names.map((name) => ({ name, content: name }))]);
    const found = readdirSync(Buffer.from(to.inside), { encoding: 'buffer' }).map((name) =>
      name.toString('latin1'),
    );
    assert.deepEqual(found.sort(), names.map((name) => fromText(name) as string).sort());
  });

  it('refuses on Windows what would mean something else there', async () => {
    const to = jail();
    const bad = [
      'con',
      'NUL.txt',
      'com1.log',
      'lpt¹',
      'a:b',
      'c\\d',
      'end.',
      'end ',
      'q?',
      'f\uF7FF',
      'Aux',
      'a\x01',
    ];
    const literal = [...bad, 'fine', 'console', 'com10'].map((name) => ({ name, content: '' }));
    const problems = await save(to, [literal], { platform: 'win32' });
    assert.deepEqual(problems.map(({ subject }) => subject.slice(1)).sort(), [...bad].sort());
    assert.deepEqual(treeOf(to.inside), ['com10', 'console', 'fine']);
  });

  it('leaves out what lies below a name that is refused', async () => {
    const to = jail();
    const problems = await save(to, [{ 'aux/deep/file': '1', 'auxiliary/file': '2' }], { platform: 'win32' });
    assert.deepEqual(
      problems.map(({ subject }) => subject),
      ['/aux'],
    );
    assert.deepEqual(treeOf(to.inside), ['auxiliary/', 'auxiliary/file']);
  });

  it('leaves out devices and pipes', async () => {
    const to = jail();
    const problems = await save(to, [
      {
        null: { type: 'char', dev: [1, 3] },
        sda: { type: 'block', dev: [8, 0] },
        pipe: { type: 'fifo' },
        f: '',
      },
    ]);
    assert.deepEqual(
      problems.map(({ code, subject }) => `${code} ${subject}`),
      ['not-saved /null', 'not-saved /pipe', 'not-saved /sda'],
    );
    assert.deepEqual(treeOf(to.inside), ['f']);
  });

  it('gives no set-user bits, and lets the owner read what is saved', async () => {
    const to = jail();
    await save(to, [
      {
        su: { content: '', mode: 0o6755 },
        secret: { content: 's', mode: 0 },
        'd/': { type: 'dir', mode: 0o1777 },
      },
    ]);
    const modes = ['su', 'secret', 'd'].map((name) => statSync(path.join(to.inside, name)).mode & 0o7777);
    assert.deepEqual(
      modes.map((mode) => mode & 0o7000),
      [0, 0, 0],
    );
    assert.deepEqual([modes[0], modes[1]], [0o755, 0o600]);
  });

  it('links names of one file, but no others', async () => {
    const to = jail();
    await save(to, [{ a: 'same', b: { type: 'hardlink', link: 'a' }, c: 'same' }]);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => statSync(path.join(to.inside, name)).ino);
    assert.equal(a, b);
    assert.notEqual(a, c);
  });

  it('replaces nothing, and follows nothing that is there', async () => {
    const to = jail();
    symlinkSync(to.canary, path.join(to.inside, 'etc'));
    symlinkSync(path.join(to.canary, 'secret'), path.join(to.inside, 'file'));
    symlinkSync(path.join(to.canary, 'new'), path.join(to.inside, 'dangling'));
    writeFileSync(path.join(to.inside, 'mine'), 'mine');
    mkdirSync(path.join(to.inside, 'shared'));
    const problems = await save(to, [
      { 'etc/passwd': 'pwned', file: 'pwned', dangling: 'pwned', mine: 'theirs', 'shared/new': 'new' },
    ]);
    assert.deepEqual(
      problems.map(({ subject }) => subject),
      ['/dangling', '/etc', '/file', '/mine'],
    );
    assert.equal(readFileSync(path.join(to.inside, 'mine'), 'utf8'), 'mine');
    assert.equal(readFileSync(path.join(to.inside, 'shared/new'), 'utf8'), 'new');
    to.check();
  });

  it('replaces what is there when it is told to, but no directory, and follows nothing', async () => {
    const to = jail();
    symlinkSync(to.canary, path.join(to.inside, 'etc'));
    symlinkSync(path.join(to.canary, 'secret'), path.join(to.inside, 'file'));
    symlinkSync(path.join(to.canary, 'new'), path.join(to.inside, 'dangling'));
    writeFileSync(path.join(to.inside, 'mine'), 'mine');
    writeFileSync(path.join(to.inside, 'link'), 'mine');
    writeFileSync(path.join(to.inside, 'again'), 'mine');
    mkdirSync(path.join(to.inside, 'folder'));
    const problems = await save(
      to,
      [
        {
          again: 'same',
          also: { type: 'hardlink', link: 'again' },
          dangling: 'theirs',
          'etc/passwd': 'theirs',
          file: 'theirs',
          folder: 'theirs',
          link: { type: 'symlink', link: 'mine' },
          mine: 'theirs',
        },
      ],
      { replaces: true },
    );
    assert.deepEqual(
      problems.map(({ subject }) => subject),
      ['/etc', '/folder'],
    );
    for (const name of ['dangling', 'file', 'mine'])
      assert.equal(readFileSync(path.join(to.inside, name), 'utf8'), 'theirs', name);
    assert.equal(readlinkSync(path.join(to.inside, 'link')), 'mine');
    const [again, also] = ['again', 'also'].map((name) => statSync(path.join(to.inside, name)).ino);
    assert.equal(again, also);
    assert.deepEqual(
      treeOf(to.inside).filter((name) => name.startsWith('.lamina')),
      [],
    );
    assert.deepEqual(readdirSync(to.canary), ['secret']);
    await save(to, [{ again: 'same', also: { type: 'hardlink', link: 'again' } }], { replaces: true });
    assert.deepEqual(
      treeOf(to.inside).filter((name) => name.startsWith('.lamina')),
      [],
    );
  });

  it('writes an entry under a name that the user chose, or its contents alone', async () => {
    const to = jail();
    const layers = [{ 'a/b/c': 'c', 'a/b/d/e': 'e', 'a/x': 'x' }];
    await save(to, layers, { path: parseLayerPath('/a/b'), name: 'chosen' });
    await save(to, layers, { path: parseLayerPath('/a/x'), name: 'con' });
    await save(to, layers, { path: parseLayerPath('/a/b'), isContents: true });
    assert.deepEqual(treeOf(to.inside), [
      'c',
      'chosen/',
      'chosen/c',
      'chosen/d/',
      'chosen/d/e',
      'con',
      'd/',
      'd/e',
    ]);
    for (const name of ['..', '.', '', '../x', 'a/b'])
      await assert.rejects(save(to, layers, { path: parseLayerPath('/a/x'), name }), (error) =>
        isEngineError(error, 'invalid-path'),
      );
    to.check();
  });

  it('says so before anything is written, when the folder has that directory already', async () => {
    const to = jail();
    mkdirSync(path.join(to.inside, 'etc'));
    const saving = save(to, [{ 'etc/motd': '' }], { path: parseLayerPath('/etc') });
    await assert.rejects(saving, (error) => isEngineError(error, 'already-exists'));
    assert.deepEqual(treeOf(to.inside), ['etc/']);
  });

  it('does not make the folder it is to write into', async () => {
    const to = { ...jail(), inside: path.join(tempDir().path, 'absent') };
    await assert.rejects(save(to, [{ f: '' }]), (error) => isEngineError(error, 'not-found'));
  });

  it('takes a link that the user chose as the folder', async () => {
    const to = jail();
    const chosen = path.join(tempDir().path, 'chosen');
    symlinkSync(to.inside, chosen);
    await save({ ...to, inside: chosen }, [{ f: 'f' }]);
    assert.deepEqual(treeOf(to.inside), ['f']);
  });

  it('goes on after a file that cannot be read, and leaves no half of it', async () => {
    const to = jail();
    const problems = await save(to, [{ a: 'a', bad: 'bad', c: 'c' }], {
      read: async function* (file) {
        yield Buffer.from(file.name);
        await Promise.resolve();
        if (file.path === '/bad') throw new EngineError('digest-mismatch', 'bad', 'its bytes are other ones');
      },
    });
    assert.deepEqual(problems, [{ code: 'not-saved', subject: '/bad', detail: 'its bytes are other ones' }]);
    assert.deepEqual(treeOf(to.inside), ['a', 'c']);
  });

  it('stops at once when the disk is full, or it is told to', async () => {
    for (const code of ['no-space', 'cancelled'] as const) {
      const to = jail();
      const saving = save(to, [{ a: '1', b: '2' }], {
        // eslint-disable-next-line require-yield -- it fails before its first bytes.
        read: async function* () {
          await Promise.resolve();
          throw new EngineError(code, 'a', code);
        },
      });
      await assert.rejects(saving, (error) => isEngineError(error, code));
      assert.deepEqual(treeOf(to.inside), []);
    }
  });

  it('leaves out paths that are too long for the system, and what is below', async () => {
    const to = jail();
    const deep = Array.from({ length: 3000 }, () => 'dd').join('/');
    const problems = await save(to, [{ [deep]: 'bottom', beside: 'b' }]);
    assert.equal(problems.length, 1);
    assert.ok(existsSync(path.join(to.inside, 'beside')));
  }).timeout(20_000);

  describe('cannot be led out of the folder', () => {
    for (const [what, layers] of Object.entries(breakouts))
      it(what, async () => {
        const to = jail();
        await save(to, layers);
        to.check();
      });

    it('by any of the shared vectors', async () => {
      for (const { id, tars } of unionCases()) {
        const to = jail();
        await saveTars(to, tars);
        to.check(id);
      }
    }).timeout(20_000);
  });
});

interface Jail {
  /** The folder that is written into. */
  readonly inside: string;
  /** A folder beside it, which must stay as it is. */
  readonly canary: string;
  readonly check: (what?: string) => void;
}

function jail(): Jail {
  const directory = tempDir().path;
  const [inside, canary] = ['inside', 'canary'].map((name) => path.join(directory, name)) as [string, string];
  for (const folder of [inside, canary]) mkdirSync(folder);
  writeFileSync(path.join(canary, 'secret'), 'secret');
  const before = stateOf(directory, canary);
  return {
    inside,
    canary,
    check: (what) => {
      assert.deepEqual(stateOf(directory, canary), before, what);
      for (const name of treeOf(inside).filter((each) => !each.endsWith('/')))
        if (lstatSync(path.join(inside, name)).isFile())
          assert.notEqual(readFileSync(path.join(inside, name), 'utf8'), 'secret', `${what ?? ''} ${name}`);
    },
  };
}

function stateOf(directory: string, canary: string): unknown {
  const secret = statSync(path.join(canary, 'secret'));
  return {
    beside: readdirSync(directory),
    canary: readdirSync(canary),
    content: readFileSync(path.join(canary, 'secret'), 'utf8'),
    attributes: [secret.mode, secret.mtimeMs, secret.nlink, statSync(canary).mtimeMs, statSync(canary).mode],
  };
}

function save(
  to: Jail,
  layers: readonly LayerLiteral[],
  options: Partial<ExportRequest> = {},
): Promise<readonly Problem[]> {
  return saveTars(to, layers.map(layerTar), options);
}

function saveTars(
  to: Jail,
  tars: readonly Buffer[],
  options: Partial<ExportRequest> = {},
): Promise<readonly Problem[]> {
  const view = createUnionView(tars.map((tar) => indexTar(tar)));
  return exportTree({
    view,
    path: parseLayerPath('/'),
    destination: to.inside,
    read: async function* (file) {
      await Promise.resolve();
      yield contentOf(view, tars, file);
    },
    ...options,
  });
}

/** Every name below a folder, links not followed. */
function treeOf(directory: string, prefix = ''): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const name = `${prefix}${entry.name}`;
      return entry.isDirectory()
        ? [`${name}/`, ...treeOf(path.join(directory, entry.name), `${name}/`)]
        : [name];
    });
}

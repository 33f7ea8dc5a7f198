import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { openClassicContext } from '../../../../src/engine/build/classic/openClassicContext.ts';
import type { KnownSum } from '../../../../src/engine/build/classic/sentContext.ts';
import { SumMemory } from '../../../../src/engine/build/classic/sumMemory.ts';
import { tempDir, type TempDir } from '../../../support/tempDir.ts';

/** The sums are what Docker Engine 20.10.24 printed for these files, sent by the CLI of that age. */
describe('the sums of the classic builder', () => {
  for (const [sources, sum] of [
    [['a.txt'], 'file:10e2dd0f00fd23499597fed9d8453224b97b76b22ed1f8bfab8efdf2b79ed26d'],
    [['./a.txt'], 'file:10e2dd0f00fd23499597fed9d8453224b97b76b22ed1f8bfab8efdf2b79ed26d'],
    [['src'], 'dir:a8cfd13033d5cdf02605740de449742997c43b6fe0d125f7fc422b7133746d86'],
    [['srcl'], 'dir:a8cfd13033d5cdf02605740de449742997c43b6fe0d125f7fc422b7133746d86'],
    [['a.txt', 'b.txt', 'src'], 'multi:36aa93d425a30187107d4f0ac930255d00b0de5cc77b7faf3a40244f233a25b3'],
    [['*.txt'], 'multi:e350acbe9ce058df57bfaa920e0ff831c3fdc5643694173e274fa72ac5e52171'],
    [['src/*.txt'], 'multi:2195aa602529a8412beab471b5f5b510fb75f45806fde3d230e778c84d4bed09'],
    [['linkd'], 'dir:9c38c63e194d64163fedb8bc2af4d65542d30afa952c5370203fab25bdcd1bc9'],
  ] as const)
    it(`${sources.join(' ')}: ${sum.slice(0, 12)}…`, async () => {
      const folder = makeContext();
      const found = await openClassicContext(requestIn(folder), { hasTypeBits: true }).sum(sources);
      assert.equal(found.kind === 'sum' && found.text, sum);
    });

  it('are others of a newer client, which sends modes without their types', async () => {
    const found = await openClassicContext(requestIn(makeContext())).sum(['a.txt']);
    assert.equal(
      found.kind === 'sum' && found.text,
      'file:fb2ef221e83c84a93740c829bee4baab212d1689bfb4058b34bada70a5899e97',
    );
  });

  it('leave out what is ignored, and have directories that are not sent by their path', async () => {
    const folder = makeContext();
    const sumOfSrc = async (ignored: string): Promise<readonly string[]> => {
      writeFileSync(folder.file('.dockerignore'), ignored);
      const found = await openClassicContext(requestIn(folder)).sum(['src']);
      return found.kind === 'sum'
        ? found.files.map(({ path, sum }) => (path === sum ? `${path}!` : path))
        : [];
    };
    const all = [
      'src',
      'src/dlink',
      'src/hard',
      'src/link',
      'src/o.txt',
      'src/one.txt',
      'src/sub',
      'src/sub/two.txt',
      'src/unk',
    ];
    assert.deepEqual(await sumOfSrc(''), all);
    assert.deepEqual(await sumOfSrc('src/o*\nsrc/dlink'), [
      'src',
      'src/hard',
      'src/link!',
      'src/sub',
      'src/sub/two.txt',
      'src/unk',
    ]);
    assert.deepEqual(await sumOfSrc('src\n!src/sub/two.txt'), ['src!', 'src/sub!', 'src/sub/two.txt']);
  });

  it('count an ignore file as another in each build when the Dockerfile lies elsewhere', async () => {
    const folder = makeContext();
    writeFileSync(folder.file('.dockerignore'), 'x\n');
    const sumOf = async (dockerfile: string): Promise<unknown> => {
      const found = await openClassicContext({ context: folder.path, dockerfile }).sum(['.dockerignore']);
      return found.kind === 'sum' && found.text;
    };
    assert.equal(await sumOf('/elsewhere/Dockerfile'), `file:${'0'.repeat(64)}`);
    assert.notEqual(await sumOf(folder.file('Dockerfile')), `file:${'0'.repeat(64)}`);
  });

  it('tell what is not there, and what cannot be looked at', async () => {
    const folder = makeContext();
    symlinkSync('round', folder.file('round'));
    const context = openClassicContext(requestIn(folder));
    assert.deepEqual(await context.sum(['a.txt', 'none']), { kind: 'missing', source: 'none' });
    assert.deepEqual(await context.sum(['*.none']), { kind: 'missing', source: '*.none' });
    assert.deepEqual(await context.sum(['round']), { kind: 'missing', source: 'round' });
    if (process.getuid?.() === 0) return;
    chmodSync(folder.file('src/sub/two.txt'), 0);
    assert.deepEqual(await context.sum(['src']), { kind: 'unreadable', path: 'src/sub/two.txt' });
  });

  it('read a file again only when it became another', async () => {
    const folder = makeContext();
    const known = new Map<string, KnownSum>();
    const memory = new SumMemory();
    const sumOf = async (): Promise<string> => {
      const found = await openClassicContext(requestIn(folder), { known, memory }).sum(['a.txt']);
      return found.kind === 'sum' ? found.text : '';
    };
    const first = await sumOf();
    writeFileSync(folder.file('a.txt'), 'two\n');
    const second = await sumOf();
    assert.notEqual(second, first);
    assert.deepEqual(
      memory.filesOf(first)?.map(({ path }) => path),
      ['a.txt'],
    );
    rmSync(folder.file('a.txt'));
    assert.equal(await sumOf(), '');
  });
});

function requestIn(folder: TempDir): { readonly context: string; readonly dockerfile: string } {
  return { context: folder.path, dockerfile: folder.file('Dockerfile') };
}

function makeContext(): TempDir {
  const folder = tempDir();
  for (const directory of ['src', 'src/sub', 'linkd']) {
    mkdirSync(folder.file(directory));
    chmodSync(folder.file(directory), 0o755);
  }
  const files = {
    'a.txt': 'one\n',
    'b.txt': 'two\n',
    'src/one.txt': 'x\n',
    'src/sub/two.txt': 'y\n',
    'src/o.txt': '',
    'src/unk': '',
  };
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(folder.file(name), content);
    chmodSync(folder.file(name), 0o644);
  }
  linkSync(folder.file('src/one.txt'), folder.file('src/hard'));
  symlinkSync('one.txt', folder.file('src/link'));
  symlinkSync('sub', folder.file('src/dlink'));
  symlinkSync('nowhere', folder.file('linkd/broken'));
  symlinkSync('src', folder.file('srcl'));
  return folder;
}

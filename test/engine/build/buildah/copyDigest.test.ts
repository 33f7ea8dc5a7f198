import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { CopySettings } from '../../../../src/engine/build/buildah/buildahInput.ts';
import { openBuildahContext } from '../../../../src/engine/build/buildah/openBuildahContext.ts';
import { readOwnerNames, readRootNames } from '../../../../src/engine/build/buildah/ownerNames.ts';
import { openClassicContext } from '../../../../src/engine/build/classic/openClassicContext.ts';
import { encodeTar } from '../../../support/tarBytes.ts';
import { tempDir, type TempDir } from '../../../support/tempDir.ts';

const deep = `${'d'.repeat(60)}/${'d'.repeat(60)}`;

/** The digests are what buildah 1.28.2 printed for these files, which belonged to root. */
describe('the digests of buildah', () => {
  for (const [what, source, destination, settings, digest] of [
    [
      'a file that is renamed',
      'a.txt',
      '/a',
      {},
      'file:2daffd64fd55e1d25b02f77443bf54e3c4a1df30bc865e0695c0dd231e37bf29',
    ],
    [
      'a file that keeps its name',
      'a.txt',
      '/q/',
      {},
      'file:e28c7f61d98dd5f1300f032959855dcef3bbc840e4f43be6da45ee788a3c1ea7',
    ],
    ['a directory', 'f', '/', {}, 'dir:42f8cb045d2f9c8b6b60e35ed6cb20d5b113727885ae344e9376e6c6a6cd0fae'],
    ['one below', 'g', '/', {}, 'dir:e860e8831ad7f9a6eaf909e4901e7653e7da0cdf68a0cd9b1d937896cfed1b47'],
    ['a link', 'h', '/', {}, 'dir:93836d53cadbffbd3b347b756034fde44b7a882e3f8b39255292c748e6b5a6ad'],
    ['a hard link', 'i', '/', {}, 'dir:bb4ba55a44a10dc8449a879721553d3feba411cd0ade054582da931ff03fefe6'],
    ['a long name', 'long', '/1', {}, 'dir:45a7af4fbd69298bbe1736f937e65783ba97c9ffb0cd6ec01df639202e7e879d'],
    ['a long path', 'deep', '/2', {}, 'dir:eab4449e602c21ddf7f2893cb0dcc95ec26d8089f876df3f9988ec44858c4a24'],
    [
      'names of other scripts',
      'uni',
      '/3',
      {},
      'dir:a1368f8bb2637c7f72ce21282a3b2dcb0640d658b0217c7b2cf145a9f6f1bc0b',
    ],
    ['a long link', 'link', '/5', {}, 'dir:60aaff6d73a7d94aa8f05edbe43fdc978e292ffb658483579e36756802318d01'],
    [
      '--chown and --chmod',
      'xa/b',
      '/10',
      { owner: { uid: 7, gid: 8 }, mode: 0o600 },
      'file:ab209f91da142d7efca2c4bdab1c902fcf48e96f903dc1015143d34d934fdd9a',
    ],
  ] as const)
    it(what, async () => {
      const texts = await digestsOf(makeContext(), [source], destination, settings);
      assert.ok(texts.includes(digest), texts.join(' '));
    });

  it('of several sources are one of all', async () => {
    const folder = makeContext();
    const [both] = await digestsOf(folder, ['a.txt', 'f'], '/x/');
    const [same] = await digestsOf(folder, ['a.*', 'f'], '/x/');
    assert.match(both ?? '', /^multi:/);
    assert.equal(both, same);
  });

  it('of an archive that is unpacked do not count its times, or how it is packed', async () => {
    const folder = makeContext();
    const tar = (mtime: number): Buffer => encodeTar([{ name: 'in', content: 'q\n', mtime }]);
    writeFileSync(folder.file('one.tar'), tar(1));
    writeFileSync(folder.file('two.tar'), tar(2));
    writeFileSync(folder.file('packed.tgz'), gzipSync(tar(3)));
    const [one] = await digestsOf(folder, ['one.tar'], '/x/', {}, true);
    assert.match(one ?? '', /^file:/);
    for (const name of ['two.tar', 'packed.tgz'])
      assert.deepEqual(await digestsOf(folder, [name], '/x/', {}, true), [one], name);
    assert.notDeepEqual(await digestsOf(folder, ['one.tar'], '/x/'), [one]);
  });

  it('are not given for what is not there, or packed in a way that is not read', async () => {
    const folder = makeContext();
    writeFileSync(folder.file('x.xz'), Buffer.from('fd377a585a000000', 'hex'));
    const context = open(folder);
    const ask = (sources: readonly string[]): Promise<{ readonly kind: string }> =>
      context.digests({ sources, destination: '/x', isAdd: true }, {});
    assert.equal((await ask(['none'])).kind, 'missing');
    assert.equal((await ask(['x.xz'])).kind, 'unknown');
    // Buildah takes it for a pattern once more, and copies what that matches.
    writeFileSync(folder.file('a[1].txt'), '');
    assert.equal((await ask(['a[[]1].txt'])).kind, 'unknown');
  });
});

describe('a hostile context', () => {
  it('has pipes that are not waited for, and links that go round', async function () {
    this.timeout(10_000);
    const folder = tempDir();
    for (const name of ['pipe', '.dockerignore', 'etc/passwd']) {
      mkdirSync(path.dirname(folder.file(name)), { recursive: true });
      execFileSync('sh', ['-c', 'mkfifo "$0"', folder.file(name)]);
    }
    symlinkSync('round', folder.file('round'));
    writeFileSync(folder.file('line\nbreak'), 'x');
    readOwnerNames(folder.path, folder.file('etc'));
    const context = open(folder);
    const ask = async (source: string): Promise<string> =>
      (await context.digests({ sources: [source], destination: '/x/', isAdd: true }, {})).kind;
    assert.equal(await ask('pipe'), 'digests');
    assert.equal(await ask('.'), 'digests');
    assert.equal(await ask('round'), 'missing');
    const classic = openClassicContext({ context: folder.path, dockerfile: folder.file('Dockerfile') });
    assert.equal((await classic.sum(['pipe', '.'])).kind, 'sum');
  });
});

describe('names of owners', () => {
  it('are those of the context, and of root and nobody where systemd gives them', () => {
    const folder = tempDir();
    mkdirSync(folder.file('system'));
    mkdirSync(folder.file('etc'));
    writeFileSync(folder.file('system/nsswitch.conf'), 'passwd: files systemd\ngroup: files\n');
    writeFileSync(folder.file('system/passwd'), 'root:x:0:0::/:\nme:x:1000:1000::/:\n');
    writeFileSync(folder.file('etc/passwd'), 'app:x:1001:1001::/:\n');
    const names = readOwnerNames(folder.path, folder.file('system'));
    assert.deepEqual(
      [0, 1000, 1001, 65_534].map((id) => names.user(id)),
      ['root', '', 'app', 'nobody'],
    );
    assert.equal(names.group(0), '');
    // Podman's client sends all as root's.
    assert.equal(readRootNames(folder.path, folder.file('system')).user(1001), 'root');
  });
});

async function digestsOf(
  folder: TempDir,
  sources: readonly string[],
  destination: string,
  settings: CopySettings = {},
  isAdd = false,
): Promise<readonly string[]> {
  const answer = await open(folder).digests({ sources, destination, isAdd }, settings);
  assert.ok(answer.kind === 'digests', JSON.stringify(answer));
  return answer.texts;
}

function open(folder: TempDir): ReturnType<typeof openBuildahContext> {
  const names = { user: () => 'root', group: () => 'root' };
  const rules = { isIgnored: () => false, isSkipped: () => false };
  return openBuildahContext(folder.path, { rules, names, mayStartPrograms: false });
}

function makeContext(): TempDir {
  const folder = tempDir();
  const put = (name: string, content: string): void => {
    mkdirSync(path.dirname(folder.file(name)), { recursive: true });
    writeFileSync(folder.file(name), content);
    chmodSync(folder.file(name), 0o644);
  };
  put('a.txt', 'one\n');
  for (const name of ['f/a', 'g/sub/a', 'h/a', 'i/a', `long/${'n'.repeat(120)}`]) put(name, '1\n');
  put(`deep/${deep}/file`, '2\n');
  put('uni/grüße-日本.txt', '3\n');
  put('xa/b', '5\n');
  mkdirSync(folder.file('link'));
  symlinkSync('t'.repeat(130), folder.file('link/l'));
  symlinkSync('a', folder.file('h/l'));
  linkSync(folder.file('i/a'), folder.file('i/b'));
  for (const directory of ['g/sub', `deep/${deep}`, path.dirname(`deep/${deep}`)])
    chmodSync(folder.file(directory), 0o755);
  return folder;
}

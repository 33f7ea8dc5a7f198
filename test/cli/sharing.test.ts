import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { buildImage } from '../support/buildImage.ts';
import { samplePath } from '../support/makeSample.ts';
import { laminaJson, runLamina } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeDockerArchive } from '../support/writeDockerArchive.ts';

const [hello, config, preConfig] = ['hello-nginx', 'config-nginx', 'pre-config-nginx'].map(
  (name) => `${samplePath}:${name}`,
) as [string, string, string];

describe('lamina sharing', () => {
  const directory = tempDir();
  const store = directory.file('store');

  it("shows the lesson's images, and what comes in another order", async () => {
    const { code, stdout, stderr } = await runLamina(['sharing', hello, config, preConfig], { store });
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    assert.match(stdout, /\nA +hello-nginx:latest +\S+ +\S+ +0B +\S+ +0B\n/);
    // The base is shared by all, the page's layer by two.
    assert.match(stdout, /\n0 += {3}= {3}= /);
    assert.match(stdout, /\n6 += {3}= {3}[.~] /);
    assert.match(
      stdout,
      /\nTo send an image to someone who has another:\nSEND +TO NOBODY +HAS A +HAS B +HAS C\n/,
    );
  });

  it('says the same as JSON', async () => {
    const report = await laminaJson<{
      images: { name: string; id: string; size: number; shared: number; unique: number }[];
      layers: { places: { image: number; layer: number; isChainShared: boolean }[] }[];
      transfers: { layers: number }[][];
    }>(['sharing', '--json', hello, config, preConfig], { store });
    assert.deepEqual(
      report.images.map(({ name, size, shared, unique }) => [name, size - shared === unique]),
      [
        ['hello-nginx:latest', true],
        ['config-nginx:latest', true],
        ['pre-config-nginx:latest', true],
      ],
    );
    assert.equal(report.images[0]!.unique, 0);
    assert.equal(report.transfers[1]![0]!.layers, 0);
    assert.deepEqual(
      report.layers.slice(0, 6).map(({ places }) => places.length),
      [3, 3, 3, 3, 3, 3],
    );
  });

  it('tells the same changes in another order, whether bytes or only files are the same', async () => {
    const index = { 'www/': { type: 'dir', mtime: 1 }, 'www/index.html': 'hello' } as const;
    const later = { ...index, 'www/': { type: 'dir', mtime: 2 } } as const;
    const conf = { 'etc/nginx.conf': 'events {}' };
    const archive = (name: string, ...layers: Parameters<typeof buildImage>[0][number][]): string =>
      writeDockerArchive(buildImage([{ base: '' }, ...layers]), directory.file(name));
    const first = archive('first.tar', index, conf);
    const text = async (other: string): Promise<string> =>
      (await runLamina(['sharing', first, other], { store })).stdout;
    assert.match(
      await text(archive('moved.tar', conf, index)),
      /\nA and B: the same layers in another order above 1 common layer: same content, other chain\n/,
    );
    const rebuilt = await text(archive('rebuilt.tar', conf, later));
    assert.match(rebuilt, /A and B: the same changes, but for times, in another order above 1 common layer/);
    assert.match(rebuilt, /\(same files as #\d\)/);
    assert.doesNotMatch(
      await text(archive('other.tar', conf, { 'www/index.html': 'HELLO' })),
      /another order/,
    );
  });
});

describe('lamina diff', () => {
  const directory = tempDir();
  const store = directory.file('store');
  const below = {
    'etc/': { type: 'dir', mtime: 1 },
    'etc/passwd': 'root',
    'opt/old/a': '',
    'opt/old/b': '',
    'srv/': { type: 'dir' },
  } as const;
  const changes = {
    'etc/': { type: 'dir', mtime: 9 },
    'etc/passwd': 'root, admin',
    'opt/.wh.old': '',
    'new/in/here': '1',
    'srv/': { type: 'dir', mtime: 77 },
  } as const;
  const images = {
    one: buildImage([below], { names: ['docker.io/library/one:1'] }),
    two: buildImage([below, changes], { names: ['docker.io/library/two:1'] }),
  };
  const file = (name: keyof typeof images): string =>
    writeDockerArchive(images[name], directory.file(`${name}.tar`));

  it('lists what docker diff lists', async () => {
    const { stdout } = await runLamina(['diff', file('one'), file('two')], { store });
    assert.equal(stdout, 'C /etc\nC /etc/passwd\nA /new\nA /new/in\nA /new/in/here\nC /opt\nD /opt/old\n');
    const back = await runLamina(['diff', file('two'), file('one')], { store });
    assert.equal(
      back.stdout,
      'C /etc\nC /etc/passwd\nD /new\nC /opt\nA /opt/old\nA /opt/old/a\nA /opt/old/b\n',
    );
  });

  it('says what differs, times of folders too', async () => {
    const found = await laminaJson<{ path: string; change: string; differs: string[] }[]>(
      ['diff', '--json', file('one'), file('two')],
      { store },
    );
    assert.deepEqual(
      found.map(({ path, change, differs }) => [path, change, differs.join(' ')]),
      [
        ['etc', 'modified', 'mtime'],
        ['etc/passwd', 'modified', 'content'],
        ['new', 'added', ''],
        ['new/in', 'added', ''],
        ['new/in/here', 'added', ''],
        ['opt/old', 'removed', ''],
        ['opt/old/a', 'removed', ''],
        ['opt/old/b', 'removed', ''],
        ['srv', 'modified', 'mtime'],
      ],
    );
  });

  it('shows the attributes that differ, whichever they are', async () => {
    const made = (name: string, value: string, minor: number): string => {
      const layer = {
        tool: { content: 'x', xattrs: { 'user.a': value } },
        node: { type: 'char', dev: [1, minor] as const },
      } as const;
      return writeDockerArchive(buildImage([layer]), directory.file(name));
    };
    const found = await laminaJson<{ path: string; before: object; after: object }[]>(
      ['diff', '--json', made('x1.tar', '1', 3), made('x2.tar', '2', 5)],
      { store },
    );
    const sides = found.map(({ path, before, after }) => [path, pick(before), pick(after)]);
    assert.deepEqual(sides, [
      ['node', { dev: '1:3' }, { dev: '1:5' }],
      ['tool', { xattrs: { 'user.a': '31' } }, { xattrs: { 'user.a': '32' } }],
    ]);
    function pick(side: { readonly dev?: string; readonly xattrs?: object }): object {
      return { ...(side.dev && { dev: side.dev }), ...(side.xattrs && { xattrs: side.xattrs }) };
    }
  });

  it('compares the lists of layers', async () => {
    const { stdout } = await runLamina(['diff', '--layers', config, preConfig], { store });
    const marks = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(0, 5));
    assert.deepEqual(marks.slice(0, 6), ['=   0', '=   1', '=   2', '=   3', '=   4', '=   5']);
    assert.ok(marks.includes('-   6') && marks.includes('+   6'));
  });
});

describe('lamina load', () => {
  const directory = tempDir();

  it('reads an archive from standard input', async () => {
    const store = directory.file('store');
    const image = buildImage([{ 'etc/motd': 'hello' }], { names: ['docker.io/library/motd:1'] });
    const stdin = readFileSync(writeDockerArchive(image, directory.file('motd.tar')));
    for (const args of [['load'], ['load', '-'], ['load', '-i', '-']])
      assert.equal((await runLamina(args, { store, stdin })).stdout, 'Loaded image: motd:1\n');
    assert.equal((await runLamina(['cat', 'motd:1:/etc/motd'], { store })).stdout, 'hello');
  });
});

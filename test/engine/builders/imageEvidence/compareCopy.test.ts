import assert from 'node:assert/strict';
import type { Content, LayerLiteral } from '../../../support/buildImage.ts';
import { encodeTar } from '../../../support/tarBytes.ts';
import { type ContextLiteral, tell, written } from './seenImage.ts';

const context: ContextLiteral = {
  'a.txt': 'hello\n',
  'b.txt': 'bee\n',
  run: { text: '#!/bin/sh\n', mode: 0o755 },
  'src/one': '1',
  'src/sub/two': '22',
  'src/link': '->one',
  'src/empty/': '',
  'pkg/x/f': 'f',
  'pkg/y': 'y',
  ln: '->src/one',
};
const src = {
  one: '1',
  'sub/': '',
  'sub/two': '22',
  link: { type: 'symlink', link: 'one' },
  'empty/': '',
} as const;

/** What `src` holds, below a directory. */
function srcIn(directory: string): Readonly<Record<string, Content>> {
  return Object.fromEntries(Object.entries(src).map(([name, content]) => [`${directory}/${name}`, content]));
}

interface Options {
  readonly flags?: string;
  readonly now?: ContextLiteral;
  readonly keyword?: 'COPY' | 'ADD';
  /** What stands above it, and the layer that it made. */
  readonly above?: readonly [line: string, layer: LayerLiteral];
  readonly version?: string;
  readonly created?: string;
}

/** What is said of `COPY words` whose layer holds this, and which paths are others. */
async function copied(words: string, layer: LayerLiteral, options: Options = {}): Promise<readonly string[]> {
  const { flags = '', now = {}, keyword = 'COPY', above, version = 'v0.33.0', created } = options;
  const shown = /^0\.[0-9]\./.test(version) ? '' : flags.replace(/--(?:exclude|link)\S* /g, '');
  const { states, seen } = await tell({
    dockerfile: `FROM base\n${above === undefined ? '' : `${above[0]}\n`}${keyword} ${flags}${words}\n`,
    context: { ...context, ...now },
    history: [
      ...(above === undefined ? [] : [[above[0], above[1]] as const]),
      [`${keyword} ${shown}${words} # buildkit`, layer],
    ],
    version,
    ...(created !== undefined && { created }),
  });
  const { finding } = seen.steps.at(-1) ?? {};
  const paths = finding?.reason.paths?.map(({ path, change }) => `${path} ${change}`) ?? [];
  return [states.at(-1) ?? '', ...paths];
}

describe('The layer of a COPY, beside what it would copy now', () => {
  it('has a file under the name of the destination, or in it where it is a directory', async () => {
    assert.deepEqual(await copied('a.txt /x', { x: 'hello\n' }), ['same']);
    assert.deepEqual(await copied('a.txt /x/', { 'x/': '', 'x/a.txt': 'hello\n' }), ['same']);
    assert.deepEqual(await copied('a.txt /x/.', { 'x/a.txt': 'hello\n' }), ['same']);
    assert.deepEqual(await copied('a.txt /etc', { 'etc/': '', 'etc/a.txt': 'hello\n' }), ['same']);
    assert.deepEqual(
      await copied('a.txt /deep/er/x', { 'deep/': '', 'deep/er/': '', 'deep/er/x': 'hello\n' }),
      ['same'],
    );
    assert.deepEqual(await copied('a.txt b.txt /d/', { 'd/a.txt': 'hello\n', 'd/b.txt': 'bee\n' }), ['same']);
  });

  it('names files as they are called in the context', async () => {
    const all: LayerLiteral = {
      ...{ 'a.txt': 'hello\n', 'b.txt': 'bee\n', run: '#!/bin/sh\n' },
      ...{ 'pkg/': '', 'pkg/x/': '', 'pkg/x/f': 'f', 'pkg/y': 'yy', 'src/': '' },
      ln: { type: 'symlink', link: 'src/one' },
      ...srcIn('src'),
    };
    assert.deepEqual(await copied('. /', all), ['rebuild files-changed', 'pkg/y content', 'run mode']);
  });

  it('has it where the image has a link to a directory', async () => {
    assert.deepEqual(await copied('a.txt /lib/x', { 'usr/lib/x': 'hello\n' }), ['same']);
    assert.deepEqual(await copied('a.txt /lib/', { 'usr/lib/a.txt': 'hello\n' }), ['same']);
    assert.deepEqual(await copied('src /lib', srcIn('usr/lib')), ['same']);
  });

  it('has what is in a directory, not the directory', async () => {
    assert.deepEqual(await copied('src /app', srcIn('app')), ['same']);
    assert.deepEqual(await copied('src/ /app/', srcIn('app')), ['same']);
    assert.deepEqual(await copied('src /', src), ['same']);
    const whole = { 'w/a.txt': 'hello\n' };
    assert.deepEqual((await copied('. /w', whole))[0], 'rebuild files-changed');
  });

  it('has what wildcards match, each for itself', async () => {
    assert.deepEqual(await copied('*.txt /d/', { 'd/a.txt': 'hello\n', 'd/b.txt': 'bee\n' }), ['same']);
    assert.deepEqual(await copied('s*c/sub/two /d/', { 'd/two': '23' }), [
      'unknown same-size-and-time',
      'src/sub/two content',
    ]);
    assert.deepEqual(await copied('*.none /d/', {}), ['unknown not-shown']);
  });

  it('does not show all names that wildcards match, nor files whose place others took', async () => {
    for (const [words, layer] of [
      ['pkg/* /d/', { 'd/f': 'f', 'd/y': 'y' }],
      ['pkg/*/f /d/', { 'd/f': 'f' }],
      ['a.* /x', { x: 'hello\n' }],
    ] as const)
      assert.deepEqual(await copied(words, layer), ['unknown not-shown'], words);
    const now = { 'other/a.txt': 'that\n' };
    assert.deepEqual(await copied('other/a.txt a.txt /d/', { 'd/a.txt': 'hello\n' }, { now }), [
      'unknown not-shown',
    ]);
  });

  it('has what a link leads to, where it is the source itself', async () => {
    assert.deepEqual(await copied('ln /f', { f: '1' }), ['same']);
    assert.deepEqual(await copied('ln /d/', { 'd/ln': '1' }), ['same']);
  });

  it('has the parents too with --parents, and lacks what --exclude says', async () => {
    assert.deepEqual(
      await copied(
        'src/sub/two /d/',
        { 'd/src/': '', 'd/src/sub/': '', 'd/src/sub/two': '22' },
        { flags: '--parents ' },
      ),
      ['same'],
    );
    // That it was made with the same patterns is not shown.
    const excluded = { 'app/one': '1', 'app/link': src.link, 'app/empty/': '' };
    assert.deepEqual(await copied('src /app', excluded, { flags: '--exclude=sub ' }), ['unknown not-shown']);
  });

  it('has files that heredocs make', async () => {
    const heredoc = async (layer: LayerLiteral): Promise<readonly string[]> => {
      const { states } = await tell({
        dockerfile: 'FROM base\nCOPY <<F1 <<F2 /d/\none\nF1\ntwo\nF2\n',
        history: [['COPY <<F1 <<F2 /d/ # buildkit', layer]],
      });
      return states;
    };
    assert.deepEqual(await heredoc({ 'd/F1': 'one\n', 'd/F2': 'two\n' }), ['same']);
    assert.deepEqual(await heredoc({ 'd/F1': 'one\n', 'd/F2': 'owt\n' }), ['rebuild files-changed']);
  });

  it('shows what was added, removed, and changed', async () => {
    const { one, ...less } = src;
    assert.equal(one, '1');
    const layer = Object.fromEntries(Object.entries(less).map(([name, content]) => [`app/${name}`, content]));
    assert.deepEqual(await copied('src /app', layer), ['rebuild files-changed', 'src/one added']);
    const more = { ...(srcIn('app') as object), 'app/sub/gone': '' };
    assert.deepEqual(await copied('src /app', more), ['rebuild files-changed', 'src/sub/gone removed']);
    assert.deepEqual(await copied('a.txt /x', { x: 'other than that\n' }), [
      'rebuild files-changed',
      'a.txt content',
    ]);
    assert.deepEqual(await copied('run /x', { x: '#!/bin/sh\n' }), ['rebuild files-changed', 'run mode']);
    const other = { ...(srcIn('app') as object), 'app/link': { type: 'symlink', link: 'two' } } as const;
    assert.deepEqual(await copied('src /app', other), ['rebuild files-changed', 'src/link link']);
    const file = { ...(srcIn('app') as object), 'app/link': '1' };
    assert.deepEqual(await copied('src /app', file), ['rebuild files-changed', 'src/link type']);
  });

  it('lets open what the builder may not look at', async () => {
    assert.deepEqual(await copied('a.txt /x', { x: 'other\n' }), [
      'unknown same-size-and-time',
      'a.txt content',
    ]);
    // One that was written and left alone cannot have the time of what was there before.
    const just = { 'a.txt': { text: 'hello\n', mode: 0o644, keepsTime: true } } as const;
    const second = { x: { content: 'other\n', mtime: Math.floor(Date.now() / 1000) } };
    assert.deepEqual(await copied('a.txt /x', second, { now: just }), [
      'rebuild files-changed',
      'a.txt content',
    ]);
    const later = { x: { content: 'other\n', mtime: written + 5 } };
    assert.deepEqual(await copied('a.txt /x', later), ['rebuild files-changed', 'a.txt content']);
    const closed = { ...(srcIn('app') as object), 'app/sub/': { type: 'dir', mode: 0o700 } } as const;
    assert.deepEqual(await copied('src /app', closed), ['unknown not-compared', 'src/sub mode']);
  });

  it('does not count the own mode of the directory that is copied', async () => {
    assert.deepEqual(
      await copied('src /app', { 'app/': { type: 'dir', mode: 0o700 }, ...(srcIn('app') as object) }),
      ['same'],
    );
  });

  it('does not show the modes of sources under --chmod, nor old flags', async () => {
    const layer = { x: { content: 'hello\n', mode: 0o600 } };
    assert.deepEqual(await copied('a.txt /x', layer, { flags: '--chmod=600 ' }), ['unknown not-shown']);
    assert.deepEqual(await copied('a.txt /x', layer, { flags: '--chmod=644 ', version: '0.8.4' }), [
      'rebuild flag-changed',
      'a.txt mode',
    ]);
  });

  it('has the owners that --chown means', async () => {
    const owned = (uid: number, gid: number): LayerLiteral => ({ x: { content: 'hello\n', uid, gid } });
    const chown = (owner: string): Options => ({ flags: `--chown=${owner} ` });
    assert.deepEqual(await copied('a.txt /x', owned(5, 6), chown('5:6')), ['same']);
    assert.deepEqual(await copied('a.txt /x', owned(5, 5), chown('5')), ['same']);
    assert.deepEqual(await copied('a.txt /x', owned(1000, 1001), chown('app')), ['same']);
    assert.deepEqual(await copied('a.txt /x', owned(1000, 33), chown('app:web')), ['same']);
    assert.deepEqual(await copied('a.txt /x', owned(1000, 33), chown('nobody')), ['unknown not-shown']);
    assert.deepEqual(await copied('a.txt /x', owned(1, 1)), ['rebuild flag-changed', 'a.txt owner']);
  });

  it('has files that ADD does not unpack, and does not show archives', async () => {
    const add = { keyword: 'ADD' } as const;
    assert.deepEqual(await copied('a.txt /x', { x: 'hello\n' }, add), ['same']);
    assert.deepEqual(await copied('a.txt /d/', { 'd/in': 'it', 'd/too': '' }, add), ['unknown not-shown']);
  });

  it('has what was in an archive, so that another archive shows', async () => {
    const tar = (content: string, mtime = written): string =>
      encodeTar([
        { name: './f', content, mtime },
        { name: 'd/', type: 'dir' },
      ]).toString('latin1');
    const layer = { 'd/': '', 'd/f': { content: 'in', mtime: written } };
    const added = (text: string, created = '2024-01-01T00:00:00Z'): Promise<readonly string[]> =>
      copied('t.tar /d/', layer, { keyword: 'ADD', now: { 't.tar': text }, created });
    assert.deepEqual(await added(tar('in')), ['unknown not-shown']);
    assert.deepEqual(await added(tar('inside')), ['rebuild files-changed', 't.tar: f content']);
    assert.deepEqual(await added(tar('IN')), ['rebuild files-changed', 't.tar: f content']);
    assert.deepEqual(await added(tar('in', written + 1)), ['rebuild files-changed', 't.tar: f content']);
    // A time that the builder was told to write says nothing.
    assert.deepEqual(await added(tar('in', written + 1), '2023-11-14T22:13:20Z'), ['unknown not-shown']);
    assert.deepEqual(await added(encodeTar([{ name: 'other', content: 'in' }]).toString()), [
      'rebuild files-changed',
      't.tar: other added',
    ]);
    assert.deepEqual(await added(encodeTar([{ name: 'd/.wh.f' }]).toString()), ['unknown not-shown']);
    assert.deepEqual(await added(tar('inside').slice(0, 514)), ['unknown not-shown']);
  });

  it('has the directory that nothing is copied to', async () => {
    assert.deepEqual(await copied('none* /d/', { 'd/': '' }), ['unknown not-shown']);
    assert.deepEqual(await copied('none* /deep/d/', { 'deep/': '', 'deep/d/': '' }), ['unknown not-shown']);
  });

  it('may lack what was there just so', async () => {
    const above = ['WORKDIR /d', { 'd/': '', 'd/a.txt': 'hello\n' }] as const;
    assert.deepEqual(await copied('a.txt /d/', {}, { above }), ['same']);
    const older = ['WORKDIR /d', { 'd/a.txt': { content: 'hello\n', mtime: 1 } }] as const;
    assert.deepEqual(await copied('a.txt /d/', {}, { above: older }), [
      'rebuild files-changed',
      'a.txt added',
    ]);
  });

  it('is taken for the same however its sources and its destination are written', async () => {
    const written = async (now: string, then: string, layer: LayerLiteral): Promise<readonly string[]> => {
      const { states } = await tell({
        dockerfile: `FROM base\nWORKDIR /w\nCOPY ${now}\n`,
        context,
        history: [
          ['WORKDIR /w', { 'w/': '' }],
          [`COPY ${then} # buildkit`, layer],
        ],
        image: { runtime: { Env: ['PATH=/bin'], WorkingDir: '/w' } },
      });
      return states.slice(1);
    };
    const x = { 'w/x': 'hello\n' };
    assert.deepEqual(await written('./a.txt x', 'a.txt /w/x', x), ['same']);
    assert.deepEqual(await written('["a.txt", "x"]', '/a.txt ./x', x), ['same']);
    assert.deepEqual(await written('a.txt x', 'a.txt y', x), ['rebuild destination-changed']);
    assert.deepEqual(await written('a.txt x', 'b.txt x', x), ['rebuild text-changed']);
    assert.deepEqual(await written('--chown=0 a.txt x', 'a.txt x', x), ['rebuild flag-changed']);
    assert.deepEqual(await written('a.txt x', '--chown=0 a.txt x', x), ['rebuild flag-changed']);
  });
});

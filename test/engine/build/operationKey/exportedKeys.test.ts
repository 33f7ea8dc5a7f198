import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LayerPath } from '../../../../src/engine/base/layerPath.ts';
import { contentDigest, type ContentSource } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { headerDigest } from '../../../../src/engine/build/contentKey/contentTree.ts';
import {
  cacheFolderDigest,
  type CopyAction,
  copyDigest,
  heredocDigest,
  mergeDigest,
  workdirDigest,
} from '../../../../src/engine/build/operationKey/fileKey.ts';
import { imageKeys } from '../../../../src/engine/build/operationKey/imageKeys.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { outputKey } from '../../../../src/engine/build/operationKey/outputKey.ts';
import {
  runDigest,
  type RunMount,
  type RunOperation,
} from '../../../../src/engine/build/operationKey/runKey.ts';
import type { Sha256 } from '../../../../src/engine/build/sha256.ts';
import { parseDiffId, parseDigest } from '../../../../src/engine/oci/digest.ts';
import { contentTree, plainHeader } from '../../../support/contentTree.ts';

interface Vectors {
  readonly base: Base;
  readonly engines: Readonly<
    Record<string, { readonly base?: Base; readonly computed: Readonly<Record<string, { key: string }>> }>
  >;
}

interface Base {
  readonly manifest: string;
  readonly diff_ids: readonly string[];
}

const file = path.join(import.meta.dirname, '../../../fixtures/vectors/cache-keys.json');
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;
const platform = { os: 'linux', architecture: 'amd64' };

/** The context that all of these builds had; what `.dockerignore` hides is not in it. */
const context = contentTree({
  '.dockerignore': 'skip\n',
  'a.txt': 'hello\n',
  'b.txt': { text: 'bee\n', mode: 0o600 },
  'src/one.txt': { text: '1\n', mode: 0o755 },
  'src/sub/two.txt': '22\n',
  'src/empty/': '',
  'pkg/x/deep/f': 'f\n',
  'pkg/y': 'y\n',
  link: '->src/one.txt',
  'src/inner': '->../a.txt',
});

const versions = {
  'docker-20.10.24': { buildKit: '0.8.4', network: 'none' },
  'v0.12.5': { buildKit: 'v0.12.5', network: 'default' },
  'v0.33.0': { buildKit: 'v0.33.0', network: 'default' },
  'docker-29': { buildKit: 'v0.33.0', network: 'none' },
  'v0.33.0-epoch': { buildKit: 'v0.33.0', network: 'default' },
} as const;

describe('Keys that real BuildKits exported', () => {
  for (const [name, { buildKit, network }] of Object.entries(versions))
    it(`are computed byte for byte: ${name}`, () => {
      const engine = vectors.engines[name];
      assert.ok(engine !== undefined);
      const keys = name.endsWith('-epoch')
        ? datedKeys(engine.base ?? vectors.base)
        : keysOf(engine.base ?? vectors.base, buildKit, network);
      const expected = Object.entries(engine.computed).map(([what, { key }]) => [what, key] as const);
      assert.ok(expected.length >= 6);
      const found = expected.map(([what]) => [what, keys.get(what)]);
      assert.deepEqual(found, expected);
    });
});

/** Every key under the name that the vectors give it. */
function keysOf(base: Base, buildKit: string, network: 'default' | 'none'): ReadonlyMap<string, Sha256> {
  const format = keyFormatOf(buildKit);
  const isNewest = format.matchStyle === '0.26';
  const keys = new Map<string, Sha256>(baseKeys(base));
  const tree = { input: 1, isOfTree: true };
  const copy = (name: string, from: string, to: string, more: Partial<CopyAction> = {}): void => {
    keys.set(name, outputKey(copyDigest([{ ...tree, from, to, ...more }], format), 0));
  };
  const content = (name: string, ...sources: readonly ContentSource[]): void => {
    keys.set(`content ${name}`, outputKey(contentDigest(context, sources, format), -1));
  };
  const env = ['PATH=/usr/bin:/bin', 'FOO=bar', 'V=1'];
  const last = { env, cwd: isNewest ? '/uw' : '/w', user: 'app', network, platform };
  const run = (name: string, args: readonly string[], more: Partial<RunOperation> = {}): void => {
    keys.set(name, outputKey(runDigest({ ...last, args, ...more }, format), 0));
  };
  const mounted = (name: string, text: string, mount: RunMount, more: Partial<RunOperation> = {}): void => {
    run(`RUN --mount ${name}`, ['/bin/sh', '-c', text], { mounts: [mount], ...more });
  };
  const heredoc = (name: string, text: string, mode: number, at: string): void => {
    keys.set(`heredoc ${name}`, outputKey(heredocDigest('EOF', Buffer.from(text), mode), 0));
    const made = contentTree({ EOF: { text, mode } }, { ...plainHeader, type: 'directory', mode: 0o755 });
    const digest = contentDigest(made, [plain(at)], format);
    keys.set(`content heredoc ${name}`, outputKey(digest, -1));
  };

  keys.set('WORKDIR /w', outputKey(workdirDigest('/w', format), 0));
  content('a.txt', plain('a.txt'));
  content('a.txt b.txt', plain('a.txt'), plain('b.txt'));
  content('src', plain('src'));
  content('*.txt', matched('*.txt'));
  content('pkg/*', matched('pkg/*'));
  content('link', plain('link'));
  content('.', plain(''));
  copy('COPY a.txt /a.txt', 'a.txt', '/a.txt');
  const two = ['a.txt', 'b.txt'].map((from) => ({ ...tree, from, to: '/two/' }));
  keys.set('COPY a.txt b.txt /two/', outputKey(copyDigest(two, format), 0));
  copy('COPY src /src', 'src', '/src');
  copy('COPY *.txt /wild/', '*.txt', '/wild/');
  copy('COPY pkg/* /pkg/', '*', '/pkg/');
  copy('COPY link /linked', 'link', '/linked');
  copy('COPY . /all', '/', '/all');
  copy('COPY --chown=1000:1000 a.txt rel.txt', 'a.txt', '/w/rel.txt', { owner: { user: 1000, group: 1000 } });
  copy('COPY --chmod=0600 a.txt /m.txt', 'a.txt', '/m.txt', { mode: 0o600 });
  copy('ADD a.txt /add.txt', 'a.txt', '/add.txt', { isUnpacked: true });
  const nobody = { cwd: '/w', user: '' };
  run('RUN shell form', ['/bin/sh', '-c', 'echo x > /x && echo "<&>"'], nobody);
  run('RUN exec form', ['/bin/echo', 'exec form']);

  mounted('bind', 'echo y', { type: 'bind', input: 1, to: '/m', isWritable: false });
  const cache = {
    type: 'cache',
    to: '/c',
    id: '//c',
    isUsualId: true,
    sharing: 'shared',
    input: -1,
  } as const;
  mounted('cache', 'echo c', cache);
  mounted('tmpfs', 'echo t', { type: 'tmpfs', to: '/t' });
  const secret = { type: 'secret', to: '/s', id: 'tok', mode: 0o400, isOptional: true } as const;
  mounted('secret', 'echo s', secret);
  heredoc('file', 'v 1\n', 0o644, 'EOF');
  copy('COPY <<EOF /here', 'EOF', '/here', { isOfTree: false });

  run('RUN in build', ['/bin/sh', '-c', 'mkdir /o && echo x > /o/f && ln -s f /o/l'], {
    ...nobody,
    env: env.slice(0, 1),
    cwd: '/',
  });
  const stage = contentTree({ 'o/f': 'x\n', 'o/l': '->f' });
  keys.set('content --from=build /o', outputKey(contentDigest(stage, [plain('o')], format), -1));
  copy('COPY --from=build /o /o', 'o', '/o');
  copy('COPY */*.txt /wild2/', '*.txt', '/wild2/');
  content('*/*.txt', matched('*/*.txt'));
  copy('COPY src/*/two.txt /deep/', 'two.txt', '/deep/');
  content('src/*/two.txt', matched('src/*/two.txt'));
  copy('COPY [a-b].txt /class/', '[a-b].txt', '/class/');
  copy('COPY *k /links/', '*k', '/links/');
  content('*k', matched('*k'));
  copy('COPY --chown=app:web', 'a.txt', '/named', { owner: { user: 'app', group: 'web' } });
  copy('COPY --chown=app', 'a.txt', '/named1', { owner: { user: 'app' } });
  copy('COPY --chown=0:0', 'a.txt', '/zero', { owner: { user: 0, group: 0 } });
  copy('COPY --chmod=u+x,g-r', 'a.txt', '/sym', { mode: 'u+x,g-r' });
  copy('COPY --exclude=*.txt src /ex', 'src', '/ex', { exclude: ['*.txt'] });
  const isText = (at: string): boolean => /^[^/]*\.txt$/.test(at);
  content(
    '--exclude=*.txt src',
    matched('src', (at) => !isText(at)),
  );
  copy('COPY --exclude=sub --exclude=**/y . /ex2', '/', '/ex2', { exclude: ['sub', '**/y'] });
  content(
    '--exclude=sub --exclude=**/y .',
    matched('', (at) => !/^sub(\/|$)|(^|\/)y$/.test(at)),
  );
  copy('COPY --exclude=x pkg/* /ex3/', '*', '/ex3/', { exclude: ['x'] });
  content(
    '--exclude=x pkg/*',
    matched('pkg/*', (at) => !/^x(\/|$)/.test(at)),
  );
  const parents = ['src/sub/two.txt', 'a.txt'];
  const required = parents.map((at) => ({
    ...tree,
    from: '/',
    to: '/par/',
    include: [at],
    required: [`/${at}`],
  }));
  keys.set('COPY --parents src/sub/two.txt a.txt /par/', outputKey(copyDigest(required, format), 0));
  content('--parents src/sub/two.txt a.txt', ...parents.map((at) => matched('', (found) => found === at)));
  copy('COPY --parents src/./sub/*.txt /par2/', 'src', '/par2/', { include: ['sub/*.txt'] });
  content(
    '--parents src/./sub/*.txt',
    matched('src', (at) => /^sub\/[^/]*\.txt$/.test(at)),
  );
  copy('COPY --parents **/two.txt /par3/', '/', '/par3/', { include: ['**/two.txt'] });
  content(
    '--parents **/two.txt',
    matched('', (at) => /(^|\/)two\.txt$/.test(at)),
  );
  const linked = [{ ...tree, input: 0, from: 'a.txt', to: '/lnk' }];
  keys.set('COPY --link a.txt /lnk', outputKey(copyDigest(linked, format, 1, true), 0));
  keys.set('COPY --link merge', outputKey(mergeDigest(2, format), 0));
  copy('ADD --unpack=false b.txt /b.txt', 'b.txt', '/b.txt');
  content('b.txt', plain('b.txt'));
  run('RUN <<EOF', ['/bin/sh', '-c', 'echo one\necho two\n'], nobody);
  heredoc('script', '#!/bin/sh\necho script\n', 0o755, '');
  run('RUN <<EOF script', ['/bin/sh', '-c', '/dev/pipes/EOF'], {
    ...nobody,
    mounts: [{ type: 'bind', input: 1, to: '/dev/pipes/', isWritable: false }],
  });
  keys.set('WORKDIR /uw as app', outputKey(workdirDigest('/uw', format, { user: 'app' }), 0));
  mounted('bind rw', 'echo rw', { type: 'bind', input: 1, to: '/m', isWritable: true });
  mounted('bind from=build', 'cat /m/f', { type: 'bind', input: 1, to: '/m', isWritable: false });
  mounted('cache id sharing', 'echo id', { ...cache, id: 'one', isUsualId: false, sharing: 'locked' });
  mounted('cache uid', 'echo uid', { ...cache, input: 1 });
  const made = cacheFolderDigest(0o755, { user: 1000, group: 0 }, format);
  keys.set('cache mount folder', outputKey(made, 0));
  const folder = contentTree({}, { ...plainHeader, uid: 1000, type: 'directory', mode: 0o755 });
  const ofFolder = contentDigest(folder, [plain('')], format);
  keys.set('content cache mount folder', outputKey(ofFolder, -1));
  mounted('tmpfs size', 'echo ts', { type: 'tmpfs', to: '/t', sizeBytes: 65536 });
  run('RUN --mount secret env', ['/bin/sh', '-c', 'echo se'], {
    secretEnv: [{ id: 'tok', name: 'TOK', isOptional: true }],
  });
  const agent = '/run/buildkit/ssh_agent.0';
  const ssh = { type: 'ssh', to: agent, mode: 0o600, isOptional: true } as const;
  mounted('ssh', 'echo ssh', ssh, { env: [...env, `SSH_AUTH_SOCK=${agent}`] });
  run('RUN --network=none', ['/bin/sh', '-c', 'echo none'], { network: 'none' });
  return keys;
}

function datedKeys(base: Base): ReadonlyMap<string, Sha256> {
  const format = keyFormatOf('0.33.0');
  const run = { args: ['/bin/sh', '-c', 'echo x'], env: ['PATH=/usr/bin:/bin'], cwd: '/w', platform };
  const copy = [{ input: 1, isOfTree: true, from: 'a.txt', to: '/a.txt' }];
  return new Map([
    ...baseKeys(base),
    ['WORKDIR /w', outputKey(workdirDigest('/w', format, undefined, 1_700_000_000n), 0)],
    ['content a.txt', outputKey(contentDigest(context, [plain('a.txt')], format), -1)],
    ['COPY a.txt /a.txt', outputKey(copyDigest(copy, format), 0)],
    ['RUN', outputKey(runDigest(run, format), 0)],
  ]);
}

function baseKeys({ manifest, diff_ids: diffIds }: Base): readonly (readonly [string, Sha256])[] {
  const keys = imageKeys(parseDigest(manifest), diffIds.map(parseDiffId), platform);
  const byLayers = keys.byLayers ?? headerDigest({ ...plainHeader, type: 'file', mode: 0 });
  return [
    ['FROM by manifest', outputKey(keys.byManifest, 0)],
    ['FROM by layer chain', outputKey(byLayers, 0)],
  ];
}

function plain(at: string): ContentSource {
  return { path: `/${at}` as LayerPath };
}

function matched(at: string, isWanted: (path: string) => boolean = () => true): ContentSource {
  return { path: `/${at}` as LayerPath, isWanted };
}

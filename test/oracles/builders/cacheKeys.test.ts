import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import { BuildContext } from '../../../src/engine/build/contextHash/buildContext.ts';
import { contentDigest } from '../../../src/engine/build/contentKey/contentKey.ts';
import { copyDigest, workdirDigest } from '../../../src/engine/build/operationKey/fileKey.ts';
import { keyFormatOf } from '../../../src/engine/build/operationKey/keyFormat.ts';
import { outputKey } from '../../../src/engine/build/operationKey/outputKey.ts';
import type { Sha256 } from '../../../src/engine/build/sha256.ts';
import type { DockerEngine } from '../../machine/dockerEngine.mjs';
import { startDocker20, startDocker29 } from '../../machine/dockerEngines.mjs';
import { orSkip } from '../../machine/missing.mjs';
import { readTar } from '../../support/readTar.ts';
import { tempDir } from '../../support/tempDir.ts';

/** Forms that the exported keys in `test/fixtures/vectors` do not have: from scratch, and more sources than two. */
const dockerfile = [
  'FROM scratch',
  'COPY a b c /three/',
  'WORKDIR /w',
  'COPY a b c d /four/',
  'COPY d a d/x /less/',
  'COPY . a /all/',
].join('\n');
const linked = ['COPY --link a b /two/', 'COPY --link c /c'].join('\n');

describe('cache keys of real BuildKits', () => {
  for (const [name, buildKit, start] of [
    ['Docker Engine 20.10', '0.8.4', () => startDocker20()],
    ['Docker Engine 29', '0.33.0', () => startDocker29({ store: 'containerd' })],
  ] as const)
    it(`${name}: are all computed`, async function () {
      this.timeout(120_000);
      const engine = await orSkip(this, start);
      try {
        const isNew = buildKit === '0.33.0';
        const folder = makeContext(isNew ? `${dockerfile}\n${linked}` : dockerfile);
        const exported = await exportedBy(engine, folder);
        const computed = await computedOf(folder, buildKit);
        const missing = [...computed].filter(([, key]) => !exported.has(key)).map(([what]) => what);
        assert.deepEqual(missing, []);
        const known = new Set(computed.values());
        // The merges of --link are in the list of the other test.
        const unexplained = [...exported].filter((key) => !known.has(key as Sha256));
        assert.equal(unexplained.length, isNew ? 1 : 0, unexplained.join(' '));
      } finally {
        await engine.stop();
      }
    });
});

function makeContext(text: string): string {
  const folder = tempDir();
  for (const name of ['a', 'b', 'c']) writeFileSync(folder.file(name), name);
  mkdirSync(folder.file('d'), { mode: 0o755 });
  writeFileSync(path.join(folder.path, 'd/x'), 'x');
  writeFileSync(folder.file('Dockerfile'), `${text}\n`);
  return folder.path;
}

/** The digests in the inline cache of the image that is built. */
async function exportedBy({ docker }: DockerEngine, folder: string): Promise<ReadonlySet<string>> {
  const archive = path.join(tempDir().path, 'image.tar');
  const env = { DOCKER_BUILDKIT: '1' };
  await docker(['build', '--build-arg', 'BUILDKIT_INLINE_CACHE=1', '-t', 'keys:1', folder], { env });
  await docker(['save', '-o', archive, 'keys:1']);
  const entries = await readTar(archive);
  const manifest = JSON.parse(entries.get('manifest.json')?.toString() ?? '') as { Config: string }[];
  const config = JSON.parse(entries.get(manifest[0]?.Config ?? '')?.toString() ?? '') as Record<
    string,
    string
  >;
  const records = Buffer.from(config['moby.buildkit.cache.v0'] ?? '', 'base64').toString();
  return new Set((JSON.parse(records) as { digest: string }[]).map(({ digest }) => digest));
}

async function computedOf(folder: string, buildKit: string): Promise<ReadonlyMap<string, Sha256>> {
  const format = keyFormatOf(buildKit);
  const context = new BuildContext(folder, {
    isIgnored: () => false,
    isSkipped: () => false,
  });
  await context.scan();
  const copy = (to: string, sources: readonly string[], isOnNothing = false): Sha256 => {
    const input = isOnNothing ? 0 : 1;
    const actions = sources.map((from) => ({ input, isOfTree: true, from: baseOf(from), to }));
    return outputKey(copyDigest(actions, format, input + 1, isOnNothing), 0);
  };
  const content = (...sources: readonly string[]): Sha256 => {
    const paths = sources.map((source) => ({ path: `/${source === '.' ? '' : source}` as LayerPath }));
    return outputKey(contentDigest(context.root, paths, format), -1);
  };
  const keys = new Map<string, Sha256>([
    ['three, on nothing', copy('/three/', ['a', 'b', 'c'], true)],
    ['content of three', content('a', 'b', 'c')],
    ['WORKDIR', outputKey(workdirDigest('/w', format), 0)],
    ['four', copy('/four/', ['a', 'b', 'c', 'd'])],
    ['content of four', content('a', 'b', 'c', 'd')],
    ['less', copy('/less/', ['d', 'a', 'd/x'])],
    ['content of less', content('d', 'a', 'd/x')],
    ['all', copy('/all/', ['.', 'a'])],
    ['content of all', content('.', 'a')],
  ]);
  if (buildKit !== '0.33.0') return keys;
  return new Map([
    ...keys,
    ['two, linked', copy('/two/', ['a', 'b'], true)],
    ['content of two', content('a', 'b')],
    ['one, linked', copy('/c', ['c'], true)],
    ['content of one', content('c')],
  ]);
}

function baseOf(source: string): string {
  return source === '.' ? '/' : path.posix.basename(source);
}

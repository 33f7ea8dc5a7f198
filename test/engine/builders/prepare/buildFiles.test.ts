import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import type { BuilderIdentity } from '../../../../src/engine/build/builder.ts';
import { findIgnoreFile, rulesOf } from '../../../../src/engine/builders/prepare/buildFiles.ts';
import { tempDir } from '../../../support/tempDir.ts';

const names = ['d/File.dockerignore', 'd/File.containerignore', '.containerignore', '.dockerignore'] as const;

/** By each builder, of four files that each leave out one, those that it left out: run with buildah 1.28 and Podman 4.3. */
const leftOut: readonly (readonly [Pick<BuilderIdentity, 'kind' | 'client'>, ...(readonly string[])[]])[] = [
  [{ kind: 'buildkit', client: 'buildx' }, [names[0]], [names[3]], [names[3]], [names[3]]],
  [{ kind: 'classic', client: 'docker-cli' }, [names[3]], [names[3]], [names[3]], [names[3]]],
  [{ kind: 'buildah', client: 'buildah' }, [names[0]], [names[1]], [names[2]], [names[3]]],
  [{ kind: 'buildah', client: 'api' }, [names[0]], [names[1]], [names[2]], [names[3]]],
  [{ kind: 'buildah', client: 'podman' }, [names[0], names[2]], [names[1], names[2]], [names[2]], [names[3]]],
];

describe('The ignore file of a build', () => {
  for (const [builder, ...expected] of leftOut)
    it(`is found as ${builder.kind} finds it by ${builder.client}`, async () => {
      const context = tempDir().path;
      mkdirSync(path.join(context, 'd'));
      for (const name of names) writeFileSync(path.join(context, name), `${name}\n`);
      for (const [at, wanted] of expected.entries()) {
        const files = await findIgnoreFile({ context, dockerfile: path.join(context, 'd/File') }, builder);
        const rules = rulesOf(files);
        assert.deepEqual(
          names.filter((name) => rules.isIgnored(name)),
          wanted,
        );
        rmSync(path.join(context, names[at] ?? ''));
      }
    });

  it('takes nothing back of what the other one leaves out', async () => {
    for (const [own, other] of [
      ['a\n!b\n', 'b\n'],
      ['b\n', 'a\n!b\n'],
    ] as const) {
      const context = tempDir().path;
      writeFileSync(path.join(context, 'File.dockerignore'), own);
      writeFileSync(path.join(context, '.dockerignore'), other);
      const request = { context, dockerfile: path.join(context, 'File') };
      const rules = rulesOf(await findIgnoreFile(request, { kind: 'buildah', client: 'podman' }));
      assert.deepEqual(
        [rules.isIgnored('a'), rules.isIgnored('b'), rules.isIgnored('c')],
        [true, true, false],
      );
    }
  });

  it('leaves the Dockerfile in a tar, out of which BuildKit reads it', async () => {
    const context = tempDir().path;
    writeFileSync(path.join(context, '.dockerignore'), '*');
    const request = { context, dockerfile: path.join(context, 'a[b].Dockerfile') };
    const rules = rulesOf(await findIgnoreFile(request, { kind: 'buildkit', client: 'api' }));
    assert.deepEqual(
      ['a[b].Dockerfile', 'ab.Dockerfile', 'c'].map((name) => rules.isIgnored(name)),
      [false, true, true],
    );
  });

  it('that is no file, or leads in a circle, is no answer', async () => {
    const context = tempDir().path;
    const request = { context, dockerfile: path.join(context, 'File') };
    const builder = { kind: 'buildkit', client: 'buildx' } as const;
    mkdirSync(path.join(context, '.dockerignore'));
    await assert.rejects(findIgnoreFile(request, builder), (error) => isEngineError(error, 'not-a-file'));
    symlinkSync('File.dockerignore', path.join(context, 'File.dockerignore'));
    await assert.rejects(findIgnoreFile(request, builder), (error) => isEngineError(error));
  });
});

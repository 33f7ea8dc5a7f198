import assert from 'node:assert/strict';
import type { BuildahContext } from '../../../../src/engine/build/buildah/buildahInput.ts';
import type { CopyAnswer } from '../../../../src/engine/build/buildah/copyDigest.ts';
import { withForeignDockerfile } from '../../../../src/engine/build/buildah/foreignDockerfile.ts';

describe('A Dockerfile that Podman’s client adds to the context', () => {
  const known: CopyAnswer = { kind: 'digests', texts: ['dir:1'], files: [], changed: 0 };
  const plain: BuildahContext = { digests: () => Promise.resolve(known) };
  const context = withForeignDockerfile(plain, '/home/me/my.Dockerfile');

  for (const [source, kind] of [
    ['.', 'unknown'],
    ['/', 'unknown'],
    ['home', 'unknown'],
    ['/home/me/', 'unknown'],
    ['home/me/my.Dockerfile', 'unknown'],
    ['h*', 'unknown'],
    ['hom', 'digests'],
    ['home/you', 'digests'],
    ['*.md', 'digests'],
  ] as const)
    it(`makes COPY ${source} ${kind === 'unknown' ? 'unknown' : 'nothing else'}`, async () => {
      const question = { sources: ['app', source], destination: '/', isAdd: false };
      assert.equal((await context.digests(question, {})).kind, kind);
    });
});

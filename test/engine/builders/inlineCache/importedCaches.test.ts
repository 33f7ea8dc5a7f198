import assert from 'node:assert/strict';
import { EngineError } from '../../../../src/engine/base/errors.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import type { AskForImage } from '../../../../src/engine/builders/bases/findBase.ts';
import { importedCaches } from '../../../../src/engine/builders/inlineCache/importedCaches.ts';
import { type DiffId, parseDiffId } from '../../../../src/engine/oci/digest.ts';
import { planOf } from '../../../support/planOf.ts';

const [step, result] = ['step', 'result'].map(sha256);
const layer: DiffId = parseDiffId(`sha256:${'a'.repeat(64)}`);

/** A registry with one image that has an inline cache, and one that has none. */
const ask: AskForImage = (name, platform) => {
  const image = { id: name, names: [name], platform, diffIds: [layer], config: {}, builds: [] };
  if (name === 'docker.io/library/plain:latest') return Promise.resolve(image);
  if (name === 'docker.io/library/closed:latest')
    return Promise.reject(new EngineError('unauthorized', name, 'no'));
  if (name !== 'docker.io/library/app:1')
    return Promise.reject(new EngineError('not-found', name, 'it is not there'));
  const records = [{ digest: step }, { digest: result, inputs: [[{}]], layers: [{ layer: 0 }] }];
  const inlineCache = Buffer.from(JSON.stringify(records)).toString('base64');
  return Promise.resolve({ ...image, inlineCache });
};

describe('Caches that a build is told to import', () => {
  it('are those of images in registries: the keys of all steps, and the results of those with layers', async () => {
    for (const from of ['app:1', 'type=registry,ref=app:1']) {
      const { seen, unread } = await imported([from]);
      assert.deepEqual(unread, []);
      const [build] = seen;
      assert.equal(build?.isImported, true);
      assert.deepEqual(
        build.records.map(({ key, isKeyAlone = false }) => [key, isKeyAlone]),
        [
          [step, true],
          [result, false],
        ],
      );
    }
  });

  it('are none where the image has none, or is not there', async () => {
    assert.deepEqual(await imported(['plain', 'gone']), { seen: [], unread: [] });
  });

  it('are not read where nobody may be asked, of other kinds, and where an engine has images of its own for them', async () => {
    assert.deepEqual((await imported(['closed', 'type=gha'])).unread, ['closed', 'type=gha']);
    assert.deepEqual((await imported(['app:1'], { isAsked: false })).unread, ['app:1']);
    assert.deepEqual((await imported(['app:1'], { imageStore: 'classic' })).unread, ['app:1']);
  });
});

function imported(
  cacheFrom: readonly string[],
  {
    isAsked = true,
    imageStore = 'containerd',
  }: { readonly isAsked?: boolean; readonly imageStore?: 'classic' | 'containerd' } = {},
): ReturnType<typeof importedCaches> {
  const identity = { id: 'test', kind: 'buildkit', client: 'buildx', name: 'test', imageStore } as const;
  const plan = planOf('FROM scratch\nCOPY a /a\n', {});
  return importedCaches(
    { builder: { identity }, request: { cacheFrom }, plan },
    isAsked ? ask : undefined,
    {},
  );
}

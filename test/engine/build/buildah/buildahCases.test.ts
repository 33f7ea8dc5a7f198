import assert from 'node:assert/strict';
import type { CacheReport } from '../../../../src/engine/build/cache/cacheReport.ts';
import { predictBuildah } from '../../../../src/engine/build/buildah/predictBuildah.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { BuildCaseFolder } from '../../../support/buildCaseFolder.ts';
import { FakeCaseWorld } from '../../../support/buildCaseImages.ts';
import { type BuildCase, expectedLetters, readBuildCases } from '../../../support/buildCases.ts';
import { BuildahStore, contextsOf, linuxAmd64, owners } from '../../../support/buildahStore.ts';
import { type Score, scoreOf, tableOf } from '../../../support/predictionScore.ts';
import { tempDir } from '../../../support/tempDir.ts';

describe('buildah on the cases', () => {
  for (const evidence of ['through Lamina', 'image only'] as const)
    it(`1.28.2, ${evidence}: nothing wrong, and little that is not known`, async function () {
      this.timeout(120_000);
      const scores: Score[] = [];
      for (const buildCase of readBuildCases()) {
        const expected = expectedLetters(buildCase, 'buildah@1.28.2');
        if (expected === undefined) continue;
        const report = await predict(buildCase, evidence === 'through Lamina');
        scores.push(scoreOf(buildCase, report, expected));
      }
      const { wrong, share, lines } = tableOf(scores);
      assert.deepEqual(wrong, [], lines.join('\n'));
      assert.ok(share >= (evidence === 'through Lamina' ? 0.95 : 0.7), `${share}\n${lines.join('\n')}`);
    });
});

async function predict(buildCase: BuildCase, isSeen: boolean): Promise<CacheReport> {
  using directory = tempDir();
  const world = new FakeCaseWorld();
  const folder = await BuildCaseFolder.layOut(buildCase, { directory: directory.path, salt: 'salt', world });
  const store = new BuildahStore(world);
  await store.build(folder.request(buildCase.build1), folder.text);
  await folder.edit(buildCase.edits);
  if (buildCase.between !== undefined) {
    await store.build(folder.request(buildCase.between.build), folder.text);
    await folder.edit(buildCase.between.edits);
  }
  const request = folder.request(buildCase.build2);
  const contexts = contextsOf(request);
  const context = contexts.get('');
  assert.ok(context);
  const names = [...folder.images.values()];
  return await predictBuildah({
    builder: { id: 'test', kind: 'buildah', client: 'buildah', name: 'buildah', version: '1.28.2' },
    command: 'buildah build --layers .',
    request,
    dockerfile: parseDockerfile(folder.text),
    platform: linuxAmd64,
    images: store.images,
    hasLayers: true,
    pulled: new Map(names.map((name) => [name, store.atRegistry(name)] as const)),
    context,
    namedContexts: contexts,
    ownerIn: (_, owner) => {
      const [uid, gid = uid] = (owners[owner] ?? '').split(':').map(Number);
      return Promise.resolve(uid === undefined || gid === undefined ? undefined : { uid, gid });
    },
    ...(isSeen && {
      imageDigest: (image: string, sources: readonly string[], destination: string) =>
        Promise.resolve(store.imageDigest(image, sources, destination)),
    }),
    evidence: [{ kind: 'builder-images', isChecked: true }],
  });
}

import assert from 'node:assert/strict';
import type { BuildRequest } from '../../../../src/engine/build/buildRequest.ts';
import type { CacheReport } from '../../../../src/engine/build/cache/cacheReport.ts';
import type { ClassicInput } from '../../../../src/engine/build/classic/classicInput.ts';
import { openClassicContext } from '../../../../src/engine/build/classic/openClassicContext.ts';
import { predictClassic } from '../../../../src/engine/build/classic/predictClassic.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { BuildCaseFolder } from '../../../support/buildCaseFolder.ts';
import { FakeCaseWorld } from '../../../support/buildCaseImages.ts';
import {
  type BuildCase,
  type CaseLetters,
  expectedLetters,
  readBuildCases,
} from '../../../support/buildCases.ts';
import { ClassicStore } from '../../../support/classicStore.ts';
import { scoreOf, type Score, tableOf } from '../../../support/predictionScore.ts';
import { tempDir } from '../../../support/tempDir.ts';

const engines = [
  { name: 'classic@docker-20.10.24', version: '20.10.24' },
  { name: 'classic@docker-29', version: '29.0.0' },
] as const;

describe('the classic builder on the cases', () => {
  for (const { name, version } of engines)
    for (const evidence of ['through Lamina', 'image only'] as const)
      it(`${name}, ${evidence}: nothing wrong, and little that is not known`, async function () {
        this.timeout(60_000);
        const scores: Score[] = [];
        for (const buildCase of readBuildCases()) {
          const expected = expectedLetters(buildCase, name);
          if (expected === undefined || isOfAnotherKind(buildCase, expected)) continue;
          const report = await predict(buildCase, version, evidence === 'through Lamina');
          scores.push(scoreOf(buildCase, report, expected));
        }
        const { wrong, share, lines } = tableOf(scores);
        assert.deepEqual(wrong, [], lines.join('\n'));
        assert.ok(share >= (evidence === 'through Lamina' ? 0.95 : 0.7), `${share}\n${lines.join('\n')}`);
      });
});

/** The client sends a tar, or only the first build is refused. */
function isOfAnotherKind({ build2, dockerfile, edits }: BuildCase, expected: CaseLetters): boolean {
  const onlyFirst =
    expected === 'X' &&
    dockerfile.includes('<<') &&
    edits.some((edit) => edit.op === 'replace' && !edit.new.includes('<<'));
  return build2.tar_owner !== undefined || onlyFirst;
}

async function predict(buildCase: BuildCase, engineVersion: string, isSeen: boolean): Promise<CacheReport> {
  using directory = tempDir();
  const world = new FakeCaseWorld();
  const folder = await BuildCaseFolder.layOut(buildCase, { directory: directory.path, salt: 'salt', world });
  const store = new ClassicStore(world);
  await store.build(folder.request(buildCase.build1), folder.text);
  await folder.edit(buildCase.edits);
  if (buildCase.between !== undefined) {
    await store.build(folder.request(buildCase.between.build), folder.text);
    await folder.edit(buildCase.between.edits);
  }
  const request = folder.request(buildCase.build2);
  return await predictClassic(inputOf(request, folder.text, store, world, engineVersion, isSeen));
}

function inputOf(
  request: BuildRequest,
  text: string,
  store: ClassicStore,
  world: FakeCaseWorld,
  engineVersion: string,
  isSeen: boolean,
): ClassicInput {
  const names = [...text.matchAll(/127\.0\.0\.1:5999\/\S+/g)].map(([name]) => name);
  const pulled = names.map((name) => [name, world.atRegistry(name)?.imageId ?? ''] as const);
  return {
    builder: { id: 'test', kind: 'classic', client: 'docker-cli', name: 'classic', engineVersion },
    command: 'docker build .',
    request,
    dockerfile: parseDockerfile(text),
    images: store.images,
    pulled: new Map(pulled),
    context: openClassicContext(request),
    ...(isSeen && {
      imageSum: (image: string, sources: readonly string[]) =>
        Promise.resolve(store.imageSum(image, sources)),
      filesOfSum: (sum: string) => Promise.resolve(store.filesOfSums.get(sum)),
    }),
    evidence: [{ kind: 'builder-images', isChecked: true }],
  };
}

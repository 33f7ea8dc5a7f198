import assert from 'node:assert/strict';
import type { BuildRequest } from '../../src/engine/build/buildRequest.ts';
import { readOwnerNames } from '../../src/engine/build/buildah/ownerNames.ts';
import { openBuildahContext } from '../../src/engine/build/buildah/openBuildahContext.ts';
import { predictBuildah } from '../../src/engine/build/buildah/predictBuildah.ts';
import type { CacheReport } from '../../src/engine/build/cache/cacheReport.ts';
import type { BuilderImage } from '../../src/engine/build/classic/builderImage.ts';
import { parseContainerConfig } from '../../src/engine/build/classic/containerConfig.ts';
import { openClassicContext } from '../../src/engine/build/classic/openClassicContext.ts';
import { predictClassic } from '../../src/engine/build/classic/predictClassic.ts';
import { parseDockerfile } from '../../src/engine/build/dockerfile/parseDockerfile.ts';
import { ignoreRules } from '../../src/engine/build/ignorefile/ignoreRules.ts';
import { BuilderImages } from '../../src/engine/builders/builderImages/builderImages.ts';
import { BuildkitControl } from '../../src/engine/builders/buildkitControl/buildkitControl.ts';
import { findIgnoreFile, rulesOf } from '../../src/engine/builders/prepare/buildFiles.ts';
import { createEngineClient } from '../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { orSkip } from '../machine/missing.mjs';
import type { BuildCaseFolder } from '../support/buildCaseFolder.ts';
import type { BuiltImage } from '../support/buildImage.ts';
import { readBuildCases } from '../support/buildCases.ts';
import { linuxAmd64 } from '../support/buildahStore.ts';
import { busyboxRoot } from '../support/cacheCases/busyboxRoot.ts';
import { type BuilderName, caseBuilders } from '../support/cacheCases/caseBuilders.ts';
import { LoopbackWorld } from '../support/cacheCases/loopbackWorld.ts';
import { runCase } from '../support/cacheCases/runCase.ts';
import { isFullRun } from '../support/fullRun.ts';
import { type Score, scoreOf, tableOf } from '../support/predictionScore.ts';

const builders: readonly { readonly name: BuilderName; readonly version: string }[] = [
  { name: 'classic builder of Engine 20.10', version: '20.10.24' },
  { name: 'classic builder of Engine 29', version: '29.0.0' },
  { name: 'buildah in Podman', version: '1.28.2' },
];

/** Between full runs every so many cases are played. */
const usually = 8;

describe('the older builders, from the images that they have', () => {
  for (const { name, version } of builders)
    it(`${name}: does what was told`, async function () {
      this.timeout(isFullRun ? 1_800_000 : 300_000);
      const root = await orSkip(this, busyboxRoot);
      const world = await LoopbackWorld.start();
      const published = new Map<string, BuiltImage>();
      const publish = world.publish.bind(world);
      world.publish = (each, image) => {
        published.set(each, image);
        publish(each, image);
      };
      const builder = await orSkip(this, () => caseBuilders[name](world));
      const { door } = builder;
      assert.ok(door);
      const endpoint = { kind: 'unix', path: door.socket } as const;
      using client = createEngineClient(endpoint);
      using buildkit = new BuildkitControl(endpoint);
      using images = new BuilderImages(client, buildkit);
      const scores: Score[] = [];
      try {
        for (const [at, buildCase] of readBuildCases().entries()) {
          if (!isFullRun && at % usually !== 3) continue;
          const seen: { report?: CacheReport } = {};
          const beforeLast = async (request: BuildRequest, folder: BuildCaseFolder): Promise<void> => {
            const ask = name === 'buildah in Podman' ? askBuildah : askClassic;
            seen.report = await ask(request, folder.text, await images.read(), published, version);
          };
          const { letters } = await runCase(buildCase, builder, { world, root }, { beforeLast });
          if (seen.report === undefined || letters === 'skipped' || letters === 'lacking') continue;
          if (buildCase.build2.tar_owner === undefined) scores.push(scoreOf(buildCase, seen.report, letters));
        }
        const { wrong, share, lines } = tableOf(scores);
        if (isFullRun) process.stdout.write(`${lines.join('\n')}\n`);
        assert.deepEqual(wrong, [], lines.join('\n'));
        assert.ok(share >= 0.7, lines.join('\n'));
      } finally {
        await builder.stop();
        await world.stop();
      }
    });
});

type Ask = (
  request: BuildRequest,
  text: string,
  images: readonly BuilderImage[],
  published: ReadonlyMap<string, BuiltImage>,
  version: string,
) => Promise<CacheReport>;

const evidence = [{ kind: 'builder-images', isChecked: true }] as const;

const askClassic: Ask = (request, text, images, published, engineVersion) =>
  predictClassic({
    builder: { id: '', kind: 'classic', client: 'docker-cli', name: '', engineVersion },
    command: '',
    request,
    dockerfile: parseDockerfile(text),
    images,
    // The containerd store names images by their manifests.
    pulled: new Map(
      [...published].map(([name, { imageId, manifestDigest }]) => [
        name,
        engineVersion.startsWith('2') && engineVersion !== '20.10.24' ? manifestDigest : imageId,
      ]),
    ),
    context: openClassicContext(request, { hasTypeBits: true }),
    evidence,
  });

const askBuildah: Ask = async (request, text, images, published, version) => {
  const open = (
    directory: string,
    rules: ReturnType<typeof rulesOf>,
  ): ReturnType<typeof openBuildahContext> =>
    openBuildahContext(directory, { rules, names: readOwnerNames(directory), mayStartPrograms: true });
  const none = ignoreRules([]);
  assert.ok(none.kind === 'rules');
  return predictBuildah({
    builder: { id: '', kind: 'buildah', client: 'podman', name: '', version },
    command: '',
    request,
    dockerfile: parseDockerfile(text),
    platform: linuxAmd64,
    images,
    hasLayers: true,
    pulled: new Map([...published].map(([name, image]) => [name, toImage(image)])),
    context: open(request.context, rulesOf(await findIgnoreFile(request, 'buildah'))),
    namedContexts: new Map(
      [...(request.namedContexts ?? [])].map(([name, directory]) => [name, open(directory, none.rules)]),
    ),
    ownerIn: (_, owner) =>
      Promise.resolve({ app: { uid: 1000, gid: 1000 }, web: { uid: 1001, gid: 1001 } }[owner]),
    evidence,
  });
};

function toImage(image: BuiltImage): BuilderImage {
  const { config, history } = JSON.parse(image.config.toString()) as {
    config: unknown;
    history: readonly { created?: string; created_by?: string; comment?: string; empty_layer?: boolean }[];
  };
  return {
    id: image.imageId,
    names: [],
    parent: '',
    created: 0,
    config: parseContainerConfig(config),
    history: history.map((each) => ({
      createdBy: each.created_by ?? '',
      created: each.created ?? '',
      comment: each.comment ?? '',
      isEmpty: each.empty_layer === true,
    })),
    diffIds: image.layers.map(({ diffId }) => diffId),
  };
}

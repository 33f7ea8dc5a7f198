import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { BuildRequest } from '../../src/engine/build/buildRequest.ts';
import { readOwnerNames } from '../../src/engine/build/buildah/ownerNames.ts';
import { openBuildahContext } from '../../src/engine/build/buildah/openBuildahContext.ts';
import type { BuildahInput } from '../../src/engine/build/buildah/buildahInput.ts';
import { seenBuildahCopies } from '../../src/engine/build/buildah/seenBuildahCopies.ts';
import type { ClassicInput } from '../../src/engine/build/classic/classicInput.ts';
import { copyKey, type SeenCopies, seenCopies } from '../../src/engine/build/classic/seenCopies.ts';
import { predictBuildah } from '../../src/engine/build/buildah/predictBuildah.ts';
import type { CacheReport } from '../../src/engine/build/cache/cacheReport.ts';
import type { BuilderImage } from '../../src/engine/build/classic/builderImage.ts';
import { parseContainerConfig } from '../../src/engine/build/classic/containerConfig.ts';
import { openClassicContext } from '../../src/engine/build/classic/openClassicContext.ts';
import { predictClassic } from '../../src/engine/build/classic/predictClassic.ts';
import { parseDockerfile } from '../../src/engine/build/dockerfile/parseDockerfile.ts';
import type { IgnoreRules } from '../../src/engine/build/ignorefile/ignoreRules.ts';
import { BuilderImages } from '../../src/engine/builders/builderImages/builderImages.ts';
import { BuildkitControl } from '../../src/engine/builders/buildkitControl/buildkitControl.ts';
import { findIgnoreFile, rulesOf } from '../../src/engine/builders/prepare/buildFiles.ts';
import { createEngineClient } from '../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { orSkip } from '../machine/missing.mjs';
import type { BuiltImage } from '../support/buildImage.ts';
import { readBuildCases } from '../support/buildCases.ts';
import { linuxAmd64 } from '../support/buildahStore.ts';
import { busyboxRoot } from '../support/cacheCases/busyboxRoot.ts';
import { type BuilderName, caseBuilders } from '../support/cacheCases/caseBuilders.ts';
import { LoopbackWorld } from '../support/cacheCases/loopbackWorld.ts';
import { type CaseHooks, runCase } from '../support/cacheCases/runCase.ts';
import { isFullRun } from '../support/fullRun.ts';
import { type Score, scoreOf, tableOf } from '../support/predictionScore.ts';

const builders: readonly { readonly name: BuilderName; readonly version: string }[] = [
  { name: 'classic builder of Engine 20.10', version: '20.10.24' },
  { name: 'classic builder of Engine 29', version: '29.0.0' },
  { name: 'buildah in Podman', version: '1.28.2' },
];

/** Between full runs every eighth case is played, or those that are named. */
function isWanted(id: string, at: number): boolean {
  const named = process.env['LAMINA_CASES'];
  return named === undefined ? isFullRun || at % 24 === 3 : new RegExp(named).test(id);
}

describe('the older builders, from the images that they have', () => {
  for (const { name, version } of builders)
    it(`${name}: does what was told`, async function () {
      this.timeout(1_800_000);
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
          if (!isWanted(buildCase.id, at)) continue;
          const seen: { report?: CacheReport } = {};
          const copies = new Map<string, string>();
          const hooks: CaseHooks = {
            build: async (request, options) => {
              const answer = await builder.build(request, options);
              if (answer?.isBuilt !== true) return answer;
              const older = await olderBuild(request, await images.read(), published, version, name);
              for (const [key, sum] of await older.learn(answer.output)) copies.set(key, sum);
              return answer;
            },
            beforeLast: async (request) => {
              const older = await olderBuild(request, await images.read(), published, version, name);
              seen.report = await older.predict(copies);
            },
          };
          const { letters } = await runCase(buildCase, builder, { world, root }, hooks);
          if (seen.report === undefined || letters === 'skipped' || letters === 'lacking') continue;
          if (buildCase.build2.tar_owner === undefined) scores.push(scoreOf(buildCase, seen.report, letters));
        }
        const { wrong, share, lines } = tableOf(scores);
        if (isFullRun || process.env['LAMINA_CASES'] !== undefined)
          process.stdout.write(`${lines.join('\n')}\n`);
        assert.deepEqual(wrong, [], lines.join('\n'));
        assert.ok(share >= 0.95 || !isFullRun, lines.join('\n'));
      } finally {
        await builder.stop();
        await world.stop();
      }
    });
});

/** A build that is asked about, and learnt from. */
interface OlderBuild {
  predict(copies: SeenCopies): Promise<CacheReport>;
  learn(output: string): Promise<SeenCopies>;
}

const evidence = [{ kind: 'builder-images', isChecked: true }] as const;

async function olderBuild(
  request: BuildRequest,
  images: readonly BuilderImage[],
  published: ReadonlyMap<string, BuiltImage>,
  version: string,
  name: BuilderName,
): Promise<OlderBuild> {
  const dockerfile = parseDockerfile(readFileSync(request.dockerfile, 'utf8'));
  const common = { command: '', request, dockerfile, images, evidence };
  if (name === 'buildah in Podman') {
    const input = { ...common, ...(await buildahParts(request, published, version)) };
    return {
      predict: (copies) =>
        predictBuildah({
          ...input,
          imageDigest: (image, sources, destination) =>
            Promise.resolve(copies.get(copyKey(image, sources, destination))),
        }),
      learn: (output) => seenBuildahCopies(input, output),
    };
  }
  const input = { ...common, ...classicParts(request, published, version) };
  return {
    predict: (copies) =>
      predictClassic({
        ...input,
        imageSum: (image, sources) => Promise.resolve(copies.get(copyKey(image, sources))),
      }),
    learn: (output) => seenCopies(input, output),
  };
}

function classicParts(
  request: BuildRequest,
  published: ReadonlyMap<string, BuiltImage>,
  engineVersion: string,
): Pick<ClassicInput, 'builder' | 'pulled' | 'context'> {
  // The containerd store names images by their manifests.
  const isContainerd = engineVersion !== '20.10.24';
  const ids = [...published].map(
    ([name, { imageId, manifestDigest }]) => [name, isContainerd ? manifestDigest : imageId] as const,
  );
  return {
    builder: { id: '', kind: 'classic', client: 'docker-cli', name: '', engineVersion },
    pulled: new Map<string, string>(ids),
    context: openClassicContext(request, { hasTypeBits: true }),
  };
}

async function buildahParts(
  request: BuildRequest,
  published: ReadonlyMap<string, BuiltImage>,
  version: string,
): Promise<Omit<BuildahInput, 'command' | 'request' | 'dockerfile' | 'images' | 'evidence'>> {
  const open = (directory: string, rules: IgnoreRules): BuildahInput['context'] =>
    openBuildahContext(directory, { rules, names: readOwnerNames(directory), mayStartPrograms: true });
  const owners = new Map([
    ['app', { uid: 1000, gid: 1000 }],
    ['web', { uid: 1001, gid: 1001 }],
  ]);
  const named = [...(request.namedContexts ?? [])];
  return {
    builder: { id: '', kind: 'buildah', client: 'podman', name: '', version },
    platform: linuxAmd64,
    hasLayers: true,
    pulled: new Map([...published].map(([name, image]) => [name, toImage(image)])),
    context: open(request.context, rulesOf(await findIgnoreFile(request, 'buildah'))),
    namedContexts: new Map(named.map(([name, directory]) => [name, open(directory, rulesOf(undefined))])),
    ownerIn: (_, owner) => Promise.resolve(owners.get(owner)),
  };
}

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

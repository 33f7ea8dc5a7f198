import { createHash } from 'node:crypto';
import type { BuildRequest } from '../../src/engine/build/buildRequest.ts';
import type { BuilderImage } from '../../src/engine/build/classic/builderImage.ts';
import { ClassicArguments } from '../../src/engine/build/classic/classicArguments.ts';
import { ClassicStage } from '../../src/engine/build/classic/classicStage.ts';
import {
  type ContainerConfig,
  emptyConfig,
  parseContainerConfig,
} from '../../src/engine/build/classic/containerConfig.ts';
import type { CopySum, SummedFile } from '../../src/engine/build/classic/copySum.ts';
import { openClassicContext } from '../../src/engine/build/classic/openClassicContext.ts';
import type { CopyCommand } from '../../src/engine/build/dockerfile/commands.ts';
import { expandWord } from '../../src/engine/build/dockerfile/expandWord.ts';
import { parseDockerfile } from '../../src/engine/build/dockerfile/parseDockerfile.ts';
import { readStages, type Stage } from '../../src/engine/build/dockerfile/readStages.ts';
import { triggersOf } from '../../src/engine/build/plan/triggers.ts';
import { digestOf, parseDiffId } from '../../src/engine/oci/digest.ts';
import type { FakeCaseWorld } from './buildCaseImages.ts';
import type { BuiltImage } from './buildImage.ts';

/**
 * The images that a classic builder would have after its builds: one for each instruction, found again when a child of
 * the image below has the same config. It shares texts and sums with the prediction, and nothing else.
 */
export class ClassicStore {
  readonly images: BuilderImage[] = [];
  readonly filesOfSums = new Map<string, readonly SummedFile[]>();
  readonly #world: FakeCaseWorld;
  #clock = 1_700_000_000_000;

  constructor(world: FakeCaseWorld) {
    this.#world = world;
  }

  /** Builds every stage up to the target. */
  async build(request: BuildRequest, text: string): Promise<void> {
    const dockerfile = parseDockerfile(text);
    const { globalArgs, stages } = readStages(dockerfile);
    let args = ClassicArguments.of(request.buildArgs);
    for (const { key, value } of globalArgs.flatMap((each) => each.args))
      args = args.withGlobal(key, value === undefined ? undefined : expandWord(value, args, dockerfile).text);
    const target =
      request.target === undefined ? -1 : stages.findIndex(({ from }) => from.stageName === request.target);
    const built: BuilderImage[] = [];
    for (const stage of target < 0 ? stages : stages.slice(0, target + 1)) {
      const name = expandWord(stage.from.image.text, args.ofFrom, dockerfile).text;
      const named = stages.findIndex(({ from }) => from.stageName === name);
      const base = named >= 0 ? built[named] : this.base(name, request.pull);
      built.push(await this.#stage(stage, base, args, request, dockerfile.escape, built, stages));
    }
  }

  /** The engine's image of that name; pulled when it has none. */
  base(name: string, isPulling = false): BuilderImage | undefined {
    if (name === 'scratch') return undefined;
    const local = this.images.find(({ names }) => names.includes(name));
    if (local !== undefined && !isPulling) return local;
    const image = this.#world.atRegistry(name);
    if (image === undefined) throw new Error(`no image ${name}`);
    for (const each of this.images.filter(({ names }) => names.includes(name)))
      this.images.splice(this.images.indexOf(each), 1, { ...each, names: [] });
    const known = this.images.findIndex(({ id }) => id === image.imageId);
    const pulled = toBuilderImage(image, name);
    if (known >= 0) this.images.splice(known, 1, pulled);
    else this.images.push(pulled);
    return pulled;
  }

  /** What would be printed of an image's files: two images never have the same here. */
  imageSum(image: string, sources: readonly string[]): string {
    return `file:${hex(JSON.stringify([image, sources]))}`;
  }

  async #stage(
    { commands }: Stage,
    base: BuilderImage | undefined,
    args: ClassicArguments,
    request: BuildRequest,
    escape: '\\' | '`',
    built: readonly BuilderImage[],
    stages: readonly Stage[],
  ): Promise<BuilderImage> {
    const config = base?.config ?? emptyConfig;
    const stage = new ClassicStage(config, args.forStage(), escape);
    let image = base;
    let isBusted = request.noCache === true;
    for (const command of [...triggersOf(config.onbuild).commands, ...commands]) {
      const sum =
        command.kind === 'copy' || command.kind === 'add'
          ? await this.#sum(command, stage, request, built, stages)
          : undefined;
      const { command: expected, config: after, isRun } = stage.next(command, sum);
      const words =
        expected.kind === 'words'
          ? expected.words
          : [...expected.head, 'texts' in expected ? (expected.texts[0] ?? '') : ''];
      const containerConfig: ContainerConfig = { ...after, cmd: words, ...(isRun && { entrypoint: [] }) };
      const parent = image;
      const same = this.images.filter(
        (each) => each.parent === (parent?.id ?? '') && isSame(each, containerConfig),
      );
      const found = isBusted ? undefined : same.at(-1);
      isBusted ||= found === undefined;
      image = found ?? this.#commit(parent, containerConfig, after, command.kind);
    }
    if (image === undefined) throw new Error('nothing was built');
    return image;
  }

  async #sum(
    command: CopyCommand,
    stage: ClassicStage,
    request: BuildRequest,
    built: readonly BuilderImage[],
    stages: readonly Stage[],
  ): Promise<string> {
    const { sources } = stage.sourcesOf(command);
    const from = command.from?.text;
    if (from !== undefined) {
      const named = stages.findIndex(({ from: { stageName } }) => stageName === from);
      const image = built[named >= 0 ? named : Number(from)] ?? this.base(from);
      return this.imageSum(image?.id ?? '', sources);
    }
    const [source = ''] = sources;
    if (source.startsWith('http')) return hex(this.#world.pages.get(new URL(source).pathname) ?? '');
    const sum: CopySum = await openClassicContext(request).sum(sources);
    if (sum.kind !== 'sum') throw new Error(JSON.stringify(sum));
    this.filesOfSums.set(sum.text, sum.files);
    // The client puts another name into the ignore file in each build.
    if (!sum.files.some(({ sum: each }) => /^0{64}$/.test(each))) return sum.text;
    return `dir:${hex(String(this.#clock))}`;
  }

  #commit(
    parent: BuilderImage | undefined,
    containerConfig: ContainerConfig,
    config: ContainerConfig,
    kind: string,
  ): BuilderImage {
    const created = (this.#clock += 1000);
    const hasLayer = ['run', 'copy', 'add', 'workdir'].includes(kind);
    const createdBy = containerConfig.cmd.join(' ');
    const entry = { createdBy, created: new Date(created).toISOString(), comment: '', isEmpty: !hasLayer };
    const image: BuilderImage = {
      id: digestOf(Buffer.from(JSON.stringify([parent?.id, createdBy, created]))),
      names: [],
      parent: parent?.id ?? '',
      created,
      containerConfig,
      config,
      history: [...(parent?.history ?? []), entry],
      diffIds: [
        ...(parent?.diffIds ?? []),
        ...(hasLayer ? [parseDiffId(digestOf(Buffer.from(`layer ${created}`)))] : []),
      ],
    };
    this.images.push(image);
    return image;
  }
}

function isSame({ containerConfig }: BuilderImage, other: ContainerConfig): boolean {
  return containerConfig !== undefined && plain(containerConfig) === plain(other);
}

function plain(config: ContainerConfig): string {
  return JSON.stringify(config, (_, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value].map(String).sort() : value,
  );
}

function toBuilderImage(image: BuiltImage, name: string): BuilderImage {
  const { config, created } = JSON.parse(image.config.toString()) as { config: unknown; created?: string };
  return {
    id: image.imageId,
    names: [name],
    parent: '',
    created: Date.parse(created ?? '') || 0,
    config: parseContainerConfig(config),
    history: image.layers.map(() => ({ createdBy: 'base', created: '', comment: '', isEmpty: false })),
    diffIds: image.layers.map(({ diffId }) => diffId),
  };
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

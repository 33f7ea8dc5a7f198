import type { BuildRequest } from '../../src/engine/build/buildRequest.ts';
import { BuildahArguments } from '../../src/engine/build/buildah/buildahArguments.ts';
import type { BuildahContext } from '../../src/engine/build/buildah/buildahInput.ts';
import { buildahRules } from '../../src/engine/build/buildah/buildahVersion.ts';
import { createdBy, createdByCopy } from '../../src/engine/build/buildah/createdBy.ts';
import { openBuildahContext } from '../../src/engine/build/buildah/openBuildahContext.ts';
import type { BuilderImage } from '../../src/engine/build/classic/builderImage.ts';
import { ClassicArguments } from '../../src/engine/build/classic/classicArguments.ts';
import { ClassicStage, isCopy } from '../../src/engine/build/classic/classicStage.ts';
import { emptyConfig, parseContainerConfig } from '../../src/engine/build/classic/containerConfig.ts';
import type { CopyCommand } from '../../src/engine/build/dockerfile/commands.ts';
import { expandWord } from '../../src/engine/build/dockerfile/expandWord.ts';
import { mountSource } from '../../src/engine/build/dockerfile/mounts.ts';
import { parseDockerfile } from '../../src/engine/build/dockerfile/parseDockerfile.ts';
import { readStages, type Stage } from '../../src/engine/build/dockerfile/readStages.ts';
import { readIgnoreFile } from '../../src/engine/build/ignorefile/ignoreFile.ts';
import { ignoreRules } from '../../src/engine/build/ignorefile/ignoreRules.ts';
import { splitSetting } from '../../src/engine/build/plan/environment.ts';
import { digestOf, parseDiffId } from '../../src/engine/oci/digest.ts';
import type { FakeCaseWorld } from './buildCaseImages.ts';
import type { BuiltImage } from './buildImage.ts';
import { existsSync, readFileSync } from 'node:fs';

export const linuxAmd64 = { os: 'linux', architecture: 'amd64' };
const version = buildahRules({ client: 'buildah', version: '1.28.2' });

/** The images that buildah would have after its builds. It shares texts and digests with the prediction, and nothing else. */
export class BuildahStore {
  readonly images: BuilderImage[] = [];
  readonly #world: FakeCaseWorld;
  #clock = Date.now();

  constructor(world: FakeCaseWorld) {
    this.#world = world;
  }

  async build(request: BuildRequest, text: string): Promise<void> {
    const dockerfile = parseDockerfile(text);
    const { globalArgs, stages } = readStages(dockerfile);
    const heading = new BuildahArguments(request.buildArgs, linuxAmd64, new Map());
    for (const { word } of globalArgs.flatMap(({ args }) => args)) heading.declare(word.text);
    const built = new Map<Stage, BuilderImage>();
    const target =
      stages.find(({ from }) => request.target !== undefined && from.stageName === request.target) ??
      stages.at(-1);
    for (const stage of stages) {
      if (target === undefined || !isNeeded(stage, target, stages)) continue;
      const name = expandWord(
        stage.from.image.text,
        { get: (each) => heading.all.get(each) },
        dockerfile,
      ).text;
      const base = built.get(stages.find(({ from }) => from.stageName === name) ?? stage) ?? this.pull(name);
      built.set(stage, await this.#stage(stage, base, heading.all, request, built, stages));
    }
  }

  /** The registry's image of that name, as the store has it after a build. */
  pull(name: string): BuilderImage | undefined {
    if (name === 'scratch') return undefined;
    const pulled = this.atRegistry(name);
    const known = this.images.find(({ id }) => id === pulled.id);
    if (known === undefined) this.images.push(pulled);
    return known ?? pulled;
  }

  atRegistry(name: string): BuilderImage {
    const image = this.#world.atRegistry(name);
    if (image === undefined) throw new Error(`no image ${name}`);
    return toBuilderImage(image, name);
  }

  /** Two images never have the same here. */
  imageDigest(image: string, sources: readonly string[], destination: string): string {
    return `file:${digestOf(Buffer.from(JSON.stringify([image, sources, destination]))).slice(7)}`;
  }

  async #stage(
    { commands }: Stage,
    base: BuilderImage | undefined,
    heading: ReadonlyMap<string, string>,
    request: BuildRequest,
    built: ReadonlyMap<Stage, BuilderImage>,
    stages: readonly Stage[],
  ): Promise<BuilderImage> {
    let classic = ClassicArguments.of(request.buildArgs);
    for (const [name, value] of heading) classic = classic.withGlobal(name, value);
    const config = new ClassicStage(base?.config ?? emptyConfig, classic.forStage(), '\\');
    const args = new BuildahArguments(request.buildArgs, linuxAmd64, heading);
    let image = base;
    let isLooking = request.noCache !== true;
    for (const command of commands) {
      const env = new Map(config.config.env.map(splitSetting));
      const variables = { get: (name: string) => env.get(name) ?? args.get(name) };
      const expand = (text: string): string => expandWord(text, variables, { escape: '\\' }).text;
      if (command.kind === 'arg') for (const { word } of command.args) args.declare(expand(word.text));
      const expected = isCopy(command)
        ? createdByCopy(command, [await this.#digest(command, expand, request, built, stages)])
        : createdBy(command, args, env, version);
      if (expected.kind !== 'text') throw new Error('a text without an end');
      config.next(command);
      const parent = image;
      const hasLayer = ['run', 'copy', 'add'].includes(command.kind);
      const [text = ''] = expected.texts;
      const found = this.images.find((each) => isMadeOn(each, parent, text));
      isLooking &&= found !== undefined;
      image = isLooking && found !== undefined ? found : this.#commit(parent, text, hasLayer, config);
    }
    if (image === undefined) throw new Error('nothing was built');
    return image;
  }

  async #digest(
    command: CopyCommand,
    expand: (text: string) => string,
    request: BuildRequest,
    built: ReadonlyMap<Stage, BuilderImage>,
    stages: readonly Stage[],
  ): Promise<string> {
    const sources = command.sources.map(({ text }) => expand(text));
    const destination = expand(command.destination.text);
    const from = command.from?.text;
    const context = contextsOf(request).get(from ?? '');
    if (from !== undefined && context === undefined) {
      const stage = stages.find(
        ({ from: { stageName }, index }) => stageName === from || String(index) === from,
      );
      const image = (stage && built.get(stage)) ?? this.pull(from);
      return this.imageDigest(image?.id ?? '', sources, destination);
    }
    const [source = ''] = sources;
    if (source.startsWith('http'))
      return digestOf(Buffer.from(this.#world.pages.get(new URL(source).pathname) ?? '')).slice(7);
    const question = { sources, destination, isAdd: command.kind === 'add' };
    const [, uid, gid = uid] = /^([0-9]+)(?::([0-9]+))?$/.exec(owners[command.chown] ?? command.chown) ?? [];
    const answer = await context?.digests(question, {
      ...(uid !== undefined && { owner: { uid: Number(uid), gid: Number(gid) } }),
      ...(command.chmod !== '' && { mode: parseInt(command.chmod, 8) }),
      keepsOwners: from !== undefined,
      withAttributes: true,
    });
    // A destination that is there keeps the name of the source; none of these is.
    if (answer?.kind === 'digests') return answer.texts.at(-1) ?? '';
    throw new Error(JSON.stringify(answer));
  }

  #commit(
    parent: BuilderImage | undefined,
    text: string,
    hasLayer: boolean,
    { config }: ClassicStage,
  ): BuilderImage {
    const created = (this.#clock = Math.max(this.#clock + 0.01, Date.now()));
    const comment = parent === undefined ? '' : `FROM ${parent.id}`;
    const entry = {
      createdBy: `${text}${hasLayer && text.includes('#(nop)') ? ' ' : ''}`,
      created: String(created),
      comment,
      isEmpty: !hasLayer,
    };
    const image: BuilderImage = {
      id: digestOf(Buffer.from(JSON.stringify([parent?.id, text, created]))),
      names: [],
      parent: '',
      created,
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

/** Numbers of the names that cases use. */
export const owners: Readonly<Record<string, string>> = { app: '1000', web: '1001' };

/** The context under the empty name, and named ones. */
export function contextsOf(request: BuildRequest): ReadonlyMap<string, BuildahContext> {
  const names = { user: rootOnly, group: rootOnly };
  const files = [`${request.dockerfile}.dockerignore`, `${request.context}/.dockerignore`];
  const file = files.find((each) => existsSync(each));
  const patterns = readIgnoreFile(file === undefined ? '' : readFileSync(file, 'utf8'));
  const own = ignoreRules(patterns.map(({ pattern }) => pattern));
  const none = ignoreRules([]);
  if (own.kind !== 'rules' || none.kind !== 'rules') throw new Error('an ignore file that is refused');
  const open = (directory: string, rules: typeof own.rules): BuildahContext =>
    openBuildahContext(directory, { rules, names, mayStartPrograms: true });
  const named = [...(request.namedContexts ?? [])].map(
    ([name, directory]) => [name, open(directory, none.rules)] as const,
  );
  return new Map([['', open(request.context, own.rules)], ...named]);
}

function rootOnly(id: number): string {
  return id === 0 ? 'root' : '';
}

function isNeeded(stage: Stage, target: Stage, stages: readonly Stage[]): boolean {
  if (stage === target) return true;
  const names = target.commands.flatMap((command) => {
    if (command.kind === 'copy') return command.from?.text ?? [];
    return command.kind === 'run' ? command.mounts.map(({ text }) => mountSource(text)) : [];
  });
  return [target.from.image.text, ...names].some((name) => {
    const named = stages.find(
      ({ from, index }) => index < target.index && (from.stageName === name || String(index) === name),
    );
    return named !== undefined && isNeeded(stage, named, stages);
  });
}

function isMadeOn({ history }: BuilderImage, parent: BuilderImage | undefined, text: string): boolean {
  const below = parent?.history ?? [];
  const isSame = below.every((entry, at) => JSON.stringify(entry) === JSON.stringify(history[at]));
  return (
    isSame && history.length === below.length + 1 && history.at(-1)?.createdBy.trimEnd() === text.trimEnd()
  );
}

function toBuilderImage(image: BuiltImage, name: string): BuilderImage {
  const { config } = JSON.parse(image.config.toString()) as { config: unknown };
  return {
    id: image.imageId,
    names: [name],
    parent: '',
    created: 0,
    config: parseContainerConfig(config),
    history: image.layers.map(() => ({ createdBy: 'base', created: '2024', comment: '', isEmpty: false })),
    diffIds: image.layers.map(({ diffId }) => diffId),
  };
}

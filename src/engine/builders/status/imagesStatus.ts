import { type FailureCode, isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuildahInput } from '../../build/buildah/buildahInput.ts';
import { withForeignDockerfile } from '../../build/buildah/foreignDockerfile.ts';
import { predictBuildah } from '../../build/buildah/predictBuildah.ts';
import { buildahRules } from '../../build/buildah/buildahVersion.ts';
import { seenBuildahCopies } from '../../build/buildah/seenBuildahCopies.ts';
import type { CacheReport, StepReason, StepStatus } from '../../build/cache/cacheReport.ts';
import type { BuilderImage } from '../../build/classic/builderImage.ts';
import type { ClassicInput } from '../../build/classic/classicInput.ts';
import { isOutside } from '../../build/classic/openClassicContext.ts';
import { predictClassic } from '../../build/classic/predictClassic.ts';
import { copyKey, seenCopies, type SeenCopies } from '../../build/classic/seenCopies.ts';
import type { Platform } from '../../oci/platform.ts';
import { hasTypeInMode } from '../runs/typeInMode.ts';
import type { AskForImage } from '../bases/findBase.ts';
import type { LocalImage } from '../localImages/localImage.ts';
import { commandText } from '../prepare/commandText.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import { asBuilderImage, idInStore, pulledImages } from './pulledImages.ts';
import type { SentContextWork } from '../sentContexts/sentContextWork.ts';
import type { SumMemory } from '../sentContexts/sumMemory.ts';

export interface ImagesStatusParts {
  readonly contexts: SentContextWork;
  /** Every image of the builder's store. */
  readonly images: (signal: AbortSignal | undefined) => Promise<readonly BuilderImage[]>;
  /** Of the machine that builds. */
  readonly platform: Platform;
  readonly mayStartPrograms: boolean;
  /** Undefined when no registry is to be asked. */
  readonly registry: AskForImage | undefined;
  /** What COPY lines of builds that were seen printed for files of images. */
  readonly copies: SeenCopies;
  readonly sums: SumMemory;
}

/**
 * The status of a builder whose images are its cache: the classic one, and buildah. The images are the builder's own
 * records, so that hardly anything else is evidence.
 *
 * @throws EngineError `cancelled`, and what the context says.
 */
export async function imagesStatus(
  prepared: PreparedBuild,
  parts: ImagesStatusParts | undefined,
  options: CallOptions,
): Promise<CacheReport> {
  if (parts === undefined) return unknownReport(prepared, notAsked);
  const store = await readStore(prepared, parts, options).catch(unreadableStore);
  if (typeof store === 'string') {
    const text = `the builder's images cannot be read: ${store}`;
    return unknownReport(prepared, { code: 'list-not-readable', text });
  }
  return prepared.builder.identity.kind === 'classic'
    ? predictClassic(classicInput(prepared, parts, store), options)
    : predictBuildah(buildahInput(prepared, parts, store), options);
}

/** Why. @throws what hinders only this question. */
function unreadableStore(error: unknown): string {
  if (isEngineError(error) && unreadable.has(error.code)) return error.detail;
  throw error;
}

/**
 * What a build that was just made tells of its `COPY --from` lines.
 *
 * @param output all that it printed.
 * @throws EngineError as {@link imagesStatus}, and what reading the images says.
 */
export async function copiesOf(
  prepared: PreparedBuild,
  parts: ImagesStatusParts,
  output: string,
): Promise<SeenCopies> {
  const store = await readStore(prepared, { ...parts, registry: undefined }, {});
  return prepared.builder.identity.kind === 'classic'
    ? seenCopies(classicInput(prepared, parts, store), output)
    : seenBuildahCopies(buildahInput(prepared, parts, store), output);
}

/** The images of the store, and what registries would give instead. */
interface BuilderStore {
  readonly images: readonly BuilderImage[];
  readonly pulled?: ReadonlyMap<string, LocalImage>;
}

/** The same in the form that one of the builders is asked about. */
function inFormOf<T>(
  { images, pulled }: BuilderStore,
  toForm: (image: LocalImage) => T,
): { readonly images: readonly BuilderImage[]; readonly pulled?: ReadonlyMap<string, T> } {
  if (pulled === undefined) return { images };
  return { images, pulled: new Map([...pulled].map(([name, image]) => [name, toForm(image)])) };
}

async function readStore(
  prepared: PreparedBuild,
  { images: read, registry }: ImagesStatusParts,
  options: CallOptions,
): Promise<BuilderStore> {
  const images = await read(options.signal);
  const pulled = registry && (await pulledImages(prepared, images, registry, options));
  return { images, ...(pulled && { pulled }) };
}

const unreadable = new Set<FailureCode>([
  ...(['unreachable', 'refused', 'unsupported', 'busy', 'truncated'] as const),
  ...(['denied', 'damaged', 'io', 'limit-exceeded'] as const),
]);
const notAsked: StepReason = { code: 'no-builder', text: 'the builder is not asked' };
const evidence = [{ kind: 'builder-images', isChecked: true }] as const;

function classicInput(
  { builder: { identity }, request, dockerfile }: PreparedBuild,
  { contexts, copies, sums }: ImagesStatusParts,
  store: BuilderStore,
): ClassicInput {
  const { context, dockerfile: file } = request;
  const sent = contexts.classic({ context, dockerfile: file, hasTypeBits: hasTypeInMode(identity) });
  return {
    ...{ builder: identity, command: commandText(identity, request), request, dockerfile, evidence },
    ...inFormOf(store, (image) => idInStore(image, identity)),
    context: sums.remembering(sent),
    imageSum: (image, sources) => Promise.resolve(copies.get(copyKey(image, sources))),
    filesOfSum: (sum) => Promise.resolve(sums.filesOf(sum)),
  };
}

function buildahInput(
  { builder: { identity }, request, dockerfile, ignoreFile }: PreparedBuild,
  { contexts, platform, mayStartPrograms, copies }: ImagesStatusParts,
  store: BuilderStore,
): BuildahInput {
  const { context: directory, dockerfile: file } = request;
  const isSent = identity.client !== 'buildah';
  const { hashesNames } = buildahRules(identity);
  const open = (place: string, sent: boolean, text?: string): BuildahInput['context'] =>
    contexts.buildah({ directory: place, ignoreFile: text, hashesNames, isSent: sent, mayStartPrograms });
  const own = open(directory, isSent, ignoreFile?.text);
  const isAdded = isSent && isOutside(directory, file);
  const named = [...(request.namedContexts ?? [])].filter(([, place]) => !/^[a-z][a-z0-9+-]*:/i.test(place));
  return {
    ...{ builder: identity, command: commandText(identity, request), request, dockerfile, evidence },
    ...inFormOf(store, asBuilderImage),
    platform,
    hasLayers: true,
    context: isAdded ? withForeignDockerfile(own, file) : own,
    namedContexts: new Map(named.map(([name, place]) => [name, open(place, false)])),
    imageDigest: (image, sources, destination) =>
      Promise.resolve(copies.get(copyKey(image, sources, destination))),
  };
}

/** Nothing is known of any step. */
function unknownReport(
  { builder, request, dockerfile, plan }: PreparedBuild,
  reason: StepReason,
): CacheReport {
  const firstStage = dockerfile.instructions.findIndex(({ name }) => name === 'FROM');
  const steps = dockerfile.instructions.map((instruction, at): StepStatus => {
    const isBefore = at < firstStage;
    const isBase = instruction.name === 'FROM';
    const plain: StepReason = isBefore
      ? { code: 'global-argument', text: 'an argument for FROM' }
      : { code: 'base', text: 'a base image' };
    return {
      instruction: at,
      range: instruction.range,
      lines: instruction.lines,
      stage: '',
      text: instruction.original,
      state: isBefore || isBase ? 'no-step' : 'unknown',
      reason: isBefore || isBase ? plain : reason,
    };
  });
  return {
    builder: builder.identity,
    command: commandText(builder.identity, request),
    steps,
    triggers: [],
    problems: plan.problems,
    evidence: [],
  };
}

import { type FailureCode, isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { predictBuildah } from '../../build/buildah/predictBuildah.ts';
import { buildahRules } from '../../build/buildah/buildahVersion.ts';
import type { CacheReport, StepReason, StepStatus } from '../../build/cache/cacheReport.ts';
import type { BuilderImage } from '../../build/classic/builderImage.ts';
import type { ClassicInput } from '../../build/classic/classicInput.ts';
import { predictClassic } from '../../build/classic/predictClassic.ts';
import type { Platform } from '../../oci/platform.ts';
import { hasTypeInMode } from '../runs/typeInMode.ts';
import type { AskForImage } from '../bases/findBase.ts';
import { commandText } from '../prepare/commandText.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import { pulledImages } from './pulledImages.ts';
import type { SentContextWork } from '../sentContexts/sentContextWork.ts';

export interface ImagesStatusParts {
  readonly contexts: SentContextWork;
  /** Every image of the builder's store. */
  readonly images: (signal: AbortSignal | undefined) => Promise<readonly BuilderImage[]>;
  /** Of the machine that builds. */
  readonly platform: Platform;
  readonly mayStartPrograms: boolean;
  /** Undefined when no registry is to be asked. */
  readonly registry: AskForImage | undefined;
  /** What went into a sum that an earlier build printed. */
  readonly sums: Pick<ClassicInput, 'filesOfSum'>;
}

/**
 * The status of a builder whose images are its cache: the classic one, and buildah. The images are the builder's own
 * records, so that nothing else is evidence.
 *
 * @throws EngineError `cancelled`, and what the context says.
 */
export async function imagesStatus(
  prepared: PreparedBuild,
  parts: ImagesStatusParts | undefined,
  options: CallOptions,
): Promise<CacheReport> {
  if (parts === undefined) return unknownReport(prepared, notAsked);
  try {
    const images = await parts.images(options.signal);
    const { registry } = parts;
    const pulled = registry && (await pulledImages(prepared, images, registry, options));
    const store = { images, ...(pulled && { pulled }) };
    return prepared.builder.identity.kind === 'classic'
      ? await classicStatus(prepared, parts, store, options)
      : await buildahStatus(prepared, parts, store, options);
  } catch (error) {
    if (!isEngineError(error) || !unreadable.has(error.code)) throw error;
    const text = `the builder's images cannot be read: ${error.detail}`;
    return unknownReport(prepared, { code: 'list-not-readable', text });
  }
}

/** The images of the store, and what registries would give instead. */
interface BuilderStore {
  readonly images: readonly BuilderImage[];
  readonly pulled?: ReadonlyMap<string, string>;
}

const unreadable = new Set<FailureCode>(['unreachable', 'refused', 'unsupported', 'busy', 'truncated']);
const notAsked: StepReason = { code: 'no-builder', text: 'the builder is not asked' };
const evidence = [{ kind: 'builder-images', isChecked: true }] as const;

function classicStatus(
  { builder, request, dockerfile }: PreparedBuild,
  { contexts, sums }: ImagesStatusParts,
  store: BuilderStore,
  options: CallOptions,
): Promise<CacheReport> {
  const { identity } = builder;
  const { context, dockerfile: file } = request;
  const hasTypeBits = hasTypeInMode(identity);
  return predictClassic(
    {
      ...{
        builder: identity,
        command: commandText(identity, request),
        request,
        dockerfile,
        ...store,
        evidence,
      },
      ...sums,
      context: contexts.classic({ context, dockerfile: file, hasTypeBits }),
    },
    options,
  );
}

function buildahStatus(
  { builder, request, dockerfile, ignoreFile }: PreparedBuild,
  { contexts, platform, mayStartPrograms }: ImagesStatusParts,
  store: BuilderStore,
  options: CallOptions,
): Promise<CacheReport> {
  const { identity } = builder;
  const { hashesNames } = buildahRules(identity);
  const open = (directory: string, text: string | undefined): ReturnType<typeof contexts.buildah> =>
    contexts.buildah({ directory, ignoreFile: text, hashesNames, mayStartPrograms });
  const named = [...(request.namedContexts ?? [])].filter(([, place]) => !/^[a-z][a-z0-9+-]*:/i.test(place));
  return predictBuildah(
    {
      ...{
        builder: identity,
        command: commandText(identity, request),
        request,
        dockerfile,
        ...store,
        evidence,
      },
      platform,
      hasLayers: true,
      context: open(request.context, ignoreFile?.text),
      namedContexts: new Map(named.map(([name, place]) => [name, open(place, undefined)])),
    },
    options,
  );
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

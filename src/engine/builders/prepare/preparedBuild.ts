import { hostSliceMs, Pacer } from '../../base/abort.ts';
import { EngineError, toEngineError } from '../../base/errors.ts';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { inPieces } from '../../base/pieces.ts';
import type { CallOptions } from '../../base/progress.ts';
import { isSentAsTar } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import type { ImageAnswer } from '../../build/cache/buildkitQuestion.ts';
import type { ContextRequest } from '../../build/contextHash/contextRequest.ts';
import type { Dockerfile } from '../../build/dockerfile/ast.ts';
import { parsingOf } from '../../build/dockerfile/parseDockerfile.ts';
import { stagesOf } from '../../build/dockerfile/readStages.ts';
import type { BuildPlan } from '../../build/plan/buildPlan.ts';
import { planningOf } from '../../build/plan/planBuild.ts';
import { isDigest } from '../../oci/digest.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { type LocalImage, toBaseImage } from '../localImages/localImage.ts';
import type { Builder } from '../builds.ts';
import { findIgnoreFile, type IgnoreFile, readDockerfile } from './buildFiles.ts';

/** A build as it would be made now: what is asked for, parsed and planned with the images that are known. */
export interface PreparedBuild {
  readonly builder: Builder;
  readonly request: BuildRequest;
  readonly text: string;
  readonly dockerfile: Dockerfile;
  readonly plan: BuildPlan;
  readonly ignoreFile: IgnoreFile | undefined;
  readonly context: ContextRequest;
  /** Directories that are named contexts, by name. */
  readonly namedContexts: ReadonlyMap<string, ContextRequest>;
  readonly image: (name: string, platform: Platform) => ImageAnswer;
  /** The images that were found, by `NAME PLATFORM`. */
  readonly images: ReadonlyMap<string, FoundImage>;
}

/** What the builder would take for a name. */
export type FoundImage =
  | {
      readonly kind: 'found';
      readonly image: LocalImage;
      /** Nobody was asked: it is what was there the last time. */
      readonly isAssumed?: boolean;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

export type FindImage = (name: string, platform: Platform, options: CallOptions) => Promise<FoundImage>;

export interface PrepareOptions {
  /** Instead of the Dockerfile on the disk. */
  readonly text?: string | undefined;
  /** The builder's own. */
  readonly platform: Platform;
  readonly findImage: FindImage;
}

/**
 * Reads and plans a build. A plan names images whose configs act on its steps, and is made again when they are known.
 *
 * @throws EngineError `not-found` for the context or the Dockerfile; `denied`, `too-large`, `cancelled`; what finding images throws.
 */
export async function prepareBuild(
  builder: Builder,
  request: BuildRequest,
  { platform, findImage, ...given }: PrepareOptions,
  options: CallOptions = {},
): Promise<PreparedBuild> {
  await mustBeDirectory(request.context);
  const [text, ignoreFile] = await Promise.all([
    given.text ?? readDockerfile(request.dockerfile),
    findIgnoreFile(request, builder.identity),
  ]);
  const pacer = new Pacer(options.signal, request.dockerfile, undefined, hostSliceMs);
  const dockerfile = await inPieces(parsingOf(text), pacer);
  const stages = await inPieces(stagesOf(dockerfile), pacer);
  const images = new Map<string, FoundImage>();
  const planNow = (): Promise<BuildPlan> => {
    const planning = planningOf(stages, dockerfile.escape, {
      ...(request.target !== undefined && { target: request.target }),
      buildArgs: request.buildArgs,
      ...(request.namedContexts !== undefined && { namedContexts: request.namedContexts }),
      platform: request.platform ?? platform,
      buildPlatform: platform,
      baseImage: (name, wanted) => {
        const found = images.get(keyOf(name, wanted));
        return found?.kind === 'found' ? toBaseImage(found.image) : undefined;
      },
    });
    return inPieces(planning, pacer);
  };
  let plan = await planNow();
  for (let missing = missingIn(plan, images); missing.length > 0; missing = missingIn(plan, images)) {
    const found = await Promise.all(missing.map((each) => findImage(each.name, each.platform, options)));
    for (const [at, each] of missing.entries())
      images.set(keyOf(each.name, each.platform), found[at] ?? notAsked);
    plan = await planNow();
  }
  const image = (name: string, wanted: Platform): ImageAnswer => answerOf(images.get(keyOf(name, wanted)));
  const isTar = isSentAsTar(builder.identity);
  const context = { directory: request.context, ignoreFile: ignoreFile?.text, ...(isTar && { isTar }) };
  const namedContexts = await readNamedContexts(plan, request);
  return {
    ...{ builder, request, text, dockerfile, plan, ignoreFile },
    ...{ context, namedContexts, image, images },
  };
}

/** Those that the plan needs; each has an ignore file of its own. */
async function readNamedContexts(
  { stages }: BuildPlan,
  request: BuildRequest,
): Promise<ReadonlyMap<string, ContextRequest>> {
  const contexts = new Map<string, ContextRequest>();
  for (const { from, isNeeded } of stages) {
    if (from.kind !== 'context' || !from.isDirectory || !isNeeded) continue;
    const directory = path.resolve(request.context, request.namedContexts?.get(from.name) ?? '');
    const ignoreFile = await findIgnoreFile({ context: directory, dockerfile: '' }, alone);
    contexts.set(from.name, { directory, ignoreFile: ignoreFile?.text });
  }
  return contexts;
}

/** A context that is named has its own `.dockerignore`, and no Dockerfile. */
const alone = { kind: 'classic', client: 'api' } as const;

async function mustBeDirectory(path: string): Promise<void> {
  const stats = await stat(path).catch((error: unknown) => {
    throw toEngineError(error, path);
  });
  if (!stats.isDirectory()) throw new EngineError('not-found', path, 'the context is no directory');
}

const notAsked = { kind: 'unknown', reason: 'it was not asked for' } as const;

interface NamedImage {
  readonly name: string;
  readonly platform: Platform;
}

/** Triggers of an image may name others. */
function missingIn(plan: BuildPlan, images: ReadonlyMap<string, FoundImage>): readonly NamedImage[] {
  const named = plan.stages.flatMap(({ from, platform, isNeeded }) =>
    from.kind === 'image' && isNeeded ? [{ name: from.name, platform }] : [],
  );
  const missing = named.filter((each) => !images.has(keyOf(each.name, each.platform)));
  return [...new Map(missing.map((each) => [keyOf(each.name, each.platform), each])).values()];
}

function keyOf(name: string, platform: Platform): string {
  return `${name} ${formatPlatform(platform)}`;
}

/** Of a classic store, which has no manifests, the ID stands for them: the layers are what counts there. */
function answerOf(found: FoundImage = notAsked): ImageAnswer {
  if (found.kind === 'unknown') return found;
  const { id, manifest = id, diffIds } = found.image;
  if (!isDigest(manifest)) return notAsked;
  return { kind: 'known', manifest, diffIds, ...(found.isAssumed === true && { isAssumed: true }) };
}

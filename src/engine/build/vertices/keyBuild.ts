import { isEngineError } from '../../base/errors.ts';
import { atOnce, type Pieces } from '../../base/pieces.ts';
import type { BuildkitBuild } from '../cache/buildkitQuestion.ts';
import type { KeyedBuild, VertexInput } from '../cache/vertex.ts';
import { workdirText } from '../operationKey/fileKey.ts';
import { imageKeys } from '../operationKey/imageKeys.ts';
import type { KeyFormat } from '../operationKey/keyFormat.ts';
import type { CopyOrigin, PlannedStage, PlannedStep, StageBase } from '../plan/buildPlan.ts';
import { type BuildOptions, buildOptions } from './buildOptions.ts';
import { type CopyFrom, copyVertex, type StepPlace } from './copyVertex.ts';
import { runVertex } from './runVertex.ts';
import { keyed, VertexList } from './vertexList.ts';

/** What of a build its keys follow from. */
type KeyableBuild = Pick<BuildkitBuild, 'plan' | 'request' | 'image'> &
  Partial<Pick<BuildkitBuild, 'builder'>>;

/**
 * The operations that BuildKit would look up for a build, with their keys. Stages that the target does not need have none.
 */
export function keyBuild(build: KeyableBuild, format: KeyFormat): KeyedBuild {
  return atOnce(keyingOf(build, format));
}

/** The same, step by step. */
export function keyingOf(build: KeyableBuild, format: KeyFormat): Pieces<KeyedBuild> {
  return new BuildKeyer(build, format).key();
}

class BuildKeyer {
  readonly #build: KeyableBuild;
  readonly #format: KeyFormat;
  readonly #options: BuildOptions;
  readonly #list = new VertexList();
  /** By stage: what its last step leaves. */
  readonly #outputs = new Map<number, number | undefined>();

  constructor(build: KeyableBuild, format: KeyFormat) {
    this.#build = build;
    this.#format = format;
    this.#options = buildOptions(build.request, build.plan, format);
  }

  *key(): Pieces<KeyedBuild> {
    const { stages, target } = this.#build.plan;
    // What only `--from` names stands behind the stages that read it.
    const ordered = [...stages].sort((one, other) => Number(isNamedOnly(other)) - Number(isNamedOnly(one)));
    for (const stage of ordered.filter(({ isNeeded }) => isNeeded)) yield* this.#addStage(stage);
    const output = target === undefined ? undefined : this.#outputs.get(target);
    return { vertices: this.#list.vertices, target: output };
  }

  *#addStage(stage: PlannedStage): Pieces<void> {
    let onto = this.#baseOf(stage);
    for (const [at, step] of stage.steps.entries()) {
      onto = this.#addStep(stage, step, at, onto);
      yield;
    }
    this.#outputs.set(stage.index, onto);
  }

  #baseOf(stage: PlannedStage): number | undefined {
    const { from, index, platform } = stage;
    if (from.kind === 'scratch') return undefined;
    if (from.kind === 'stage') return this.#outputs.get(from.index);
    if (from.kind === 'context') return this.#namedContext(from, index);
    const { name } = from;
    return this.#list.shared(`image ${name} ${JSON.stringify(platform)}`, () => {
      const answer = this.#build.image(name, platform);
      const isKnown = answer.kind === 'known';
      const image = isKnown ? imageKeys(answer.manifest, answer.diffIds, platform) : undefined;
      return { kind: 'image', stage: index, ...(image && { image }) };
    });
  }

  /** What is no directory is fetched, and may be anything. */
  #namedContext(
    { name, isDirectory }: Extract<StageBase, { readonly kind: 'context' }>,
    stage: number,
  ): number {
    return this.#list.shared(`context ${name}`, () => ({ kind: isDirectory ? 'context' : 'url', stage }));
  }

  #addStep(stage: PlannedStage, step: PlannedStep, at: number, onto: number | undefined): number | undefined {
    const { operation } = step;
    const ignoresCache = operation.kind !== 'workdir' && this.#options.ignoresCache(nameOf(stage));
    const draft = { stage: stage.index, step: at, ignoresCache };
    const canMerge = this.#build.builder?.imageStore !== 'classic';
    const place: StepPlace = { list: this.#list, format: this.#format, onto, canMerge, draft };
    if (!isOperation(step)) return onto;
    if (stage.isBaseUnknown) return this.#addUnknown(step, place);
    try {
      return this.#addKnown(stage, step, place);
    } catch (error) {
      // A pattern or a path that BuildKit refuses too, once it comes to it.
      if (isEngineError(error, 'invalid-path')) return this.#addUnknown(step, place);
      throw error;
    }
  }

  #addKnown(stage: PlannedStage, { operation }: PlannedStep, place: StepPlace): number | undefined {
    const { onto, draft } = place;
    if (operation.kind === 'run') {
      const { platform } = stage;
      const origin = ({ shows }: { readonly shows?: CopyOrigin }): CopyFrom =>
        this.#originOf(shows, stage.index);
      return runVertex(operation, { options: this.#options, platform, origin }, place);
    }
    if (operation.kind === 'copy' || operation.kind === 'add')
      return copyVertex(operation, () => this.#originOf(operation.origin, stage.index), place);
    if (operation.kind !== 'workdir' || operation.path === '/') return onto;
    const { epoch } = this.#options;
    const text = workdirText(operation.path, this.#format, operation.owner, epoch, onto === undefined);
    const inputs = onto === undefined ? [] : [plainInput(onto)];
    return this.#list.add({ ...draft, kind: 'workdir', operation: keyed(text) }, inputs);
  }

  /** What cannot be keyed: as where the config of the base is not known, which acts on all that is made on it. */
  #addUnknown({ operation }: PlannedStep, { list, draft, onto }: StepPlace): number {
    const kind = operation.kind === 'run' ? 'run' : operation.kind === 'workdir' ? 'workdir' : 'copy';
    return list.add({ ...draft, kind }, onto === undefined ? [] : [plainInput(onto)]);
  }

  #originOf(origin: CopyOrigin | undefined, stage: number): CopyFrom {
    if (origin?.kind === 'stage') {
      const vertex = this.#outputs.get(origin.index);
      const named = this.#bareContext(origin.index);
      return { vertex, origin: named === undefined ? origin : { kind: 'named', name: named } };
    }
    const vertex = this.#list.shared('context', () => ({ kind: 'context', stage }));
    return { vertex, origin: { kind: 'context' } };
  }

  /** The directory that a stage is, with nothing done to it. */
  #bareContext(index: number): string | undefined {
    const stage = this.#build.plan.stages[index];
    const isBare = stage?.steps.every((step) => !isOperation(step)) === true;
    return isBare && stage.from.kind === 'context' && stage.from.isDirectory ? stage.from.name : undefined;
  }
}

function plainInput(vertex: number): VertexInput {
  return { vertex, output: 0, selector: '' };
}

function isNamedOnly({ steps }: PlannedStage): boolean {
  return steps.length === 0;
}

function nameOf({ steps }: PlannedStage): string {
  const from = steps.find(({ operation }) => operation.kind === 'from');
  const [, keyword, name = ''] = from?.instruction.args.map(({ text }) => text) ?? [];
  return keyword?.toLowerCase() === 'as' ? name : '';
}

function isOperation({ operation }: PlannedStep): boolean {
  return operation.kind !== 'from' && operation.kind !== 'metadata';
}

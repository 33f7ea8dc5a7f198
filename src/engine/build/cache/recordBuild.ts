import type { Pieces } from '../../base/pieces.ts';
import { imageKeys } from '../operationKey/imageKeys.ts';
import { outputKey } from '../operationKey/outputKey.ts';
import type { PlannedStage, PlannedStep } from '../plan/buildPlan.ts';
import { type Sha256, sha256 } from '../sha256.ts';
import type { BuildkitBuild, BuildkitResult } from './buildkitQuestion.ts';
import type { CacheLink, CacheRecord, SeenBuild, SeenStep } from './cacheGraph.ts';
import type { StepLayer } from './cacheReport.ts';
import type { KnownContents } from './vertexMatcher.ts';
import { placeOf, verticesByPlace } from './stepView.ts';
import type { KeyedBuild, Vertex, VertexInput } from './vertex.ts';

/** The record of a build that went through Lamina: all of it is computed. */
export function* recordBuild(
  keyed: KeyedBuild,
  build: Pick<BuildkitBuild, 'dockerfile' | 'plan' | 'image'>,
  contents: KnownContents,
  result: BuildkitResult,
): Pieces<SeenBuild> {
  const { dockerfile, plan } = build;
  const positions = new Map(dockerfile.instructions.map(({ range }, at) => [range.start, at]));
  const layerOf = ({ instruction, isTrigger }: PlannedStep): StepLayer | undefined =>
    isTrigger ? undefined : result.layers?.get(positions.get(instruction.range.start) ?? -1);
  const steps = new Map(plan.stages.map((stage) => [stage.index, stage.steps]));
  const records = new RecordList(contents, ({ stage, step }) => {
    const made = step === undefined ? undefined : steps.get(stage)?.[step];
    return made && layerOf(made);
  });
  for (const vertex of keyed.vertices) {
    records.add(vertex);
    yield;
  }
  const places = verticesByPlace(keyed);
  const stepsOf = (stage: PlannedStage): readonly SeenStep[] =>
    stage.steps.map((step, at) => {
      const place = step.isTrigger ? undefined : positions.get(step.instruction.range.start);
      const seconds = result.seconds?.get(place ?? -1);
      const layer = layerOf(step);
      return {
        stage: stage.label,
        ...(step.row !== undefined && { row: step.row }),
        text: step.instruction.original,
        ...(!step.isTrigger && { firstLine: step.instruction.lines.first }),
        ...(step.operation.kind === 'from'
          ? seenBase(stage, build)
          : seenVertices(keyed, records, places.get(placeOf(stage.index, at)) ?? [])),
        ...(layer && { layer }),
        ...(seconds !== undefined && { seconds }),
      };
    });
  return {
    kind: 'lamina',
    ...(result.subject !== undefined && { subject: result.subject }),
    builtAt: result.builtAt,
    dockerfile: dockerfile.text,
    records: records.records,
    steps: plan.stages.filter(({ isNeeded }) => isNeeded).flatMap(stepsOf),
    ...(result.upload !== undefined && { upload: result.upload }),
  };
}

/** The plaintext of a base is the digest of its manifest. */
function seenBase(
  { from, platform }: PlannedStage,
  { image }: Pick<BuildkitBuild, 'image'>,
): Pick<SeenStep, 'operation'> {
  const answer = from.kind === 'image' ? image(from.name, platform) : undefined;
  if (answer?.kind !== 'known') return {};
  const { byManifest } = imageKeys(answer.manifest, answer.diffIds, platform);
  return { operation: { digest: byManifest, plaintext: answer.manifest } };
}

/** What a step was looked up by. Of `--link` that is the copy; its last result is the merge. */
function seenVertices(
  { vertices }: KeyedBuild,
  records: RecordList,
  own: readonly number[],
): Pick<SeenStep, 'operation' | 'record' | 'selections'> {
  const [first] = own;
  const operation = first === undefined ? undefined : vertices[first]?.operation;
  const record = own.map((at) => records.recordOf(at)).findLast((at) => at !== undefined);
  const inputs = own.flatMap((at) => vertices[at]?.inputs ?? []);
  const selections = inputs.flatMap(({ content }) => content?.id ?? []);
  return {
    ...(operation && { operation }),
    ...(record !== undefined && { record }),
    ...(selections.length > 0 && { selections }),
  };
}

class RecordList {
  readonly records: CacheRecord[] = [];
  readonly #contents: KnownContents;
  readonly #layerOf: (vertex: Vertex) => StepLayer | undefined;
  /** By vertex. */
  readonly #made: (readonly number[])[] = [];
  readonly #roots = new Map<string, number>();

  constructor(contents: KnownContents, layerOf: (vertex: Vertex) => StepLayer | undefined) {
    this.#contents = contents;
    this.#layerOf = layerOf;
  }

  recordOf(vertex: number): number | undefined {
    return this.#made[vertex]?.[0];
  }

  add(vertex: Vertex): void {
    const { image, operation, inputs, kind } = vertex;
    if (image !== undefined) {
      const digests = [image.byManifest, ...(image.byLayers === undefined ? [] : [image.byLayers])];
      this.#made.push(digests.map((digest) => this.#root(outputKey(digest, 0))));
    } else if (operation !== undefined && inputs.length === 0)
      this.#made.push([this.#root(outputKey(operation.digest, 0))]);
    // What was fetched has a key that nobody can compute: what is made of it is known all the same.
    else if (kind === 'url' || kind === 'git')
      this.#made.push([this.#root(sha256(`${kind} ${this.#made.length}`))]);
    else if (operation === undefined) this.#made.push([]);
    else {
      const layer = this.#layerOf(vertex);
      const links = inputs.map((input) => this.#linksTo(input));
      const record = { key: outputKey(operation.digest, 0), inputs: links, ...(layer && { layer }) };
      this.#made.push([this.records.push({ ...record, certainty: 'exact' }) - 1]);
    }
  }

  #linksTo({ vertex, selector, content, contentDigest }: VertexInput): readonly CacheLink[] {
    const made = vertex === undefined ? [] : (this.#made[vertex] ?? []);
    const digest = contentDigest ?? (content && this.#contents.get(content.id));
    const byContent =
      digest === undefined ? [] : [{ record: this.#root(outputKey(digest, -1)), selector: '' }];
    return [...made.map((record) => ({ record, selector })), ...byContent];
  }

  #root(key: Sha256): number {
    const known = this.#roots.get(key);
    if (known !== undefined) return known;
    const added = this.records.push({ key, inputs: [], certainty: 'exact' }) - 1;
    this.#roots.set(key, added);
    return added;
  }
}

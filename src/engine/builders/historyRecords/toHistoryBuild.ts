import type { CacheLink, CacheRecord, SeenStep } from '../../build/cache/cacheGraph.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import type { KeyFormat } from '../../build/operationKey/keyFormat.ts';
import { outputKey } from '../../build/operationKey/outputKey.ts';
import type { Sha256 } from '../../build/sha256.ts';
import { asObject, textMember } from '../../oci/json.ts';
import type { BuildHistoryRecord } from '../buildkitControl/historyMessages.ts';
import type { ContentGap, HistoryBuild } from './historyBuild.ts';
import type { Provenance, ProvenanceStep, StepInput } from './provenance.ts';
import type { StepOperation } from './keyedStep.ts';
import { pinnedSource } from './pinnedSource.ts';
import { sentContext } from './sentContext.ts';
import { stepOperation } from './stepOperation.ts';
import type { StepTiming } from './stepTimings.ts';

/** What is known of a build besides its provenance. */
export interface HistoryFacts {
  readonly record: BuildHistoryRecord;
  readonly format: KeyFormat;
  /** Keys of base images, by position of the step. */
  readonly bases: ReadonlyMap<number, readonly Sha256[]>;
  /** By position of the step: what its events told. */
  readonly timings: ReadonlyMap<number, StepTiming>;
  /** The layers of a step's result, lowest first. */
  readonly layersOf: (step: ProvenanceStep) => readonly StepLayer[];
}

/** The keys of a build, computed from what BuildKit keeps of it. */
export function toHistoryBuild(provenance: Provenance, facts: HistoryFacts): HistoryBuild {
  return new HistoryReading(provenance, facts).read();
}

class HistoryReading {
  readonly #provenance: Provenance;
  readonly #facts: HistoryFacts;
  readonly #records: CacheRecord[] = [];
  /** Of each step the records that it can be found by. */
  readonly #found: (readonly number[])[] = [];
  readonly #steps: SeenStep[] = [];
  readonly #gaps: ContentGap[] = [];

  constructor(provenance: Provenance, facts: HistoryFacts) {
    this.#provenance = provenance;
    this.#facts = facts;
  }

  read(): HistoryBuild {
    for (const [position, step] of this.#provenance.steps.entries()) this.#take(step, position);
    const { record } = this.#facts;
    const { dockerfile } = this.#provenance;
    return {
      seen: {
        kind: 'history-record',
        subject: record.ref,
        ...(record.completedAt !== undefined && { builtAt: record.completedAt }),
        ...(dockerfile !== undefined && { dockerfile }),
        records: this.#records,
        steps: this.#steps,
      },
      gaps: this.#gaps,
      attributes: record.attributes,
      ...(record.createdAt !== undefined && { startedAt: record.createdAt }),
      images: record.images.map(({ digest }) => digest),
    };
  }

  #take(step: ProvenanceStep, position: number): void {
    const base = this.#facts.bases.get(position);
    const operation = stepOperation(step, this.#facts.format);
    const pinned = pinnedSource(step);
    if (pinned !== undefined) this.#found.push([this.#source(pinned.digest)]);
    else if (base !== undefined) this.#found.push(base.map((key) => this.#source(key)));
    else if (operation === undefined) this.#found.push([]);
    else this.#found.push([this.#keyed(step, position, operation)]);
  }

  #source(key: Sha256): number {
    return this.#add({ key: outputKey(key, 0), inputs: [], certainty: 'exact' });
  }

  #keyed(step: ProvenanceStep, position: number, operation: StepOperation): number {
    const chain = this.#facts.layersOf(step);
    const layer = chain.at(-1);
    const record = this.#add({
      key: outputKey(operation.operation.digest, 0),
      inputs: step.inputs.map((input, at) => this.#links(input, operation.reads.get(at)?.selector ?? '')),
      ...(layer && { layer }),
      certainty: 'exact',
    });
    const seen = this.#seen(step, position, operation, { record, ...(layer && { layer }) });
    this.#note(step, operation, {
      record,
      ...(seen !== undefined && { step: seen }),
      ...(layer && { layer, chain }),
    });
    return record;
  }

  /** Nothing here has more outputs than one. */
  #links({ step, output }: StepInput, selector: string): readonly CacheLink[] {
    return output === 0 ? (this.#found[step] ?? []).map((record) => ({ record, selector })) : [];
  }

  #seen(
    step: ProvenanceStep,
    position: number,
    { operation }: StepOperation,
    made: Pick<SeenStep, 'record' | 'layer'>,
  ): number | undefined {
    const timing = this.#facts.timings.get(position);
    if (step.lines === undefined) return undefined;
    const { stage = '', row, text = '', seconds } = timing ?? {};
    const known = { stage, text, firstLine: step.lines.first, operation, ...made };
    return (
      this.#steps.push({
        ...known,
        ...(row !== undefined && { row }),
        ...(seconds !== undefined && { seconds }),
      }) - 1
    );
  }

  #note(
    step: ProvenanceStep,
    { reads }: StepOperation,
    place: Omit<ContentGap, 'input' | 'origin' | 'sources' | 'sent'>,
  ): void {
    for (const [input, { sources }] of reads) {
      const made = step.inputs[input];
      if (sources === undefined || made === undefined) continue;
      const from = this.#provenance.steps[made.step];
      const origin = originOf(from);
      const sent = from && sentContext(from);
      if (origin !== undefined) this.#gaps.push({ ...place, input, origin, sources, ...(sent && { sent }) });
    }
  }

  #add(record: CacheRecord): number {
    return this.#records.push(record) - 1;
  }
}

/** Undefined of what the instruction brings with it: that is found by how it is made. */
function originOf(step: ProvenanceStep | undefined): ContentGap['origin'] | undefined {
  const identifier = textMember(asObject(step?.operation['source']) ?? {}, 'identifier');
  if (identifier !== undefined) {
    if (identifier.startsWith('docker-image://')) return 'image';
    return identifier.startsWith('local://') ? 'context' : 'remote';
  }
  return step !== undefined && step.inputs.length > 0 ? 'stage' : undefined;
}

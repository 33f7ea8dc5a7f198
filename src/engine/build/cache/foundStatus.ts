import type { Presence } from './builderList.ts';
import type { StepReason } from './cacheReport.ts';
import type { Conclusions, VertexStatus } from './conclusions.ts';
import type { KnownResult } from './knownCache.ts';
import type { VertexMatch } from './matchBuild.ts';
import { toReason } from './reasonTexts.ts';
import type { Vertex } from './vertex.ts';

/** The statuses of vertices that a build that was seen has made: whether the builder still has them, and how sure that is. */
export class FoundStatuses {
  readonly #conclusions: Conclusions;
  /** By stage. */
  readonly #assumptions = new Map<number, boolean>();
  #isEndListed: boolean | undefined;

  constructor(conclusions: Conclusions) {
    this.#conclusions = conclusions;
  }

  statusOf(at: number, vertex: Vertex, match: VertexMatch): VertexStatus {
    const { cache } = this.#conclusions;
    const [result] = [...match.found].flatMap((id) => cache.result(id) ?? []).reverse();
    const isRemade = match.isNeeded && !match.isLoaded;
    if (isRemade)
      return orRemote(this.#conclusions, {
        state: 'rebuild',
        reason: toReason({ code: 'no-longer-listed' }),
      });
    const stale = this.#staleReason(vertex);
    const found: VertexStatus = { ...this.#certainty(at, result), ...(result && { result }) };
    return stale === undefined ? found : { ...found, state: 'stale', reason: stale };
  }

  #certainty(at: number, result: KnownResult | undefined): Pick<VertexStatus, 'state' | 'reason'> {
    const isExact = result?.records.some(({ record }) => record.certainty === 'exact') === true;
    const subject = result?.records.at(-1)?.build.subject;
    const facts = isExact
      ? ({ code: 'found' } as const)
      : ({ code: 'found-in-image', ...(subject !== undefined && { subject }) } as const);
    if (this.#isOnAssumption(at))
      return { state: 'likely', reason: toReason(facts, 'cached if the base image is still what it was') };
    const presence = this.#presenceOf(at, result);
    if (presence === 'listed') return { state: 'cached', reason: toReason(facts) };
    // An image may have been made elsewhere, and loaded.
    if (presence === 'alike' && !isExact)
      return { state: 'unknown', reason: toReason({ code: 'not-shown' }, listedOtherwise) };
    const doubt =
      presence === undefined
        ? 'as in a build that was seen; whether the builder still has it is not known'
        : 'as in a build that was seen; what the builder lists is called otherwise';
    return { state: 'likely', reason: toReason(facts, doubt) };
  }

  /** What nothing needs does not have to be there: what it led to is. */
  #presenceOf(at: number, result: KnownResult | undefined): Presence | undefined {
    const { list, matches } = this.#conclusions;
    if (result?.records.some(({ build }) => build.isImported === true) === true) return 'listed';
    if (list === undefined || matches[at]?.isNeeded === true) return list?.presenceOf(at);
    this.#isEndListed ??= matches.every(
      ({ isNeeded, isLoaded, found }, each) =>
        !(isNeeded && isLoaded && found.size > 0 && this.#isStep(each)) || list.presenceOf(each) === 'listed',
    );
    return this.#isEndListed ? 'listed' : list.presenceOf(at);
  }

  #isStep(at: number): boolean {
    return this.#conclusions.keyed.vertices[at]?.step !== undefined;
  }

  /** Whether nobody was asked for the image that it is made on. */
  #isOnAssumption(at: number): boolean {
    const stage = this.#conclusions.keyed.vertices[at]?.stage;
    if (stage === undefined) return false;
    const isAssumed = this.#assumptions.get(stage) ?? this.#isAssumed(stage);
    this.#assumptions.set(stage, isAssumed);
    return isAssumed;
  }

  #isAssumed(stage: number): boolean {
    const { question } = this.#conclusions;
    const { stages } = question.plan;
    const seen = new Set<number>();
    let planned = stages[stage];
    while (planned?.from.kind === 'stage' && !seen.has(planned.index)) {
      seen.add(planned.index);
      planned = stages[planned.from.index];
    }
    if (planned?.from.kind !== 'image') return false;
    const answer = question.image(planned.from.name, planned.platform);
    return answer.kind === 'known' && answer.isAssumed === true;
  }

  #staleReason({ inputs }: Vertex): StepReason | undefined {
    for (const { content } of inputs) {
      const answer = content && this.#conclusions.answers.get(content.id);
      if (answer === undefined || answer.counted === answer.actual) continue;
      const { unseen } = answer;
      const code = unseen.some(({ change }) => change === 'content') ? 'same-size-and-time' : 'not-compared';
      return toReason({ code, paths: unseen.slice(0, mostPaths), pathCount: unseen.length });
    }
    return undefined;
  }
}

const mostPaths = 100;

const listedOtherwise = 'as in an image, but the builder lists no step of this text';

/** What the builder does not have may be in a cache that it is told to import. */
export function orRemote({ question }: Conclusions, status: VertexStatus): VertexStatus {
  const [unread] = question.unreadCaches ?? [];
  return unread === undefined ? status : unknown('remote-cache', unread);
}

export function unknown(code: StepReason['code'], subject?: string): VertexStatus {
  return { state: 'unknown', reason: toReason({ code, ...(subject !== undefined && { subject }) }) };
}

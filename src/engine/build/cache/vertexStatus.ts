import type { StepReason } from './cacheReport.ts';
import type { BuilderList, Presence } from './builderList.ts';
import type { Conclusions, VertexStatus } from './conclusions.ts';
import { type KnownResult, linkTo } from './knownCache.ts';
import type { VertexMatch } from './matchBuild.ts';
import type { RebuildReasons } from './rebuildReasons.ts';
import { toReason } from './reasonTexts.ts';
import type { ContentSelection, Vertex, VertexInput } from './vertex.ts';

/** The statuses of vertices, in the order of the build: those of steps below rest on those above. */
export function addStatuses(
  conclusions: Conclusions,
  statuses: VertexStatus[],
  reasons: RebuildReasons,
): void {
  const maker = new StatusMaker(conclusions, statuses, reasons);
  for (const at of conclusions.keyed.vertices.keys()) statuses.push(maker.statusOf(at));
}

class StatusMaker {
  readonly #conclusions: Conclusions;
  readonly #statuses: readonly VertexStatus[];
  readonly #reasons: RebuildReasons;

  constructor(conclusions: Conclusions, statuses: readonly VertexStatus[], reasons: RebuildReasons) {
    this.#conclusions = conclusions;
    this.#statuses = statuses;
    this.#reasons = reasons;
  }

  statusOf(at: number): VertexStatus {
    const { keyed, matches } = this.#conclusions;
    const [vertex, match] = [keyed.vertices[at], matches[at]];
    if (vertex === undefined || match === undefined) return unknown('not-understood');
    const source = this.#sourceStatus(vertex, match);
    if (source !== undefined) return source;
    if (match.found.size > 0) return this.#foundStatus(at, vertex, match);
    if (vertex.ignoresCache) return { state: 'rebuild', reason: toReason({ code: 'not-cached-asked' }) };
    const open = this.#openStatus(vertex, match);
    return open ?? this.#missedStatus(at, match);
  }

  /** Of what is no step. */
  #sourceStatus(vertex: Vertex, match: VertexMatch): VertexStatus | undefined {
    if (vertex.kind === 'image' && vertex.image === undefined)
      return unknown('base-not-asked', this.#imageOf(vertex));
    const isFetched = vertex.kind === 'url' || vertex.kind === 'git';
    if (isFetched && match.found.size === 0) return unknown('remote-source');
    const isStep = vertex.step !== undefined;
    return isStep ? undefined : { state: 'cached', reason: toReason({ code: 'found' }) };
  }

  #foundStatus(at: number, vertex: Vertex, match: VertexMatch): VertexStatus {
    const { cache } = this.#conclusions;
    const [result] = [...match.found].flatMap((id) => cache.result(id) ?? []).reverse();
    const isRemade = match.isNeeded && !match.isLoaded;
    if (isRemade) return this.#orRemote({ state: 'rebuild', reason: toReason({ code: 'no-longer-listed' }) });
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
    const last = matches.flatMap(({ isNeeded, isLoaded, found }, each) =>
      isNeeded && isLoaded && found.size > 0 && this.#isStep(each) ? [each] : [],
    );
    return last.every((each) => list.presenceOf(each) === 'listed') ? 'listed' : list.presenceOf(at);
  }

  #isStep(at: number): boolean {
    return this.#conclusions.keyed.vertices[at]?.step !== undefined;
  }

  /** Whether nobody was asked for the image that it is made on. */
  #isOnAssumption(at: number): boolean {
    const { question, keyed } = this.#conclusions;
    const stage = keyed.vertices[at]?.stage;
    const { stages } = question.plan;
    const seen = new Set<number>();
    let planned = stage === undefined ? undefined : stages[stage];
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

  /** What may be found, or not: that depends on what cannot be known before. */
  #openStatus(vertex: Vertex, match: VertexMatch): VertexStatus | undefined {
    const { finding, possible, nearest } = match;
    if (finding !== undefined && finding.state !== 'rebuild')
      return { state: finding.state, reason: finding.reason };
    if (possible !== 'any' && possible.size === 0) return undefined;
    if (vertex.operation === undefined) return this.#unkeyed(vertex);
    const states = nearest?.inputs ?? vertex.inputs.map(() => 'maybe' as const);
    const open = vertex.inputs
      .filter((_, at) => states[at] === 'maybe')
      .map((input) => this.#openInput(input));
    return open.find(({ state }) => state === 'unknown') ?? open[0] ?? unknown('not-understood');
  }

  #unkeyed({ stage, inputs }: Vertex): VertexStatus {
    if (this.#conclusions.question.plan.stages[stage]?.isBaseUnknown !== true) return unknown('invalid');
    const [under] = inputs.flatMap(({ vertex }) =>
      vertex === undefined ? [] : (this.#statuses[vertex] ?? []),
    );
    return under?.state === 'unknown' ? under : unknown('base-not-asked');
  }

  #openInput(input: VertexInput): VertexStatus {
    const { keyed, question } = this.#conclusions;
    const { content, vertex: at } = input;
    if (content !== undefined && content.origin.kind !== 'stage') return this.#unreadable(content);
    const status = at === undefined ? undefined : this.#statuses[at];
    if (status?.state === 'unknown') return status;
    if (content === undefined) return status ?? unknown('not-understood');
    const vertex = at === undefined ? undefined : keyed.vertices[at];
    const stage = vertex && question.plan.stages[vertex.stage];
    const subject = vertex?.kind === 'image' ? this.#imageOf(vertex) : stageName(stage);
    const instruction = at === undefined ? undefined : this.#reasons.causeOf(at);
    const facts = {
      code: 'stage-output',
      subject,
      ...(instruction !== undefined && { instruction }),
    } as const;
    const paths = content.sources.map(({ path }) => path).join(', ');
    return {
      state: 'depends',
      reason: toReason(facts, `cached if ${paths} of ${subject} comes out as it was`),
    };
  }

  #unreadable({ id, sources }: ContentSelection): VertexStatus {
    const unreadable = this.#conclusions.answers.get(id)?.unreadable[0];
    return unknown('context-unreadable', unreadable ?? sources.map(({ path }) => path).join(', '));
  }

  #missedStatus(at: number, { finding, nearest }: VertexMatch): VertexStatus {
    const { question } = this.#conclusions;
    if (question.seen.length === 0)
      return question.listed?.length === 0
        ? this.#orRemote({ state: 'rebuild', reason: toReason({ code: 'never-built' }) })
        : unknown('no-evidence');
    const own = this.#reasons.reasonOf(at);
    const reason =
      finding !== undefined && nearest === undefined && own.code === 'never-built' ? finding.reason : own;
    const isOfAnother = finding?.state !== 'rebuild' && this.#isMadeElsewhere(at);
    if (isOfAnother) return { state: 'unknown', reason: toReason({ code: 'not-understood' }, madeElsewhere) };
    return this.#orRemote({ state: 'rebuild', reason });
  }

  /** Whether the builder may have it from a build that nobody has seen; certain news from an image was held against its list. */
  #isMadeElsewhere(at: number): boolean {
    const { list, question } = this.#conclusions;
    // What was seen stands on what was seen.
    const known = this.#isOnUnknown(at) ? 0 : this.#reasons.namesakesOf(at);
    // A builder that is followed has been seen at each of its builds.
    const isFollowed = known > 0 && question.seen.some(({ kind }) => kind === 'lamina');
    if (list === undefined || isFollowed || this.#reasons.isOnRemade(at)) return false;
    return list.namedNow(at) > known && !this.#isExplained(at, list);
  }

  #isOnUnknown(at: number): boolean {
    const inputs = this.#conclusions.keyed.vertices[at]?.inputs ?? [];
    return inputs.some(
      ({ vertex, content }) =>
        content === undefined && vertex !== undefined && this.#statuses[vertex]?.state === 'unknown',
    );
  }

  /** Whether all that the builder lists on what is above was seen, whatever each of it is. */
  #isExplained(at: number, list: BuilderList): boolean {
    const { cache, keyed, matches } = this.#conclusions;
    const [onto] = keyed.vertices[at]?.inputs ?? [];
    const above = onto?.vertex === undefined ? undefined : matches[onto.vertex];
    const count = list.countUnder(at);
    if (onto === undefined || above === undefined || count === undefined) return false;
    return count <= cache.countOn([...above.found].map((id) => linkTo(id, onto.selector)));
  }

  /** What the builder does not have may be in a cache that it is told to import. */
  #orRemote(status: VertexStatus): VertexStatus {
    const [unread] = this.#conclusions.question.unreadCaches ?? [];
    return unread === undefined ? status : unknown('remote-cache', unread);
  }

  #imageOf({ stage }: Vertex): string {
    const from = this.#conclusions.question.plan.stages[stage]?.from;
    return from?.kind === 'image' ? from.name : '';
  }
}

const mostPaths = 100;

const madeElsewhere = 'the builder has a step of this text, which no build that was seen has made';

function unknown(code: StepReason['code'], subject?: string): VertexStatus {
  return { state: 'unknown', reason: toReason({ code, ...(subject !== undefined && { subject }) }) };
}

function stageName(stage: { readonly label: string; readonly index: number } | undefined): string {
  if (stage === undefined) return '';
  return stage.label === '' ? String(stage.index) : stage.label;
}

import type { Pieces } from '../../base/pieces.ts';
import type { StepReason } from './cacheReport.ts';
import type { BuilderList } from './builderList.ts';
import type { Conclusions, VertexStatus } from './conclusions.ts';
import { FoundStatuses, orRemote, unknown } from './foundStatus.ts';
import type { VertexMatch } from './matchBuild.ts';
import { namesakesOf } from './namesakes.ts';
import type { RebuildReasons } from './rebuildReasons.ts';
import { toReason } from './reasonTexts.ts';
import type { ContentSelection, Vertex, VertexInput } from './vertex.ts';

/** The statuses of vertices, in the order of the build: those of steps below rest on those above. */
export function* addStatuses(
  conclusions: Conclusions,
  statuses: VertexStatus[],
  reasons: RebuildReasons,
): Pieces<void> {
  const { question, keyed, matches } = conclusions;
  const maker = new StatusMaker(conclusions, statuses, reasons);
  for (const [at, vertex] of keyed.vertices.entries()) {
    const stage = matches[at]?.found.size === 0 ? question.plan.stages[vertex.stage] : undefined;
    if (stage !== undefined) yield* reasons.seen.reading(stage);
    statuses.push(maker.statusOf(at));
    yield;
  }
}

class StatusMaker {
  readonly #conclusions: Conclusions;
  readonly #statuses: readonly VertexStatus[];
  readonly #reasons: RebuildReasons;
  readonly #found: FoundStatuses;

  constructor(conclusions: Conclusions, statuses: readonly VertexStatus[], reasons: RebuildReasons) {
    this.#conclusions = conclusions;
    this.#statuses = statuses;
    this.#reasons = reasons;
    this.#found = new FoundStatuses(conclusions);
  }

  statusOf(at: number): VertexStatus {
    const { keyed, matches } = this.#conclusions;
    const [vertex, match] = [keyed.vertices[at], matches[at]];
    if (vertex === undefined || match === undefined) return unknown('not-understood');
    const source = this.#sourceStatus(vertex, match);
    if (source !== undefined) return source;
    if (match.found.size > 0) return this.#found.statusOf(at, vertex, match);
    if (vertex.ignoresCache) return { state: 'rebuild', reason: toReason({ code: 'not-cached-asked' }) };
    const isSure = this.#isUnlisted(vertex) || this.#reasons.isOnRemade(at);
    return (isSure ? undefined : this.#openStatus(vertex, match)) ?? this.#missedStatus(at, match);
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

  /** Whether the builder lists no command like it, and takes none from elsewhere: then it can be nothing that may be there. */
  #isUnlisted(vertex: Vertex): boolean {
    const { list, question } = this.#conclusions;
    const { seen, unreadCaches = [] } = question;
    if (vertex.kind !== 'run' || vertex.operation === undefined || list === undefined) return false;
    const isImporting = unreadCaches.length > 0 || seen.some(({ isImported }) => isImported === true);
    return !isImporting && !list.hasCommand(vertex);
  }

  /** What may be found, or not: that depends on what cannot be known before. */
  #openStatus(vertex: Vertex, match: VertexMatch): VertexStatus | undefined {
    const { finding, possible, nearest } = match;
    const isOpen = finding !== undefined && finding.state !== 'rebuild';
    if (isOpen && !(finding.state === 'depends' && readsSame(vertex, match)))
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
    // That what it stands on is there says nothing of itself.
    if (content === undefined) return status?.state === 'depends' ? status : unknown('not-shown');
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
        ? orRemote(this.#conclusions, { state: 'rebuild', reason: toReason({ code: 'never-built' }) })
        : unknown(question.isUnread === true ? 'evidence-not-readable' : 'no-evidence');
    const own = this.#reasons.reasonOf(at);
    const isUntold = nearest === undefined ? own.code === 'never-built' : isWithoutPaths(own);
    const reason = finding !== undefined && isUntold ? finding.reason : own;
    const isOfAnother = finding?.state !== 'rebuild' && this.#isMadeElsewhere(at);
    if (isOfAnother) return { state: 'unknown', reason: toReason({ code: 'not-understood' }, madeElsewhere) };
    return orRemote(this.#conclusions, { state: 'rebuild', reason });
  }

  /** Whether the builder may have it from a build that nobody has seen; certain news from an image was held against its list. */
  #isMadeElsewhere(at: number): boolean {
    const { list, question } = this.#conclusions;
    if (list === undefined || this.#reasons.isOnRemade(at)) return false;
    // What was seen stands on what was seen.
    const known = this.#isOnUnknown(at) ? 0 : namesakesOf(this.#conclusions, this.#reasons.seen, at);
    // A builder that is followed has been seen at each of its builds.
    const isFollowed = known > 0 && question.seen.some(({ kind }) => kind === 'lamina');
    return !isFollowed && list.namedNow(at) > known && !this.#isExplained(at, list);
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
    if (above === undefined || count === undefined) return false;
    return count <= cache.countOn(above.found);
  }

  #imageOf({ stage }: Vertex): string {
    const from = this.#conclusions.question.plan.stages[stage]?.from;
    return from?.kind === 'image' ? from.name : '';
  }
}

/** Whether the stages that it reads are as they were, and only what it stands on may not be. */
function readsSame({ inputs }: Vertex, { nearest }: VertexMatch): boolean {
  if (nearest?.inputs.includes('maybe') !== true) return false;
  return inputs.every(({ content }, at) => content?.origin.kind !== 'stage' || nearest.inputs[at] === 'same');
}

const madeElsewhere = 'the builder has a step of this text, which no build that was seen has made';

/** A key tells that files are others, and not which. */
function isWithoutPaths({ code, paths }: StepReason): boolean {
  return code === 'files-changed' && paths === undefined;
}

function stageName(stage: { readonly label: string; readonly index: number } | undefined): string {
  if (stage === undefined) return '';
  return stage.label === '' ? String(stage.index) : stage.label;
}

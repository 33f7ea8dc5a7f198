import { explainOperation } from './explainOperation.ts';
import type { StepReason } from './cacheReport.ts';
import type { SeenStep } from './cacheGraph.ts';
import type { Conclusions, VertexStatus } from './conclusions.ts';
import type { NearestResult } from './vertexMatcher.ts';
import { toReason } from './reasonTexts.ts';
import { SeenSteps } from './seenSteps.ts';
import type { StepView } from './stepView.ts';
import type { Vertex, VertexInput } from './vertex.ts';

/** Why vertices are made again: the first difference in the order of build-cache.md §4.2. */
export class RebuildReasons {
  /** What steps were before. */
  readonly seen: SeenSteps;
  readonly #conclusions: Conclusions;
  /** Of those before the one that is asked about. */
  readonly #statuses: readonly VertexStatus[];

  constructor(conclusions: Conclusions, statuses: readonly VertexStatus[]) {
    this.#conclusions = conclusions;
    this.#statuses = statuses;
    this.seen = new SeenSteps(conclusions.question.seen, conclusions.keyed);
  }

  reasonOf(at: number): StepReason {
    const { keyed, matches } = this.#conclusions;
    const [vertex, nearest] = [keyed.vertices[at], matches[at]?.nearest];
    if (vertex === undefined) return toReason({ code: 'never-built' });
    const own =
      (nearest && isOfThisFile(nearest) ? this.#inputReason(vertex, nearest) : undefined) ??
      this.#operationReason(vertex);
    return own.code === 'never-built' ? (this.#aboveReason(vertex) ?? own) : own;
  }

  /** The instruction that began it: of what is made again for a step above that one. */
  causeOf(at: number): number | undefined {
    const status = this.#statuses[at];
    const vertex = this.#conclusions.keyed.vertices[at];
    if (status?.reason.code === 'step-above') return status.reason.instruction;
    return vertex && this.#viewOf(vertex)?.instruction;
  }

  /** Files come before the steps above. */
  #inputReason(vertex: Vertex, { inputs }: NearestResult): StepReason | undefined {
    const others = vertex.inputs.filter((_, at) => inputs[at] === 'other');
    for (const input of others) {
      const { content, contentDigest } = input;
      if (content !== undefined && content.origin.kind !== 'stage')
        return toReason({
          code: 'files-changed',
          ...(content.origin.kind === 'named' && { subject: content.origin.name }),
        });
      if (contentDigest !== undefined) return toReason({ code: 'text-changed' });
    }
    const [first] = others;
    return first === undefined ? this.#aboveReason(vertex) : this.#underReason(vertex, first);
  }

  #underReason(vertex: Vertex, input: VertexInput): StepReason {
    const under = input.vertex === undefined ? undefined : this.#conclusions.keyed.vertices[input.vertex];
    if (under === undefined || input.vertex === undefined) return toReason({ code: 'order-changed' });
    // The two vertices of --link are one instruction.
    const status = this.#statuses[input.vertex];
    if (under.stage === vertex.stage && under.step === vertex.step && status !== undefined)
      return status.reason;
    if (under.kind === 'image') return this.#baseReason(under, vertex);
    const isFound = status?.state === 'cached' || status?.state === 'likely' || status?.state === 'stale';
    return isFound ? toReason({ code: 'order-changed' }) : this.#stepAbove(input.vertex);
  }

  #aboveReason({ inputs }: Vertex): StepReason | undefined {
    const remade = inputs.find(
      ({ vertex }) => vertex !== undefined && this.#statuses[vertex]?.state === 'rebuild',
    );
    return remade?.vertex === undefined ? undefined : this.#stepAbove(remade.vertex);
  }

  #stepAbove(vertex: number): StepReason {
    const instruction = this.causeOf(vertex);
    return toReason({ code: 'step-above', ...(instruction !== undefined && { instruction }) });
  }

  #baseReason(image: Vertex, vertex: Vertex): StepReason {
    const { question, views } = this.#conclusions;
    const stage = question.plan.stages[image.stage];
    if (stage?.from.kind !== 'image') return toReason({ code: 'base-changed' });
    const { name } = stage.from;
    const answer = question.image(name, stage.platform);
    const view = this.#viewOf(vertex);
    const from = view && views.fromOf(view);
    const before = from && this.seen.before(from)?.step.operation?.plaintext;
    const after = answer.kind === 'known' ? answer.manifest : undefined;
    const isMoved = before !== after;
    return toReason({
      code: isMoved || before === undefined ? 'base-changed' : 'order-changed',
      subject: name,
      ...(from && { instruction: from.instruction }),
      ...(isMoved && before !== undefined && { before }),
      ...(isMoved && after !== undefined && { after }),
    });
  }

  /** Nothing has its key: it is compared with what it was in the last build. */
  #operationReason(vertex: Vertex): StepReason {
    const view = this.#viewOf(vertex);
    const was = view && this.seen.before(view)?.step.operation?.plaintext;
    const now = vertex.operation?.plaintext;
    if (view === undefined || was === undefined || now === undefined)
      return toReason({ code: 'never-built' });
    const difference = explainOperation(was, now);
    // Of a build that failed the step is known, and what it would have made is not there.
    if (difference === undefined) return toReason({ code: was === now ? 'never-built' : 'text-changed' });
    const { code, subject = '' } = difference;
    if (code === 'environment-changed') return this.#variableReason(view, difference, subject);
    const instruction = this.#sourceOf(view, code);
    return toReason({ ...difference, ...(instruction !== undefined && { instruction }) });
  }

  #variableReason(view: StepView, difference: Omit<StepReason, 'text'>, name: string): StepReason {
    const setter = this.#setterOf(view, name);
    const isArgument = setter?.step.instruction.name === 'ARG';
    const instruction = setter?.instruction;
    return toReason({
      ...difference,
      code: isArgument ? 'argument-changed' : 'environment-changed',
      ...(instruction !== undefined && { instruction }),
    });
  }

  /** The line above that says it, where the step itself does not. */
  #sourceOf(view: StepView, code: StepReason['code']): number | undefined {
    const names = {
      'user-changed': 'USER',
      'directory-changed': 'WORKDIR',
      'shell-changed': 'SHELL',
    } as const;
    const name = code in names ? names[code as keyof typeof names] : undefined;
    if (name === undefined || name === view.step.instruction.name) return undefined;
    return this.#conclusions.views.setterOf(view, `=${name}`)?.instruction;
  }

  #viewOf({ stage, step }: Vertex): StepView | undefined {
    return step === undefined ? undefined : this.#conclusions.views.at(stage, step);
  }

  /** What the step made the last time, of the newest build that tells it: one tells of layers, another of seconds. */
  lastTime(view: StepView): Pick<SeenStep, 'layer' | 'seconds'> {
    const all = [...this.seen.everyBefore(view)];
    const layers = all.map(({ step, build }) => step.layer ?? build.records[step.record ?? -1]?.layer);
    // One that is in an image can be looked into.
    const layer =
      layers.find((each) => each?.image !== undefined) ?? layers.find((each) => each !== undefined);
    const seconds = all.map(({ step }) => step.seconds).find((each) => each !== undefined);
    return { ...(layer && { layer }), ...(seconds !== undefined && { seconds }) };
  }

  /** Whether what it works on, whatever that is, has no key that a result could have been made on. */
  isOnRemade(at: number): boolean {
    const inputs = this.#conclusions.keyed.vertices[at]?.inputs ?? [];
    return inputs.some(({ vertex, content, contentDigest }) => {
      const status = vertex === undefined ? undefined : this.#statuses[vertex];
      const isByDefinition = content === undefined && contentDigest === undefined;
      return isByDefinition && status?.state === 'rebuild' && status.reason.code !== 'no-longer-listed';
    });
  }

  #setterOf(view: StepView, name: string): StepView | undefined {
    return this.#conclusions.views.setterOf(view, name);
  }
}

function isOfThisFile({ result }: NearestResult): boolean {
  return result.records.some(({ build }) => build.isOfAnotherFile !== true);
}

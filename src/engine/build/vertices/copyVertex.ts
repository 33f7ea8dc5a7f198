import type { ContentSelection } from '../cache/vertex.ts';
import type { ContentSource } from '../contentKey/contentKey.ts';
import { type CopyAction, copyText, mergeText } from '../operationKey/fileKey.ts';
import type { KeyFormat } from '../operationKey/keyFormat.ts';
import type { CopySource, CopyStep } from '../plan/buildPlan.ts';
import { type Sha256, sha256 } from '../sha256.ts';
import { InputList, selectionOf, sourceOf } from './inputList.ts';
import { heredocVertex, remoteVertex } from './sourceVertices.ts';
import { keyed, type VertexDraft, type VertexList } from './vertexList.ts';

/** What COPY and ADD read files from. */
export interface CopyFrom {
  /** Undefined of nothing (scratch). */
  readonly vertex: number | undefined;
  readonly origin: ContentSelection['origin'];
}

/** Where a step stands. */
export interface StepPlace {
  readonly list: VertexList;
  readonly format: KeyFormat;
  /** What it works on; undefined right after `FROM scratch`. */
  readonly onto: number | undefined;
  /** Whether the builder can put layers onto others without writing them anew. */
  readonly canMerge: boolean;
  readonly draft: Omit<VertexDraft, 'kind' | 'operation'>;
}

/**
 * The operation of COPY or ADD, and of `--link` also the one that puts the copy onto what is below.
 *
 * @returns the vertex that the next step works on.
 */
export function copyVertex(step: CopyStep, from: () => CopyFrom, place: StepPlace): number {
  const { list, format, draft } = place;
  if (!step.isLinked || !place.canMerge) return new Copy(step, from, place).add();
  const copy = new Copy(step, from, { ...place, onto: undefined }).add();
  if (place.onto === undefined) return copy;
  const inputs = [place.onto, copy].map((vertex) => ({ vertex, output: 0, selector: '' }));
  return list.add({ ...draft, kind: 'merge', operation: keyed(mergeText(2, format)) }, inputs);
}

/** What is read of one input: its paths by name, and as what they are hashed. */
interface Reading {
  readonly paths: string[];
  readonly sources: ContentSource[];
  readonly origin?: ContentSelection['origin'];
  readonly digest?: Sha256;
}

class Copy {
  readonly #step: CopyStep;
  readonly #from: () => CopyFrom;
  readonly #place: StepPlace;
  readonly #inputs: InputList;
  readonly #readings = new Map<number, Reading>();

  constructor(step: CopyStep, from: () => CopyFrom, place: StepPlace) {
    this.#step = step;
    this.#from = from;
    this.#place = place;
    this.#inputs = new InputList(place.list);
  }

  add(): number {
    const { list, format, onto, draft } = this.#place;
    this.#inputs.add(onto);
    const actions = this.#step.sources.map((source) => this.#action(source));
    for (const [input, reading] of this.#readings) this.#select(input, reading);
    const text = copyText(actions, format, this.#inputs.length, onto === undefined);
    return list.add({ ...draft, kind: 'copy', operation: keyed(text) }, this.#inputs.inputs);
  }

  #action(source: CopySource): CopyAction {
    const { destination, owner, mode, exclude } = this.#step;
    const common = {
      to: destination,
      exclude,
      ...(owner !== undefined && { owner }),
      ...(mode !== undefined && { mode }),
    };
    if (source.kind === 'path') return { ...common, ...this.#readPath(source) };
    return { ...common, ...this.#readMade(source), isOfTree: false };
  }

  #readPath(
    source: Extract<CopySource, { readonly kind: 'path' }>,
  ): Pick<CopyAction, 'from' | 'input' | 'isOfTree' | 'isUnpacked' | 'include' | 'required'> {
    const { vertex, origin } = this.#from();
    const { path, include, required, isUnpacked } = source;
    const input = this.#inputs.add(vertex);
    const filter = { ...(include && { include }), exclude: this.#step.exclude };
    const reading = this.#readings.get(input) ?? { paths: [], sources: [], origin };
    reading.paths.push(path);
    reading.sources.push(sourceOf(path, filter));
    this.#readings.set(input, reading);
    const kept = { ...(include && { include }), ...(required && { required }) };
    return { from: lastPart(path), input, isOfTree: true, isUnpacked, ...kept };
  }

  #readMade(
    source: Exclude<CopySource, { readonly kind: 'path' }>,
  ): Pick<CopyAction, 'from' | 'input' | 'isUnpacked'> {
    const { list, format, draft } = this.#place;
    if (source.kind === 'heredoc') {
      const { vertex, digest } = heredocVertex(list, draft.stage, source, false, format);
      const input = this.#inputs.add(vertex);
      this.#readings.set(input, { paths: [`/${source.name}`], sources: [], digest });
      return { from: lastPart(source.name), input };
    }
    const input = this.#inputs.add(remoteVertex(list, draft.stage, source, this.#step.checksum));
    const path = source.kind === 'url' ? `/${source.fileName}` : '/';
    this.#readings.set(input, { paths: [path], sources: [] });
    return { from: lastPart(path), input, isUnpacked: source.kind === 'url' && source.isUnpacked };
  }

  /** What is copied onto counts whole, also where files come from the same. */
  #select(input: number, { paths, sources, origin, digest }: Reading): void {
    if (input < 0 || (input === 0 && this.#place.onto !== undefined)) return;
    const selector = sha256([...paths].sort().reverse().join('\0'));
    const isOfPlace = origin !== undefined && sources.length > 0;
    this.#inputs.select(input, selector, isOfPlace ? selectionOf(origin, sources) : digest);
  }
}

/** Go's `path.Base`. */
function lastPart(path: string): string {
  return path.split('/').findLast((part) => part !== '') ?? '/';
}

import type { CacheLink, CacheRecord } from '../../build/cache/cacheGraph.ts';
import type { StepLayer } from '../../build/cache/cacheReport.ts';
import type { KeyedBuild, VertexInput } from '../../build/cache/vertex.ts';
import { outputKey } from '../../build/operationKey/outputKey.ts';
import { type Sha256, sha256 } from '../../build/sha256.ts';

/** Records of a build that was seen, made from the vertices of the build as it would be now where the two are the same. */
export class SeenRecords {
  readonly records: CacheRecord[] = [];
  readonly #keyed: KeyedBuild;
  readonly #byVertex = new Map<number, readonly number[]>();

  constructor(keyed: KeyedBuild) {
    this.#keyed = keyed;
  }

  /**
   * The record of a vertex, and of what is made for it alone.
   *
   * @param content digests of what it reads of the context, by selection.
   * @returns its position; undefined when its key is not known.
   */
  add(vertex: number, content: ReadonlyMap<string, Sha256>, layer?: StepLayer): number | undefined {
    const { operation, inputs } = this.#keyed.vertices[vertex] ?? {};
    if (operation === undefined || inputs === undefined) return undefined;
    const links = inputs.map((input) => this.#links(input, content));
    const record = this.#push({
      key: outputKey(operation.digest, 0),
      inputs: links,
      ...(layer && { layer }),
    });
    this.#byVertex.set(vertex, [record]);
    return record;
  }

  /** The record of another operation in the place of a vertex. */
  addOther(vertex: number, key: Sha256, layer?: StepLayer): number {
    const { inputs = [] } = this.#keyed.vertices[vertex] ?? {};
    const links = inputs.map((input) => this.#links(input, new Map()));
    return this.#push({ key, inputs: links, ...(layer && { layer }) });
  }

  /** The record of a vertex's operation on something else than is below it now; what it read is not known. */
  addElsewhere(vertex: number, onto: number, layer?: StepLayer): number | undefined {
    const { operation, inputs } = this.#keyed.vertices[vertex] ?? {};
    if (operation === undefined || inputs === undefined) return undefined;
    const links = inputs.map(({ content, contentDigest, selector }): readonly CacheLink[] =>
      content === undefined && contentDigest === undefined ? [{ record: onto, selector }] : [],
    );
    return this.#push({ key: outputKey(operation.digest, 0), inputs: links, ...(layer && { layer }) });
  }

  /** What is known by no key. @param name tells it from others. */
  addUnknown(name: string): number {
    return this.#push({ key: sha256(`unknown ${name}`), inputs: [] });
  }

  #links(input: VertexInput, content: ReadonlyMap<string, Sha256>): readonly CacheLink[] {
    const digest = input.contentDigest ?? (input.content && content.get(input.content.id));
    const byContent = digest === undefined ? [] : [{ record: this.#content(digest), selector: '' }];
    const { vertex, selector } = input;
    if (vertex === undefined) return byContent;
    const byDefinition = this.#recordsOf(vertex).map((record) => ({ record, selector }));
    return [...byDefinition, ...byContent];
  }

  /** What was added before, and what needs no evidence: a base image, a file that an instruction brings with it. */
  #recordsOf(vertex: number): readonly number[] {
    const known = this.#byVertex.get(vertex);
    if (known !== undefined) return known;
    const { image, kind } = this.#keyed.vertices[vertex] ?? {};
    const keys = image === undefined ? [] : [image.byLayers ?? image.byManifest];
    const made = keys.map((key) => this.#push({ key: outputKey(key, 0), inputs: [] }));
    const own = kind === 'file' || kind === 'folder' ? this.add(vertex, new Map()) : undefined;
    const records = own === undefined ? made : [own];
    this.#byVertex.set(vertex, records);
    return records;
  }

  #content(digest: Sha256): number {
    return this.#push({ key: outputKey(digest, -1), inputs: [] });
  }

  #push(record: Omit<CacheRecord, 'certainty'>): number {
    const known = this.records.findIndex(
      ({ key, inputs }) => key === record.key && inputs.length === 0 && record.inputs.length === 0,
    );
    return known >= 0 ? known : this.records.push({ ...record, certainty: 'inferred' }) - 1;
  }
}

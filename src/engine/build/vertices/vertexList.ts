import type { KeyedOperation, Vertex, VertexInput } from '../cache/vertex.ts';
import { type Sha256, sha256 } from '../sha256.ts';

/** What a vertex is, without its place in the list. */
export type VertexDraft = Omit<Vertex, 'inputs' | 'ignoresCache'> & Partial<Pick<Vertex, 'ignoresCache'>>;

/** The vertices of a build in the making, those before that others need. */
export class VertexList {
  readonly vertices: Vertex[] = [];
  /** By position: equal for what BuildKit takes for one vertex. */
  readonly #identities: Sha256[] = [];
  readonly #shared = new Map<string, number>();

  add(draft: VertexDraft, inputs: readonly VertexInput[] = []): number {
    const { operation, stage, step } = draft;
    const name = operation?.digest ?? `${stage} ${step ?? ''} ${this.vertices.length}`;
    return this.#push({ ignoresCache: false, ...draft, inputs }, name);
  }

  /** What is one however often it is used: the context, an image, a URL. */
  shared(name: string, make: () => VertexDraft): number {
    const known = this.#shared.get(name);
    if (known !== undefined) return known;
    const added = this.#push({ ignoresCache: false, ...make(), inputs: [] }, name);
    this.#shared.set(name, added);
    return added;
  }

  isSame(one: number, other: number): boolean {
    return one === other || this.#identities[one] === this.#identities[other];
  }

  #push(vertex: Vertex, name: string): number {
    const under = vertex.inputs.map(({ vertex: at, selector }) => [
      at === undefined ? '' : (this.#identities[at] ?? ''),
      selector,
    ]);
    this.#identities.push(sha256(JSON.stringify([vertex.kind, name, under])));
    return this.vertices.push(vertex) - 1;
  }
}

export function keyed(plaintext: string): KeyedOperation {
  return { digest: sha256(plaintext), plaintext };
}

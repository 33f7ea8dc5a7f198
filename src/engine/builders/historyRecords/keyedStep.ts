import type { KeyedOperation } from '../../build/cache/vertex.ts';
import { goJson, type GoValue } from '../../build/operationKey/goJson.ts';
import { sha256 } from '../../build/sha256.ts';

/** What BuildKit keyed a step by, and what of its inputs the step reads. */
export interface StepOperation {
  readonly kind: 'run' | 'file' | 'merge';
  readonly operation: KeyedOperation;
  /** By input; an input that is worked on, or read whole by RUN, has no paths. */
  readonly reads: ReadonlyMap<number, InputReading>;
}

export interface InputReading {
  /** BuildKit's name for what is read, in a link by definition. */
  readonly selector: string;
  /** Undefined where it is never looked up by its content. */
  readonly sources?: readonly ReadSource[];
}

/** A path that is read, as the operation names it. */
export interface ReadSource {
  readonly path: string;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly allowsWildcards: boolean;
}

export function keyedBy(value: GoValue): KeyedOperation {
  const plaintext = goJson(value);
  return { digest: sha256(plaintext), plaintext };
}

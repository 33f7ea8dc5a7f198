import type { ByteName } from '../base/layerPath.ts';

interface Named {
  readonly name: ByteName;
}

/** Two lists, each sorted by the bytes of names, side by side: what has the same name is one pair. */
export function* pairsByName<L extends Named, R extends Named>(
  left: Iterable<L>,
  right: Iterable<R>,
): Generator<readonly [L | undefined, R | undefined]> {
  const [lefts, rights] = [left[Symbol.iterator](), right[Symbol.iterator]()];
  let [a, b] = [nextOf(lefts), nextOf(rights)];
  while (a !== undefined || b !== undefined) {
    const takesLeft = a !== undefined && (b === undefined || a.name <= b.name);
    const takesRight = b !== undefined && (a === undefined || b.name <= a.name);
    yield [takesLeft ? a : undefined, takesRight ? b : undefined];
    if (takesLeft) a = nextOf(lefts);
    if (takesRight) b = nextOf(rights);
  }
}

function nextOf<T>(items: Iterator<T>): T | undefined {
  const next = items.next();
  return next.done === true ? undefined : next.value;
}

/** What pairs steps of two builds: what equal ones have in common, and what kind each is of. */
export interface AlignableStep {
  readonly key: string;
  readonly kind: string;
}

/**
 * For each step of a stage as it is now, the position of the one before that it is to be compared with: equal ones where
 * they stand in the same order, and between those the next ones of the same kind.
 */
export function alignSteps(
  before: readonly AlignableStep[],
  now: readonly AlignableStep[],
): readonly (number | undefined)[] {
  const pairs: (number | undefined)[] = now.map(() => undefined);
  let [fromBefore, fromNow] = [0, 0];
  for (const [was, is] of [...longestCommon(before, now), [before.length, now.length] as const]) {
    pairBetween(before, now, [fromBefore, was], [fromNow, is], pairs);
    if (is < now.length) pairs[is] = was;
    [fromBefore, fromNow] = [was + 1, is + 1];
  }
  return pairs;
}

function pairBetween(
  before: readonly AlignableStep[],
  now: readonly AlignableStep[],
  [fromBefore, endBefore]: readonly [number, number],
  [fromNow, endNow]: readonly [number, number],
  pairs: (number | undefined)[],
): void {
  let next = fromBefore;
  for (let at = fromNow; at < endNow; at++) {
    let found = next;
    while (found < endBefore && before[found]?.kind !== now[at]?.kind) found++;
    if (found === endBefore) continue;
    pairs[at] = found;
    next = found + 1;
  }
}

/** Positions of equal steps, in both orders: first the ends that are alike, and between them the longest list in common. */
function longestCommon(
  before: readonly AlignableStep[],
  now: readonly AlignableStep[],
): readonly (readonly [number, number])[] {
  const shorter = Math.min(before.length, now.length);
  let head = 0;
  while (head < shorter && before[head]?.key === now[head]?.key) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail)?.key === now.at(-1 - tail)?.key) tail++;
  const [inBefore, inNow] = [before, now].map((steps) => steps.slice(head, steps.length - tail));
  const middle = middleInCommon(inBefore ?? [], inNow ?? []);
  const same = (count: number, was: number, is: number): readonly (readonly [number, number])[] =>
    Array.from({ length: count }, (_, at) => [was + at, is + at] as const);
  return [
    ...same(head, 0, 0),
    ...middle.map(([was, is]) => [was + head, is + head] as const),
    ...same(tail, before.length - tail, now.length - tail),
  ];
}

/** Of longer stages only the beginning is compared in this way. */
function middleInCommon(
  before: readonly AlignableStep[],
  now: readonly AlignableStep[],
): readonly (readonly [number, number])[] {
  const [rows, columns] = [Math.min(before.length, most), Math.min(now.length, most)];
  const lengths = Array.from({ length: rows + 1 }, () => new Uint16Array(columns + 1));
  const [oldKeys, newKeys] = numbered(before, now);
  for (let row = rows - 1; row >= 0; row--) {
    const [own, below] = [lengths[row], lengths[row + 1]];
    if (own === undefined || below === undefined) break;
    for (let column = columns - 1; column >= 0; column--) {
      const isSame = oldKeys[row] === newKeys[column];
      own[column] = isSame
        ? (below[column + 1] ?? 0) + 1
        : Math.max(below[column] ?? 0, own[column + 1] ?? 0);
    }
  }
  return walk(lengths, before, now, rows, columns);
}

const most = 500;

/** The keys as numbers, which are compared faster. */
function numbered(
  ...lists: readonly (readonly AlignableStep[])[]
): readonly [readonly number[], readonly number[]] {
  const numbers = new Map<string, number>();
  const numberOf = ({ key }: AlignableStep): number => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  };
  const [before = [], now = []] = lists.map((steps) => steps.slice(0, most).map(numberOf));
  return [before, now];
}

function walk(
  lengths: readonly Uint16Array[],
  before: readonly AlignableStep[],
  now: readonly AlignableStep[],
  rows: number,
  columns: number,
): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (let row = 0, column = 0; row < rows && column < columns;)
    if (before[row]?.key === now[column]?.key) pairs.push([row++, column++]);
    else if ((lengths[row + 1]?.[column] ?? 0) >= (lengths[row]?.[column + 1] ?? 0)) row++;
    else column++;
  return pairs;
}

/**
 * The fewest of some steps with which something still fails: pieces are left out, halves first, as long as it does.
 *
 * @param steps with which it fails.
 */
export async function shrink<T>(
  steps: readonly T[],
  fails: (steps: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = steps;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let at = kept.length - size; at > -size; at -= size) {
      const fewer = [...kept.slice(0, Math.max(0, at)), ...kept.slice(at + size)];
      if (fewer.length < kept.length && (await fails(fewer))) kept = fewer;
    }
  return kept;
}

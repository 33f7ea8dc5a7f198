import { throwIfAborted } from './abort.ts';

/**
 * Takes every item, some at once, in order. When one fails, the others are cancelled, and the failure is thrown once all
 * have ended: nothing goes on behind the caller's back.
 *
 * @throws what `take` first threw; EngineError `cancelled`.
 */
export async function forEachAtOnce<T>(
  items: readonly T[],
  atOnce: number,
  signal: AbortSignal | undefined,
  take: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const queue = items.values();
  let failure: { readonly error: unknown } | undefined;
  const runner = async (): Promise<void> => {
    for (const item of queue)
      try {
        throwIfAborted(either, 'transfer');
        await take(item, either);
      } catch (error) {
        failure ??= { error };
        failed.abort();
        return;
      }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, runner));
  if (failure !== undefined) throw failure.error;
}

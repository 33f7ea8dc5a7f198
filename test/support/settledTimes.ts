/** Until files that were written by now no longer have the time of this moment: theirs is believed from then on. */
export async function settledTimes(): Promise<void> {
  const end = Date.now() + 25;
  while (Date.now() <= end) await new Promise(setImmediate);
}

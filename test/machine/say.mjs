// What the scripts tell the person who runs them: one line for each thing that is set up.

/** @param {string} line */
export function say(line) {
  console.log(`· ${line}`);
}

/**
 * Says what takes long before it starts, and its time when it is done.
 * @template T
 * @param {string} what
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function saying(what, work) {
  const start = Date.now();
  say(`${what} …`);
  const result = await work();
  say(`${what}: ${seconds(Date.now() - start)}`);
  return result;
}

/** @param {number} ms */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

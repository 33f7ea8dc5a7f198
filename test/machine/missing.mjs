// A component that this machine does not offer. On a person's machine that is said and the tests that need
// it are skipped; in CI, where every component can be had, it is a failure.

export const inCI = Boolean(process.env['CI']);

export class MissingComponent extends Error {
  /**
   * @param {string} component such as `Docker Engine 29`
   * @param {string} reason one line
   */
  constructor(component, reason) {
    super(`${component}: ${reason}`);
    this.name = 'MissingComponent';
    this.component = component;
  }
}

/**
 * Runs `start` in a mocha hook or test and skips that when the machine lacks the component.
 * @template T
 * @param {{ skip(): never }} context mocha's `this`
 * @param {() => Promise<T>} start
 * @returns {Promise<T>}
 */
export async function orSkip(context, start) {
  try {
    return await start();
  } catch (error) {
    if (inCI || !(error instanceof MissingComponent)) throw error;
    console.log(`      not found: ${error.message}`);
    return context.skip();
  }
}

// `npm test`: sets up the machine, runs every suite, and prints what they gave. The last line is
// `N passed, N failed, N skipped`; the exit code is 1 when anything failed.
//
//   --only NAME   runs that suite (may be repeated)
//   --grep TEXT   runs the tests whose title matches
//   --full        longer random runs, and the suites that are not for every day
//
// Everything heavy that it installs goes into a cache of the user (see cache.mjs).
import { parseArgs } from 'node:util';
import { ensureDependencies } from './dependencies.mjs';
import { inCI, MissingComponent } from './missing.mjs';
import { oneFailure } from './results.mjs';
import { say, seconds } from './say.mjs';

/** @typedef {import('./suites.mjs').Suite} Suite */
/** @typedef {{ suite: Suite, tally: import('./results.mjs').Tally, ms: number, note?: string }} Outcome */

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    grep: { type: 'string' },
    full: { type: 'boolean', default: false },
  },
});

await ensureDependencies();
const { suites } = await import('./suites.mjs');
const { setUpAhead } = await import('./preparations.mjs');
if (options.only.length === 0 && options.grep === undefined) void setUpAhead();
/** @type {Outcome[]} */
const outcomes = [];
for (const together of groupsOf(chosen(suites)))
  outcomes.push(...(await Promise.all(together.map((suite) => outcomeOf(suite)))));
report(outcomes);
process.exitCode = outcomes.some(({ tally }) => tally.failures.length > 0) ? 1 : 0;

/** @param {readonly Suite[]} all */
function chosen(all) {
  const { only = [], full } = options;
  for (const name of only) {
    if (!all.some((suite) => suite.name === name)) {
      console.error(`There is no suite ${name}; there are ${all.map((suite) => suite.name).join(', ')}.`);
      process.exit(2);
    }
  }
  return all.filter(({ name, onlyFull }) => (only.length > 0 ? only.includes(name) : full || !onlyFull));
}

/**
 * Those that run at the same time; each keeps little more than one core busy.
 * @param {readonly Suite[]} all
 */
function groupsOf(all) {
  /** @type {Suite[][]} */
  const groups = [];
  for (const suite of all) {
    const before = groups.at(-1);
    if (suite.isBeside && before !== undefined) before.push(suite);
    else groups.push([suite]);
  }
  return groups;
}

/**
 * @param {Suite} suite
 * @returns {Promise<Outcome>}
 */
async function outcomeOf(suite) {
  console.log(`\n== ${suite.name}: ${suite.what}`);
  const start = Date.now();
  try {
    const tally = await suite.run({ full: options.full ?? false, grep: options.grep });
    return { suite, tally, ms: Date.now() - start };
  } catch (error) {
    const ms = Date.now() - start;
    if (!(error instanceof MissingComponent) || inCI) {
      return { suite, tally: oneFailure('the suite could not run', String(error)), ms };
    }
    say(`not found: ${error.message}`);
    return { suite, tally: { passed: 0, skipped: 1, failures: [] }, ms, note: error.message };
  }
}

/** @param {readonly Outcome[]} outcomes */
function report(outcomes) {
  for (const { suite, tally } of outcomes) {
    for (const { title, message } of tally.failures) console.log(`\n✘ ${suite.name}: ${title}\n${message}`);
  }
  console.log(
    `\n${'suite'.padEnd(16)}${['passed', 'failed', 'skipped', 'time'].map((word) => word.padStart(10)).join('')}`,
  );
  for (const { suite, tally, ms, note } of outcomes) {
    const cells = [tally.passed, tally.failures.length, tally.skipped, seconds(ms)];
    console.log(
      `${suite.name.padEnd(16)}${cells.map((cell) => String(cell).padStart(10)).join('')}${note ? `  ${note}` : ''}`,
    );
  }
  /** @param {(tally: Outcome['tally']) => number} count */
  const sum = (count) => outcomes.reduce((total, { tally }) => total + count(tally), 0);
  const passed = sum((tally) => tally.passed);
  const failed = sum((tally) => tally.failures.length);
  const skipped = sum((tally) => tally.skipped);
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
}

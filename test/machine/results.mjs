// Results of suites: written by `resultsReporter.mjs` as lines of JSON, counted here.
import { readFileSync } from 'node:fs';

/**
 * @typedef {{ kind: 'begin' | 'passed' | 'skipped', title: string } |
 *   { kind: 'failed', title: string, message: string } | { kind: 'end' }} TestEvent
 *
 * @typedef {object} Tally
 * @property {number} passed
 * @property {number} skipped
 * @property {readonly Failure[]} failures
 *
 * @typedef {{ title: string, message: string }} Failure
 */

/**
 * Counts the results in a file. A run that did not reach its end, that held no test, or whose process did not
 * end by itself is a failure.
 * @param {string} file
 * @param {{ ending: string, endedItself: boolean, mayBeEmpty?: boolean }} process
 * @returns {Tally}
 */
export function readTally(file, { ending, endedItself, mayBeEmpty = false }) {
  const events = readEvents(file);
  const passed = events.filter(({ kind }) => kind === 'passed').length;
  const skipped = events.filter(({ kind }) => kind === 'skipped').length;
  const failures = events.flatMap((event) => (event.kind === 'failed' ? [event] : []));
  if (!events.some(({ kind }) => kind === 'end')) failures.push(unfinished(events, ending));
  else if (!endedItself)
    failures.push({ kind: 'failed', title: 'the process did not end by itself', message: ending });
  else if (passed + skipped + failures.length === 0 && !mayBeEmpty) failures.push(empty());
  return { passed, skipped, failures };
}

/**
 * Shows the results of a process whose own output is not seen.
 * @param {string} file
 */
export function showResults(file) {
  const signs = { passed: '✔', failed: '✘', skipped: '-' };
  for (const event of readEvents(file)) {
    if (event.kind in signs && 'title' in event)
      console.log(`    ${signs[/** @type {'passed'} */ (event.kind)]} ${event.title}`);
  }
}

/**
 * @param {string} title @param {string} message
 * @returns {Tally}
 */
export function oneFailure(title, message) {
  return { passed: 0, skipped: 0, failures: [{ title, message }] };
}

/**
 * @param {readonly TestEvent[]} events @param {string} ending
 * @returns {Failure & { kind: 'failed' }}
 */
function unfinished(events, ending) {
  const last = events.at(-1);
  const where = last?.kind === 'begin' ? `during: ${last.title}` : 'between tests';
  return {
    kind: 'failed',
    title: 'the run did not reach its end',
    message: `${ending}; it stopped ${where}`,
  };
}

/** @returns {Failure & { kind: 'failed' }} */
function empty() {
  return { kind: 'failed', title: 'the suite has no tests', message: 'no test was found' };
}

/**
 * @param {string} file
 * @returns {TestEvent[]}
 */
function readEvents(file) {
  try {
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

// A mocha reporter that shows tests as `spec` does and also writes each event to a file at once, so that the
// results of a process that crashes or is killed are not lost with it.
import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';

const { constants } = Mocha.Runner;

export default class ResultsReporter extends Mocha.reporters.Spec {
  /** @param {Mocha.Runner} runner @param {Mocha.MochaOptions} options */
  constructor(runner, options) {
    super(runner, options);
    const file = process.env['LAMINA_TEST_RESULTS'];
    if (!file) return;
    /** @param {import('./results.mjs').TestEvent} event */
    const write = (event) => appendFileSync(file, `${JSON.stringify(event)}\n`);
    runner.on(constants.EVENT_TEST_BEGIN, (test) => write({ kind: 'begin', title: test.fullTitle() }));
    runner.on(constants.EVENT_TEST_PASS, (test) => write({ kind: 'passed', title: test.fullTitle() }));
    runner.on(constants.EVENT_TEST_PENDING, (test) => write({ kind: 'skipped', title: test.fullTitle() }));
    runner.on(constants.EVENT_TEST_FAIL, (test, error) =>
      write({ kind: 'failed', title: test.fullTitle(), message: String(error?.stack ?? error) }),
    );
    runner.on(constants.EVENT_RUN_END, () => write({ kind: 'end' }));
  }
}

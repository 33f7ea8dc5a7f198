// Called inside the extension host; runs the bundled suites beside it.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import Mocha from 'mocha';
import ResultsReporter from '../machine/resultsReporter.mjs';

export async function run(): Promise<void> {
  const grep = process.env['LAMINA_TEST_GREP'];
  const mocha = new Mocha({ ui: 'bdd', timeout: 30_000, reporter: ResultsReporter, ...(grep && { grep }) });
  for (const file of globSync('**/*.test.js', { cwd: __dirname })) mocha.addFile(join(__dirname, file));
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  if (failures > 0) throw new Error(`${failures} tests failed.`);
}

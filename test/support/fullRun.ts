/** Whether the long forms of random and exhaustive tests are wanted (`npm run test:full`). */
export const isFullRun =
  process.env['LAMINA_TEST_FULL'] !== undefined || process.env['LAMINA_FULL'] !== undefined;

import assert from 'node:assert/strict';
import { exitCodeOf } from '../../src/cli/exitCode.ts';
import { EngineError, type FailureCode } from '../../src/engine/index.ts';

describe('exitCodeOf', () => {
  const cases: readonly (readonly [code: FailureCode, subject: string, exit: number])[] = [
    ['denied', 'unix:///run/docker.sock', 5],
    ['denied', '/home/someone/image.tar', 1],
    ['unsupported', 'tcp://build:2376', 5],
    ['unsupported', 'image.tar', 4],
    ['unreachable', 'ssh://someone@build', 5],
    ['not-found', 'unix:///run/docker.sock', 3],
    ['cancelled', 'unix:///run/docker.sock', 130],
  ];
  for (const [code, subject, exit] of cases)
    it(`${code} of ${subject}: ${exit}`, () => {
      assert.equal(exitCodeOf(new EngineError(code, subject, 'it is so')), exit);
    });
});

import assert from 'node:assert/strict';
import type { CacheReport, StepStatus } from '../../../../src/engine/build/cache/cacheReport.ts';
import { partialReport } from '../../../../src/engine/builders/status/partialReport.ts';
import { whileLayersAreRead } from '../../../../src/engine/builders/status/whileLayersAreRead.ts';

describe('An answer that waits for the layers of an image', () => {
  it('claims what is sure, and gives the layers as the reason for all else', () => {
    const told = partialReport(
      reportOf(
        step('no-step', 'metadata'),
        step('cached', 'found'),
        step('likely', 'found-in-image'),
        step('stale', 'same-size-and-time'),
        step('rebuild', 'files-changed'),
        step('depends', 'stage-output'),
        step('unknown', 'no-evidence'),
        step('unknown', 'base-not-asked'),
        step('rebuild', 'not-cached-asked'),
      ),
    );
    assert.deepEqual(
      told.steps.map(({ state, reason }) => `${state} ${reason.code}`),
      [
        'no-step metadata',
        'cached found',
        'unknown layers-being-read',
        'unknown layers-being-read',
        'unknown layers-being-read',
        'unknown layers-being-read',
        'unknown layers-being-read',
        'unknown base-not-asked',
        'rebuild not-cached-asked',
      ],
    );
  });

  it('is preceded by what is known without them', async () => {
    const whole = reportOf(step('rebuild', 'files-changed'));
    const known = reportOf(step('unknown', 'no-evidence'));
    const told: CacheReport[] = [];
    let resolve: (report: CacheReport) => void = () => undefined;
    const answer = new Promise<CacheReport>((done) => (resolve = done));
    const partial = (report: CacheReport): void => {
      told.push(report);
      resolve(whole);
    };
    const withoutLayers = (): Promise<CacheReport> => Promise.resolve(known);
    const answers = { whole: () => answer, withoutLayers, onPartial: partial, patienceMs: 0 };
    assert.equal(await whileLayersAreRead(answers), whole);
    assert.deepEqual(
      told.map(({ steps }) => steps[0]?.reason.code),
      ['layers-being-read'],
    );
  });

  it('comes alone when it is there first', async () => {
    const whole = reportOf();
    const never = (): never => assert.fail('nothing is told after the answer');
    const first = { whole: () => Promise.resolve(whole), withoutLayers: never, onPartial: never };
    assert.equal(await whileLayersAreRead(first), whole);
    let resolve: (report: CacheReport) => void = () => undefined;
    const answer = new Promise<CacheReport>((done) => (resolve = done));
    const late = answer.then(() => reportOf(step('rebuild', 'files-changed')));
    const askLate = (): Promise<CacheReport> => {
      resolve(whole);
      return late;
    };
    const both = { whole: () => answer, withoutLayers: askLate, onPartial: never, patienceMs: 0 };
    assert.equal(await whileLayersAreRead(both), whole);
    await late;
  });

  it('is not waited for where all is sure without it', async () => {
    const sure = reportOf(step('cached', 'found'), step('no-step', 'metadata'));
    const never = (): never => assert.fail('a part of what is sure is told');
    let stopped: AbortSignal | undefined;
    const whole = (stop: AbortSignal): Promise<CacheReport> => {
      stopped = stop;
      return new Promise((_, reject) => {
        stop.addEventListener('abort', () => {
          reject(new Error('cancelled'));
        });
      });
    };
    const withoutLayers = (): Promise<CacheReport> => Promise.resolve(sure);
    assert.equal(await whileLayersAreRead({ whole, withoutLayers, onPartial: never, patienceMs: 0 }), sure);
    assert.equal(stopped?.aborted, true);
  });
});

function step(state: StepStatus['state'], code: StepStatus['reason']['code']): StepStatus {
  const place = { instruction: 0, range: { start: 0, end: 1 }, lines: { first: 1, last: 1 }, stage: '0' };
  return { ...place, text: 'RUN x', state, reason: { code, text: '' }, layer: { size: 1 } };
}

function reportOf(...steps: readonly StepStatus[]): CacheReport {
  const builder = { id: 'x', kind: 'buildkit', client: 'buildx', name: 'x' } as const;
  return { builder, command: '', steps, triggers: [], problems: [], evidence: [] };
}

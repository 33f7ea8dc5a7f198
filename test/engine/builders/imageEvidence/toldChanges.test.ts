import assert from 'node:assert/strict';
import type { SeenBuild, SeenStep } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { withToldChanges } from '../../../../src/engine/builders/imageEvidence/toldChanges.ts';

describe('Changes that an image tells of a build whose keys are known', () => {
  const exact: SeenBuild = { kind: 'inline-cache', records: [], steps: [] };
  const step = { stage: '', text: 'RUN x' };

  function findingOf(state: 'rebuild' | 'unknown'): SeenStep['finding'] {
    return { vertex: 1, state, reason: { code: 'text-changed', text: '' } };
  }

  it('are those that are certain, and what the steps were', () => {
    const operation = { digest: 'sha256:x', plaintext: '{}' } as const;
    const [changed, doubted] = [findingOf('rebuild'), findingOf('unknown')];
    const steps = [
      { ...step, operation, record: 3 },
      { ...step, ...(changed && { finding: changed }) },
      { ...step, ...(doubted && { finding: doubted }) },
    ];
    const told = withToldChanges(exact, { kind: 'image', records: [], steps });
    assert.deepEqual(told.steps, [
      { ...step, operation },
      { ...step, finding: changed },
    ]);
  });

  it('are none where the image tells nothing', () => {
    assert.equal(withToldChanges(exact, undefined), exact);
  });
});

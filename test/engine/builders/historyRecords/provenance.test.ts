import assert from 'node:assert/strict';
import { isEngineError, type FailureCode } from '../../../../src/engine/base/errors.ts';
import { parseProvenance } from '../../../../src/engine/builders/historyRecords/provenance.ts';
import { keptBuild } from '../../../support/keptBuild.ts';

const { record, content } = keptBuild();
const kept = content[record.attestations[0]?.digest ?? ''] ?? '';

interface Kept {
  readonly buildDefinition: { readonly internalParameters: { readonly buildConfig: object } };
  readonly runDetails: { readonly metadata: { readonly buildkit_metadata: object } };
}

/** As BuildKit before 0.28 wrote the same. */
function inOldShape(text: string): string {
  const { buildDefinition, runDetails } = JSON.parse(text) as Kept;
  return JSON.stringify({
    buildConfig: buildDefinition.internalParameters.buildConfig,
    metadata: {
      'https://mobyproject.org/buildkit@v1#metadata': runDetails.metadata.buildkit_metadata,
    },
  });
}

function withSteps(steps: readonly unknown[]): Uint8Array {
  return Buffer.from(JSON.stringify({ buildConfig: { llbDefinition: steps } }));
}

function refuses(bytes: Uint8Array, code: FailureCode): void {
  assert.throws(
    () => parseProvenance(bytes, 'a build'),
    (error) => isEngineError(error, code),
  );
}

describe('the provenance of a build', () => {
  it('tells its steps, where they stand, and what they made', () => {
    const provenance = parseProvenance(Buffer.from(kept), 'a build');
    assert.match(provenance.dockerfile ?? '', /^# syntax-free\nFROM base:1 AS build\n/);
    const run = provenance.steps.find(({ lines }) => lines?.first === 11);
    assert.deepEqual(run?.lines, { first: 11, last: 12 });
    assert.deepEqual(run.platform, { os: 'linux', architecture: 'amd64' });
    assert.equal(run.inputs.length, 1);
    const last = provenance.steps.find(({ lines }) => lines?.first === 36);
    // The base, WORKDIR, COPY, COPY --link, RUN, COPY, RUN, WORKDIR.
    assert.equal(last?.layers.length, 8);
    assert.equal(provenance.vertices.size, provenance.steps.length);
  });

  it('is the same in the shape of older versions', () => {
    assert.deepEqual(
      parseProvenance(Buffer.from(inOldShape(kept)), 'a build'),
      parseProvenance(Buffer.from(kept), 'a build'),
    );
  });

  it('may tell nothing', () => {
    for (const text of ['{}', '[]', 'null', '{"buildDefinition":7,"metadata":[]}'])
      assert.deepEqual(parseProvenance(Buffer.from(text), 'a build').steps, []);
  });

  it('is refused when it is no JSON', () => {
    refuses(Buffer.from('{"buildConfig":'), 'invalid-config');
    refuses(Buffer.from('['.repeat(100_000)), 'invalid-config');
  });

  it('is refused when steps go in circles or lead nowhere', () => {
    refuses(withSteps([{ id: 'step0', inputs: ['step0:0'] }]), 'damaged');
    refuses(withSteps([{ id: 'step0', inputs: ['step1:0'] }, { id: 'step1' }]), 'damaged');
    for (const input of ['step9:0', 'step0', 'step0:-1', 7, null])
      refuses(withSteps([{ id: 'step0' }, { id: 'step1', inputs: [input] }]), 'damaged');
  });

  it('is refused with more steps than any build has', () => {
    refuses(withSteps(Array.from({ length: 20_001 }, () => ({}))), 'limit-exceeded');
  });

  it('takes no line that is none', () => {
    const metadata = {
      source: {
        locations: { step0: { locations: [{ ranges: [{ start: { line: -1 }, end: { line: 1e99 } }] }] } },
      },
    };
    const text = JSON.stringify({
      buildConfig: { llbDefinition: [{ id: 'step0' }] },
      metadata: { 'https://mobyproject.org/buildkit@v1#metadata': metadata },
    });
    const [step] = parseProvenance(Buffer.from(text), 'a build').steps;
    assert.equal(step?.lines, undefined);
  });
});

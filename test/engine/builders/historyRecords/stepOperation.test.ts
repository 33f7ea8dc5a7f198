import assert from 'node:assert/strict';
import { parseInlineCache } from '../../../../src/engine/builders/inlineCache/parseInlineCache.ts';
import { inlineCacheMember } from '../../../../src/engine/builders/inlineCache/parseInlineCache.ts';
import {
  parseProvenance,
  type ProvenanceStep,
} from '../../../../src/engine/builders/historyRecords/provenance.ts';
import { stepOperation } from '../../../../src/engine/builders/historyRecords/stepOperation.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { outputKey } from '../../../../src/engine/build/operationKey/outputKey.ts';
import { keptBuild } from '../../../support/keptBuild.ts';

const { record, content } = keptBuild();
const provenance = parseProvenance(
  Buffer.from(content[record.attestations[0]?.digest ?? ''] ?? ''),
  'a build',
);
const format = keyFormatOf('v0.33.0');

function exportedKeys(): ReadonlySet<string> {
  const config = Object.values(content).find((text) => text.includes(inlineCacheMember)) ?? '{}';
  const text = (JSON.parse(config) as Record<string, string>)[inlineCacheMember] ?? '';
  return new Set(parseInlineCache(text, { subject: 'fx:1', diffIds: [] }).records.map(({ key }) => key));
}

function run(exec: object, platform = true): ProvenanceStep {
  return {
    operation: { exec },
    ...(platform && { platform: { os: 'linux', architecture: 'arm', variant: 'v7' } }),
    inputs: [],
    layers: [],
  };
}

describe('the operation of a step', () => {
  it('has the key that BuildKit wrote into the image, in every form that there is', () => {
    const exported = exportedKeys();
    const operations = provenance.steps.map((step) => stepOperation(step, format));
    const known = operations.filter((each) => each !== undefined);
    assert.equal(known.length, 21);
    const missing = known.filter(({ operation }) => !exported.has(outputKey(operation.digest, 0)));
    assert.deepEqual(
      missing.map(({ operation }) => operation.plaintext),
      [],
    );
  });

  it('says what is read of each input', () => {
    const paths = new Map(
      provenance.steps.map((step) => {
        const reads = [...(stepOperation(step, format)?.reads ?? [])];
        return [
          step.lines?.first,
          reads.map(([input, { sources }]) => [input, sources?.map(({ path }) => path)]),
        ];
      }),
    );
    assert.deepEqual(paths.get(6), [[1, ['/a.txt', '/sub']]]);
    assert.deepEqual(paths.get(13), [
      [0, undefined],
      [1, ['/sub']],
      [2, ['/cache']],
    ]);
    assert.deepEqual(paths.get(24), [[1, ['/out.txt', '/script']]]);
  });

  it('leaves out what does not count', () => {
    const meta = {
      args: ['true'],
      cwd: '/',
      extraHosts: [{ Host: 'box', IP: '10.0.0.1' }],
      proxy_env: { no_proxy: 'x' },
    };
    const cache = { cacheOpt: { ID: 'other', sharing: 2 }, dest: '/c', input: -1, mountType: 3, output: -1 };
    const step = run({ meta, mounts: [{ dest: '/' }, cache] });
    assert.equal(
      stepOperation(step, format)?.operation.plaintext,
      '{"Type":"buildkit.exec.v0","Exec":{"meta":{"args":["true"],"cwd":"/","extraHosts":[{"Host":"box"}]},' +
        '"mounts":[{"dest":"/"},{"input":-1,"dest":"/c","output":-1,"mountType":3,"cacheOpt":{}}]},' +
        '"OS":"linux","Arch":"arm","Variant":"v7"}',
    );
    const before13 = stepOperation(step, keyFormatOf('v0.12.5'))?.operation.plaintext ?? '';
    assert.match(before13, /"cacheOpt":\{"ID":"other","sharing":2\}/);
  });

  it('is not told where it has members that are not known, or no platform', () => {
    const meta = { args: ['true'], cwd: '/' };
    assert.ok(stepOperation(run({ meta, mounts: [{ dest: '/' }] }), format));
    assert.equal(stepOperation(run({ meta: { ...meta, newest: 1 } }), format), undefined);
    assert.equal(stepOperation(run({ meta, devices: [] }), format), undefined);
    assert.equal(stepOperation(run({ meta }, false), format), undefined);
    assert.equal(
      stepOperation({ operation: { file: { actions: [] } }, inputs: [], layers: [] }, format),
      undefined,
    );
    const symlink = {
      file: { actions: [{ Action: { symlink: {} }, input: 0, output: 0, secondaryInput: -1 }] },
    };
    assert.equal(stepOperation({ operation: symlink, inputs: [], layers: [] }, format), undefined);
  });
});

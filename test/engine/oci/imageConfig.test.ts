import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { parseImageConfig } from '../../../src/engine/oci/imageConfig.ts';
import { fixture } from '../../support/fixtures.ts';

const parse = (document: unknown) =>
  parseImageConfig(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)), 'it');
const diffId = `sha256:${'a'.repeat(64)}`;
const rootfs = { type: 'layers', diff_ids: [diffId] };

describe('parseImageConfig', () => {
  it('reads what an engine wrote', () => {
    const { config, problems } = parseImageConfig(
      readFileSync(fixture('images/stereoscope/docker/engine-config.json')),
      'it',
    );
    assert.deepEqual(problems, []);
    assert.equal(config.architecture, 'amd64');
    assert.equal(config.os, 'linux');
    assert.ok(config.diffIds.length > 0);
    assert.equal(config.history.filter(({ isEmptyLayer }) => !isEmptyLayer).length, config.diffIds.length);
  });

  it('leaves absent, null and odd members out', () => {
    const odd = {
      rootfs,
      created: 5,
      author: null,
      os: ['linux'],
      config: null,
      history: { a: 1 },
      comment: '',
    };
    const { config, problems } = parse(odd);
    assert.deepEqual(problems, []);
    const { raw, ...known } = config;
    assert.deepEqual(known, { diffIds: [diffId], history: [], runtime: {} });
    assert.deepEqual(raw, odd);
  });

  it('takes any history item', () => {
    const { config } = parse({
      rootfs,
      history: [
        null,
        {},
        'x',
        { created_by: 'a', empty_layer: true },
        { empty_layer: 'true', created: '2024' },
      ],
    });
    assert.deepEqual(config.history, [
      { isEmptyLayer: false },
      { isEmptyLayer: false },
      { isEmptyLayer: false },
      { createdBy: 'a', isEmptyLayer: true },
      { created: '2024', isEmptyLayer: false },
    ]);
  });

  it('keeps the positions of diffIDs', () => {
    const { config, problems } = parse({ rootfs: { type: 'layers', diff_ids: ['x', diffId, null] } });
    assert.deepEqual(config.diffIds, [undefined, diffId, undefined]);
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['config-invalid', 'config-invalid'],
    );
  });

  it('reports a missing rootfs and one of another type', () => {
    assert.equal(parse({}).problems[0]?.code, 'config-invalid');
    assert.equal(parse({ rootfs: { type: 'tree' } }).problems[0]?.code, 'config-invalid');
  });

  it('keeps labels called __proto__', () => {
    const { config } = parse(`{"rootfs":${JSON.stringify(rootfs)},"config":{"Labels":{"__proto__":"x"}}}`);
    assert.deepEqual(Object.keys(config.runtime['Labels'] as object), ['__proto__']);
  });

  for (const document of ['', 'null', '[]', '{"a":', '7'])
    it(`refuses ${JSON.stringify(document)}`, () => {
      assert.throws(
        () => parse(document),
        (error) => isEngineError(error, 'invalid-config'),
      );
    });
});

import assert from 'node:assert/strict';
import { parseDevice } from '../../../../src/engine/build/dockerfile/devices.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { runText } from '../../../../src/engine/build/operationKey/runKey.ts';

describe('The devices of RUN', () => {
  // After BuildKit's `commands_rundevice.go`.
  for (const [text, name, isRequired] of [
    ['vendor1.com/device=foo', 'vendor1.com/device=foo', false],
    ['vendor1.com/device', 'vendor1.com/device', false],
    ['vendor1.com/device=foo,required', 'vendor1.com/device=foo', true],
    ['name=vendor1.com/device=foo,Required=true', 'vendor1.com/device=foo', true],
    ['required=0,vendor1.com/device', 'vendor1.com/device', false],
    ['required', '', true],
  ] as const)
    it(`are read of ${text}`, () => {
      assert.deepEqual(parseDevice(text), { name, isRequired });
    });

  for (const text of ['a,b', 'name=a,name=b', 'a,required=maybe', 'a,other=b', '"a'])
    it(`are refused of ${text}`, () => {
      assert.equal(typeof parseDevice(text), 'string');
    });

  it('are part of the key, and whether the build can do without them', () => {
    const run = { args: ['x'], env: [], cwd: '/', platform: { os: 'linux', architecture: 'amd64' } };
    const textOf = (isRequired: boolean): string =>
      runText({ ...run, devices: [{ name: 'a.b/c=d', isRequired }] }, keyFormatOf('0.33.0'));
    assert.match(textOf(false), /"cdiDevices":\[\{"name":"a\.b\/c=d","optional":true\}\]\},"OS"/);
    assert.match(textOf(true), /"cdiDevices":\[\{"name":"a\.b\/c=d"\}\]\},"OS"/);
    assert.equal(
      runText({ ...run, devices: [] }, keyFormatOf('0.33.0')),
      runText(run, keyFormatOf('0.33.0')),
    );
  });
});

import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import {
  choosePlatform,
  formatPlatform,
  hostPlatform,
  matchesPlatform,
  parsePlatform,
} from '../../../src/engine/oci/platform.ts';

const platform = (text: string) => parsePlatform(text);

describe('parsePlatform', () => {
  const spelled = {
    'linux/amd64': 'linux/amd64',
    'Linux/X86_64': 'linux/amd64',
    'linux/arm64/v8': 'linux/arm64',
    'linux/aarch64': 'linux/arm64',
    'linux/arm': 'linux/arm/v7',
    'linux/arm/6': 'linux/arm/v6',
    'linux/armel': 'linux/arm/v6',
    'linux/amd64/v3': 'linux/amd64/v3',
    'windows/amd64': 'windows/amd64',
    s390x: 'linux/s390x',
  };
  for (const [text, expected] of Object.entries(spelled))
    it(`${text} is ${expected}`, () => {
      assert.equal(formatPlatform(platform(text)), expected);
    });

  it('completes a system with the machine', () => {
    assert.deepEqual(platform('windows'), { ...hostPlatform(), os: 'windows' });
  });

  for (const text of ['', '/', 'linux/', 'a/b/c/d', 'linux/amd 64', 'linux/a:b'])
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(
        () => platform(text),
        (error) => isEngineError(error, 'invalid-reference'),
      );
    });
});

describe('choosePlatform', () => {
  const offered = ['linux/386', 'linux/arm64', 'linux/arm/v6', 'linux/arm/v5', 'linux/amd64'].map(platform);

  it('takes the first that fits, else an older variant', () => {
    assert.equal(choosePlatform(platform('linux/amd64'), offered), 4);
    assert.equal(choosePlatform(platform('linux/arm64/v8'), offered), 1);
    assert.equal(choosePlatform(platform('linux/arm/v7'), offered), 2);
    assert.equal(choosePlatform(platform('linux/arm/v5'), offered), 3);
    assert.equal(choosePlatform(platform('linux/s390x'), [undefined, ...offered]), undefined);
  });

  it('runs linux wherever it is', () => {
    assert.equal(hostPlatform().os, 'linux');
    assert.ok(matchesPlatform(hostPlatform(), hostPlatform()));
  });
});

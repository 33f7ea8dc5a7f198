import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { EngineError, isEngineError } from '../../../../src/engine/base/errors.ts';
import { BaseMemory } from '../../../../src/engine/builders/bases/baseMemory.ts';
import { type AskForImage, findBase } from '../../../../src/engine/builders/bases/findBase.ts';
import type { LocalImage } from '../../../../src/engine/builders/localImages/localImage.ts';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import { tempDir } from '../../../support/tempDir.ts';

const platform = { os: 'linux', architecture: 'amd64' };
const name = 'docker.io/library/nginx:latest';

describe('A base image', () => {
  it('is the one that the engine has, and the registry is not asked', async () => {
    const find = findBase({ local: giving('here'), registry: refusing, memory: memory() });
    assert.deepEqual(await find(name, platform, {}), { kind: 'found', image: imageOf('here') });
  });

  it('is what the registry says when the engine has it not, and that is remembered', async () => {
    const places = { local: () => Promise.resolve(undefined), memory: memory() };
    const asked = await findBase({ ...places, registry: giving('there') })(name, platform, {});
    assert.deepEqual(asked, { kind: 'found', image: imageOf('there') });
    assert.deepEqual(await findBase(places)(name, platform, {}), asked);
  });

  it('is assumed to be what it was when the registry cannot be asked now', async () => {
    const places = { memory: memory() };
    await findBase({ ...places, registry: giving('there') })(name, platform, {});
    const found = await findBase({ ...places, registry: refusing })(name, platform, {});
    assert.deepEqual(found, { kind: 'found', image: imageOf('there'), isAssumed: true });
  });

  it('is not known of another platform, nor when nobody was ever asked', async () => {
    const places = { memory: memory() };
    await findBase({ ...places, registry: giving('there') })(name, platform, {});
    const other = await findBase(places)(name, { os: 'linux', architecture: 'arm64' }, {});
    assert.equal(other.kind, 'unknown');
    const refused = await findBase({ memory: memory(), registry: refusing })(name, platform, {});
    assert.ok(refused.kind === 'unknown' && refused.reason.includes('no route'));
  });

  it('is asked for no longer when that was cancelled', async () => {
    const registry: AskForImage = () => Promise.reject(new EngineError('cancelled', name, 'cancelled'));
    await assert.rejects(findBase({ memory: memory(), registry })(name, platform, {}), (error) =>
      isEngineError(error, 'cancelled'),
    );
  });

  it('is forgotten with a damaged file, which is written anew', async () => {
    const directory = tempDir().path;
    writeFileSync(path.join(directory, 'bases.json'), '[{"key":');
    const places = { memory: new BaseMemory(directory) };
    assert.equal((await findBase(places)(name, platform, {})).kind, 'unknown');
    await findBase({ ...places, registry: giving('there') })(name, platform, {});
    assert.equal((await findBase(places)(name, platform, {})).kind, 'found');
  });
});

const refusing: AskForImage = () => Promise.reject(new EngineError('unreachable', name, 'no route'));

function giving(text: string): AskForImage {
  return () => Promise.resolve(imageOf(text));
}

function imageOf(text: string): LocalImage {
  const digest = digestOf(Buffer.from(text));
  const config = { Env: ['A=1'] };
  return { id: digest, names: [name], platform, manifest: digest, diffIds: [], config, builds: [] };
}

function memory(): BaseMemory {
  return new BaseMemory(tempDir().path);
}

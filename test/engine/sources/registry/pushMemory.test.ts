import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import { PushMemory } from '../../../../src/engine/sources/registry/pushMemory.ts';
import { tempDir } from '../../../support/tempDir.ts';

describe('what was pushed where', () => {
  const blob = (text: string): ReturnType<typeof digestOf> => digestOf(Buffer.from(text));

  it('is known to the next run, the latest first, by registry', async () => {
    const file = tempDir().file('pushed.json');
    const memory = new PushMemory(file);
    await memory.add('localhost:5000', 'team/one', [blob('a'), blob('b')]);
    await memory.add('localhost:5000', 'team/two', [blob('a')]);
    await memory.add('ghcr.io', 'team/three', [blob('a')]);
    const paths = await new PushMemory(file).pathsIn('localhost:5000');
    assert.deepEqual(paths(blob('a')), ['team/two', 'team/one']);
    assert.deepEqual(paths(blob('b')), ['team/one']);
    assert.deepEqual(paths(blob('c')), []);
  });

  it('is bounded', async () => {
    const file = tempDir().file('pushed.json');
    const memory = new PushMemory(file);
    for (let count = 0; count < 6; count++) await memory.add('r.example', `p${count}`, [blob('a')]);
    assert.deepEqual((await memory.pathsIn('r.example'))(blob('a')), ['p5', 'p4', 'p3', 'p2']);
    const many = Array.from({ length: 6000 }, (_, at) => blob(`many ${at}`));
    await memory.add('r.example', 'many', many);
    const paths = await memory.pathsIn('r.example');
    assert.deepEqual(paths(many[5999]!), ['many']);
    assert.deepEqual(paths(many[0]!), []);
    assert.ok(readFileSync(file).length < 2 * 2 ** 20);
  });

  it('is nothing where it is missing, damaged, too large or hostile', async () => {
    const file = tempDir().file('deep/pushed.json');
    const memory = new PushMemory(file);
    assert.deepEqual((await memory.pathsIn('r.example'))(blob('a')), []);
    await memory.add('r.example', 'p', [blob('a')]);
    for (const text of [
      '{',
      '[]',
      '{"a":1}',
      '[[1,2]]',
      '[["x",["r.example/p"]]]',
      ' '.repeat(3 * 2 ** 20),
    ]) {
      writeFileSync(file, text);
      assert.deepEqual((await memory.pathsIn('r.example'))(blob('a')), []);
    }
    writeFileSync(file, JSON.stringify([[blob('a'), ['r.example/../../x', 5, 'r.example/ok']]]));
    assert.deepEqual((await memory.pathsIn('r.example'))(blob('a')), ['ok']);
  });
});

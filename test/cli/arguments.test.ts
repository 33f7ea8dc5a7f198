import assert from 'node:assert/strict';
import { type OptionSpec, parseArguments } from '../../src/cli/arguments.ts';

const specs: readonly OptionSpec[] = [
  { name: 'long', short: 'l', help: '' },
  { name: 'recursive', short: 'R', help: '' },
  { name: 'human', help: '' },
  { name: 'output', short: 'o', value: 'FILE', help: '' },
  { name: 'like', value: 'STORE', choices: ['classic', 'containerd'], help: '' },
];

describe('parseArguments', () => {
  it('takes options anywhere, alone and together', () => {
    const args = parseArguments(['a', '-lR', 'b', '--output', 'f', '--', '-l'], specs);
    assert.deepEqual(args.positionals, ['a', 'b', '-l']);
    assert.ok(args.isOn('long') && args.isOn('recursive'));
    assert.equal(args.value('output'), 'f');
  });

  it('takes values in every form', () => {
    for (const typed of [['-of'], ['-o=f'], ['-o', 'f'], ['--output=f'], ['-lo', 'f'], ['-lof']])
      assert.equal(parseArguments(typed, specs).value('output'), 'f', typed.join(' '));
    assert.equal(parseArguments(['--output=a=b'], specs).value('output'), 'a=b');
    assert.equal(parseArguments(['--output='], specs).value('output'), '');
  });

  it('keeps every value of an option that is given several times', () => {
    const args = parseArguments(['-o', 'a', '--output=b', '-oc'], specs);
    assert.deepEqual(args.values('output'), ['a', 'b', 'c']);
    assert.equal(args.value('output'), 'c');
    assert.deepEqual(args.values('like'), []);
  });

  it('turns switches off', () => {
    assert.equal(parseArguments(['--human=false'], specs).isOn('human', true), false);
    assert.equal(parseArguments([], specs).isOn('human', true), true);
  });

  it('keeps a lone dash', () => {
    assert.deepEqual(parseArguments(['-'], specs).positionals, ['-']);
  });

  for (const typed of [
    ['--no'],
    ['-x'],
    ['--output'],
    ['-o'],
    ['--like=other'],
    ['--long=maybe'],
    ['--'.concat('__proto__')],
  ])
    it(`refuses ${typed.join(' ')}`, () => {
      assert.throws(() => parseArguments(typed, specs), { name: 'UsageError' });
    });

  it('reads numbers strictly', () => {
    const number = (text: string): number | undefined =>
      parseArguments([`--output=${text}`], specs).number('output');
    assert.equal(number('12'), 12);
    for (const text of ['', '-1', '1.5', '0x1', '1e3', '9999999999'])
      assert.throws(() => number(text), { name: 'UsageError' });
  });
});

import assert from 'node:assert/strict';
import { parseChallenges } from '../../../../src/engine/sources/registry/challenge.ts';

describe('WWW-Authenticate', () => {
  it('reads what registries send', () => {
    const header =
      'Bearer realm="https://auth.test/token",service="registry.test",scope="repository:a/b:pull,push"';
    assert.deepEqual(read(header), [
      [
        'bearer',
        { realm: 'https://auth.test/token', service: 'registry.test', scope: 'repository:a/b:pull,push' },
      ],
    ]);
    assert.deepEqual(read('Basic realm="Registry Realm"'), [['basic', { realm: 'Registry Realm' }]]);
  });

  it('tells several challenges apart, in one header and in several', () => {
    const both = read('Negotiate, Basic realm="a, b", Bearer realm="c" , service=d', 'Digest x=1');
    assert.deepEqual(both, [
      ['negotiate', {}],
      ['basic', { realm: 'a, b' }],
      ['bearer', { realm: 'c', service: 'd' }],
      ['digest', { x: '1' }],
    ]);
    assert.deepEqual(read('Negotiate YIIJvwYG==, Basic realm=x'), [
      ['negotiate', {}],
      ['basic', { realm: 'x' }],
    ]);
  });

  it('takes names and schemes in any case, and the first of two values', () => {
    assert.deepEqual(read('BEARER Realm="a",REALM="b"'), [['bearer', { realm: 'a' }]]);
  });

  it('unescapes quoted text', () => {
    assert.deepEqual(read('Bearer realm="a\\"b\\\\c", service="s"'), [
      ['bearer', { realm: 'a"b\\c', service: 's' }],
    ]);
  });

  it('stops where the text is malformed, and keeps what came before', () => {
    for (const text of [
      'Bearer realm="unclosed',
      'Bearer realm=',
      'Bearer realm="a" "b"',
      '"Bearer"',
      '=,=',
      '',
    ])
      assert.doesNotThrow(() => read(text));
    assert.deepEqual(read('Basic realm="a", Bearer realm="unclosed')[0], ['basic', { realm: 'a' }]);
    assert.deepEqual(read('Bearer __proto__="x"'), [['bearer', Object.fromEntries([['__proto__', 'x']])]]);
  });

  it('takes time in proportion to the text', () => {
    const hostile = [',', ' ', '"', '\\', 'a=', 'a="\\"', 'a ', '= ', 'a="",'].map((part) =>
      part.repeat(1 << 18),
    );
    const startMs = performance.now();
    for (const text of hostile) parseChallenges([text, `Bearer ${text}`, `Bearer realm="${text}`]);
    assert.ok(performance.now() - startMs < 500);
  });
});

function read(...headers: readonly string[]): readonly (readonly [string, Record<string, string>])[] {
  return parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

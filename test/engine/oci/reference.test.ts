import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import {
  familiarName,
  formatReference,
  normalizeName,
  parseReference,
  tryParseReference,
} from '../../../src/engine/oci/reference.ts';

const hex = 'a'.repeat(64);

describe('parseReference', () => {
  // What distribution/reference makes of the same names.
  const full = {
    nginx: 'docker.io/library/nginx',
    'nginx:1.27': 'docker.io/library/nginx:1.27',
    'team/app': 'docker.io/team/app',
    'index.docker.io/nginx': 'docker.io/library/nginx',
    'docker.io/nginx:x': 'docker.io/library/nginx:x',
    'localhost/a': 'localhost/a',
    'localhost:5000/a:b': 'localhost:5000/a:b',
    'example.com/a/b/c': 'example.com/a/b/c',
    'Example/a': 'Example/a',
    '[::1]:5000/a': '[::1]:5000/a',
    'a__b/c-d.e_f': 'docker.io/a__b/c-d.e_f',
    'a--b': 'docker.io/library/a--b',
    'xn--n3h.com/myimage:xn--n3h': 'xn--n3h.com/myimage:xn--n3h',
    [`nginx@sha256:${hex}`]: `docker.io/library/nginx@sha256:${hex}`,
    [`a.b:1/c:t@sha256:${hex}`]: `a.b:1/c:t@sha256:${hex}`,
  };
  for (const [name, expected] of Object.entries(full))
    it(`completes ${name}`, () => {
      assert.equal(formatReference(parseReference(name)), expected);
    });

  const refused = [
    '',
    ':tag',
    '/a',
    'a//b',
    'a/',
    'A',
    'team/App',
    '-a',
    'a-',
    '.a',
    'a..b',
    'a___b',
    'a:',
    'a:.tag',
    `a:${'t'.repeat(129)}`,
    'a@',
    'a@sha256:abc',
    'a@md5:d41d8cd98f00b204e9800998ecf8427e',
    hex,
    '-v/:/x',
    '$(id)',
    'a;b',
    'a\nb',
    'a b',
    'a\u202eb',
    'example..com/a',
    '-example.com/a',
    `b${'/a'.repeat(128)}`,
  ];
  for (const name of refused)
    it(`refuses ${JSON.stringify(name).slice(0, 40)}`, () => {
      assert.throws(
        () => parseReference(name),
        (error) => isEngineError(error, 'invalid-reference'),
      );
    });

  it('answers megabytes of hostile text at once', () => {
    const texts = ['a-', '_', 'a.', 'a/', '-', 'A', ':', '@', 'a--', '__a'].flatMap((piece) => [
      piece.repeat(500_000),
      piece.repeat(1000),
      `${piece.repeat(1000)}!`,
      `x.com/${piece.repeat(100)}!`,
    ]);
    const started = performance.now();
    for (const text of texts) tryParseReference(text);
    assert.ok(performance.now() - started < 2000);
  });
});

describe('familiarName', () => {
  const short = {
    'docker.io/library/nginx:1': 'nginx:1',
    'docker.io/team/app:1': 'team/app:1',
    'docker.io/library/a/b': 'library/a/b',
    'ghcr.io/a/b:1': 'ghcr.io/a/b:1',
    'not a name': 'not a name',
  };
  for (const [name, expected] of Object.entries(short))
    it(`${name} is ${expected}`, () => {
      assert.equal(familiarName(name), expected);
    });
});

describe('normalizeName', () => {
  it('adds registry and tag, and leaves alone what is no name', () => {
    assert.equal(normalizeName('nginx'), 'docker.io/library/nginx:latest');
    assert.equal(normalizeName(`nginx@sha256:${hex}`), `docker.io/library/nginx@sha256:${hex}`);
    assert.equal(normalizeName('-v/:/x'), '-v/:/x');
  });
});

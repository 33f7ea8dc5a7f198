import assert from 'node:assert/strict';
import { instructionText, oneLine, pickText, sizeText } from '../../src/editor/text.ts';

describe('text', () => {
  it('gives sizes in decimal units', () => {
    const sizes = [0, 999, 1000, 1234, 999_499, 999_500, 12_345_678, 3_300_000_000].map(sizeText);
    assert.deepEqual(sizes, ['0 B', '999 B', '1 kB', '1.23 kB', '999 kB', '1 MB', '12.3 MB', '3.3 GB']);
  });

  it('tells instructions as a Dockerfile has them', () => {
    const told = (createdBy: string): string | undefined =>
      instructionText({ createdBy, isEmptyLayer: false });
    assert.equal(told('/bin/sh -c #(nop)  CMD ["nginx"]'), 'CMD ["nginx"]');
    assert.equal(told('/bin/sh -c apt-get update'), 'RUN apt-get update');
    assert.equal(told('RUN /bin/sh -c make # buildkit'), 'RUN make');
    assert.equal(told('|1 A=1 /bin/sh -c make'), 'RUN make');
    assert.equal(told('RUN |1 A=1 /bin/sh -c make # buildkit'), 'RUN make');
    assert.equal(told(`/bin/sh -c #(nop) ADD file:${'0'.repeat(64)} in / `), 'ADD … /');
    assert.equal(told('COPY a /b # buildkit'), 'COPY a /b');
    assert.equal(told(''), undefined);
  });

  it('keeps hostile text on one line, and visible', () => {
    assert.equal(oneLine('a\n\tb\x1b[0m\u202e'), 'a b\\x1b[0m\\u202e');
    assert.equal(pickText('$(sync~spin) x'), '\\$(sync~spin) x');
  });
});

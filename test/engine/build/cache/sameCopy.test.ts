import assert from 'node:assert/strict';
import { isSameCopy } from '../../../../src/engine/build/cache/sameCopy.ts';

describe('Two texts of COPY', () => {
  const same = (one: string, other: string, directory?: string): boolean => isSameCopy(one, other, directory);

  it('are one operation however their sources are written', () => {
    assert.ok(same('COPY ./src/ b /d/', 'COPY src /b /d/'));
    assert.ok(same('COPY --chown=1 . /d', 'COPY --chown=1 ./ /d'));
    assert.ok(!same('COPY src /d', 'COPY src2 /d'));
    assert.ok(!same('COPY src /d', 'COPY src /d/'));
    assert.ok(!same('COPY src /d', 'ADD src /d'));
    assert.ok(!same('COPY --chown=1 src /d', 'COPY src /d'));
  });

  it('are one where a destination lies in the working directory, as far as that is known', () => {
    assert.ok(same('COPY a d/', 'COPY a /w/d/', '/w'));
    assert.ok(!same('COPY a d', 'COPY a /w/d', '/x'));
    assert.ok(!same('COPY a d', 'COPY ./a d'));
  });

  it('are not compared where they are no lists of paths', () => {
    assert.ok(!same('COPY ["./a", "/d"]', 'COPY ["a", "/d"]'));
    assert.ok(!same('ADD http://h//a /d', 'ADD http://h/a /d'));
    assert.ok(!same('COPY <<EOF ./a /d', 'COPY <<EOF a /d'));
    assert.ok(!same('COPY --parents s/./a /d', 'COPY --parents s/a /d'));
  });
});

import assert from 'node:assert/strict';
import type { ImageHistory } from '../../../../src/engine/build/classic/builderImage.ts';
import { toldTriggers } from '../../../../src/engine/builders/builderImages/toldTriggers.ts';

function told(...texts: readonly string[]): readonly string[] | undefined {
  return toldTriggers(historyOf(texts, ''), 'oci');
}

function historyOf(texts: readonly string[], comment: string): readonly ImageHistory[] {
  return texts.map((createdBy) => ({ createdBy, created: '', comment, isEmpty: false }));
}

describe('Triggers that a history tells', () => {
  it('are those of its own lines, as every builder writes them', () => {
    assert.deepEqual(told('/bin/sh -c #(nop)  CMD ["x"]', '/bin/sh -c make'), []);
    assert.deepEqual(
      told('RUN a', '/bin/sh -c #(nop) ONBUILD COPY a.txt /on.txt', '/bin/sh -c #(nop)  CMD ["x"]'),
      ['COPY a.txt /on.txt'],
    );
    assert.deepEqual(told('COPY x / # buildkit', 'ONBUILD RUN make', 'ONBUILD ENV E=1', 'CMD ["x"]'), [
      'RUN make',
      'ENV E=1',
    ]);
  });

  it('are not known where something like the first was done since', () => {
    assert.equal(told('ONBUILD RUN make', 'CMD ["x"]', '/bin/sh -c make'), undefined);
    assert.equal(told('ONBUILD COPY . /app', 'COPY . /app # buildkit'), undefined);
    assert.equal(told('ONBUILD copy . /app', 'COPY . /app # buildkit'), undefined);
  });

  it('are none where buildah made an image of the form of OCI', () => {
    const history = historyOf(['/bin/sh -c #(nop) ONBUILD RUN make'], 'FROM 5b4d50ee5495');
    assert.deepEqual(toldTriggers(history, 'oci'), []);
    assert.deepEqual(toldTriggers(history, 'docker'), ['RUN make']);
  });
});

import assert from 'node:assert/strict';
import {
  areStepsDoubtful,
  findEmptySteps,
  type ToldStep,
} from '../../../../src/engine/sources/dockerEngine/emptySteps.ts';

/** Steps as `SIZE INSTRUCTION`, oldest first. */
function steps(...lines: readonly string[]): readonly ToldStep[] {
  return lines.map((line) => {
    const [, size = '', createdBy = ''] = /^(\d+) ?(.*)$/s.exec(line) ?? [];
    return { sizeBytes: Number(size), createdBy };
  });
}

function layersOf(told: readonly ToldStep[], layerCount: number): readonly number[] {
  return findEmptySteps(told, layerCount).flatMap((isEmpty, step) => (isEmpty ? [] : [step]));
}

describe('findEmptySteps', () => {
  it('takes steps with bytes for layers', () => {
    assert.deepEqual(layersOf(steps('100', '0 ENV A=1', '7 RUN x', '0 CMD ["sh"]'), 2), [0, 2]);
  });

  it('finds layers without bytes by their instructions, in the forms of both builders', () => {
    const buildkit = steps(
      '5',
      '0 ENV A=1',
      '0 RUN /bin/sh -c mkdir /d # buildkit',
      '0 EXPOSE 80',
      '0 WORKDIR /w',
    );
    assert.deepEqual(layersOf(buildkit, 3), [0, 2, 4]);
    const nop = '/bin/sh -c #(nop) ';
    const classic = steps('5', `0 ${nop} ENV A=1`, `0 ${nop}COPY file:1 in / `, `0 |1 A=b ${nop} LABEL a=b`);
    assert.deepEqual(layersOf(classic, 2), [0, 2]);
    assert.deepEqual(layersOf(steps('5', '0 |1 A=b /bin/sh -c rm /x', '0 USER 1'), 2), [0, 1]);
  });

  it('takes an import or a commit without a word for a layer', () => {
    assert.deepEqual(layersOf(steps('0', '0 CMD ["sh"]'), 1), [0]);
  });

  it('does not take an instruction for another that begins like it', () => {
    assert.deepEqual(layersOf(steps('0 ENVIRONMENT', '0 ENV A=1'), 1), [0]);
  });

  it('agrees with the number of layers, whatever instructions seem to say', () => {
    const told = steps('0 RUN a', '0 ENV A=1', '0 RUN b', '0 CMD x');
    for (let layers = 0; layers <= 4; layers++) assert.equal(layersOf(told, layers).length, layers);
    assert.equal(layersOf(told, 9).length, 4);
    assert.equal(layersOf(steps('1 RUN a', '2 RUN b'), 1).length, 2);
  });

  it('believes what was counted', () => {
    const told = steps('9', '0 RUN true', '0 RUN mkdir /d').map((step, at) => ({
      ...step,
      layersSoFar: [1, 1, 2][at],
    }));
    assert.deepEqual(layersOf(told, 2), [0, 2]);
  });
});

describe('areStepsDoubtful', () => {
  it('is true only where counting could change the answer', () => {
    assert.equal(areStepsDoubtful(steps('9', '0 RUN true', '0 RUN mkdir /d'), 2), true);
    assert.equal(areStepsDoubtful(steps('9', '0 RUN a', '0 RUN b'), 3), false);
    assert.equal(areStepsDoubtful(steps('9', '0 RUN a', '0 ENV b'), 2), false);
    assert.equal(areStepsDoubtful(steps('9', '0 RUN a', '0 ENV b'), 1), false);
  });
});

import assert from 'node:assert/strict';
import { digestOf } from '../../../src/engine/oci/digest.ts';
import { toImage } from '../../../src/engine/sources/image.ts';
import type { ImageCore } from '../../../src/engine/sources/imageSource.ts';
import { codesOf } from '../../support/openImages.ts';

const entry = { position: 0, names: [], variants: [], attachments: [], problems: [] };
const variant = { position: 0, isAvailable: true };

function imageOf(config: unknown, layerCount: number, location = '/x') {
  const core: ImageCore = {
    names: [],
    configBytes: Buffer.from(typeof config === 'string' ? config : JSON.stringify(config)),
    layers: Array.from({ length: layerCount }, () => ({})),
    attachments: [],
    problems: [],
  };
  return toImage({ location }, entry, variant, core);
}

const rootfs = (count: number) => ({
  type: 'layers',
  diff_ids: Array.from({ length: count }, (_, at) => digestOf(Buffer.from(String(at)))),
});
const made = (created_by: string) => ({ created_by });
const empty = (created_by: string) => ({ created_by, empty_layer: true });

describe('toImage', () => {
  const histories: readonly (readonly [
    what: string,
    history: unknown,
    layers: number,
    steps: string,
    codes: string[],
  ])[] = [
    ['that fits', [made('a'), empty('b'), made('c')], 2, 'a:0 b:- c:1', []],
    ['that is absent', undefined, 2, '?:0 ?:1', []],
    ['that is no list', { a: 1 }, 1, '?:0', []],
    ['that is too short', [made('a')], 3, 'a:0 ?:1 ?:2', ['history-mismatch']],
    ['that is too long', [made('a'), made('b'), made('c')], 1, 'a:0 b:- c:-', ['history-mismatch']],
    ['of empty steps only', [empty('a'), empty('b')], 1, 'a:- b:- ?:0', ['history-mismatch']],
    ['of nothing in particular', [null, 5], 2, '?:0 ?:1', []],
  ];
  for (const [what, history, layers, steps, codes] of histories)
    it(`sets a history ${what} beside the layers`, () => {
      const image = imageOf({ rootfs: rootfs(layers), history }, layers);
      const told = image.steps.map(({ item, layer }) => `${item?.createdBy ?? '?'}:${layer ?? '-'}`);
      assert.equal(told.join(' '), steps);
      assert.deepEqual(codesOf(image.problems), codes);
      assert.deepEqual(
        image.layers.map(({ history: item }) => item?.createdBy),
        image.layers.map(
          ({ position }) => image.steps.find(({ layer }) => layer === position)?.item?.createdBy,
        ),
      );
    });

  it('shows all layers when the config names fewer or more', () => {
    const fewer = imageOf({ rootfs: rootfs(1) }, 3);
    assert.deepEqual(codesOf(fewer.problems), ['layer-count-mismatch']);
    assert.deepEqual(
      fewer.layers.map(({ diffId, chainId }) => [diffId !== undefined, chainId !== undefined]),
      [
        [true, true],
        [false, false],
        [false, false],
      ],
    );
    assert.deepEqual(codesOf(imageOf({ rootfs: rootfs(4) }, 3).problems), ['layer-count-mismatch']);
  });

  it('shows layers of an image whose config is none', () => {
    const image = imageOf('{', 2);
    assert.deepEqual(codesOf(image.problems), ['config-invalid']);
    assert.equal(image.config, undefined);
    assert.equal(image.layers.length, 2);
  });

  it('is named by place and content', () => {
    const one = imageOf({ rootfs: rootfs(1) }, 1);
    assert.equal(one.id, imageOf({ rootfs: rootfs(1) }, 1).id);
    assert.notEqual(one.id, imageOf({ rootfs: rootfs(1) }, 1, '/y').id);
    assert.notEqual(one.id, imageOf({ rootfs: rootfs(1), author: 'x' }, 1).id);
  });

  it('takes a hundred thousand layers', () => {
    const image = imageOf({ rootfs: rootfs(100_000), history: Array(100_000).fill(made('a')) }, 100_000);
    assert.equal(image.layers.length, 100_000);
    assert.notEqual(image.layers.at(-1)?.chainId, undefined);
  }).timeout(20_000);
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { EngineError } from '../../../src/engine/base/errors.ts';
import { historyTable } from '../../../src/engine/compare/historyText.ts';
import { inspectImage, inspectText } from '../../../src/engine/compare/inspectImage.ts';
import { historyRows } from '../../../src/engine/compare/layerHistory.ts';
import type { Image } from '../../../src/engine/sources/image.ts';
import { buildImage } from '../../support/buildImage.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { openImages } from '../../support/openImages.ts';
import { Random } from '../../support/random.ts';
import { tempDir } from '../../support/tempDir.ts';
import { type DockerArchiveShape, dockerArchiveBytes } from '../../support/writeDockerArchive.ts';

const shapes: readonly DockerArchiveShape[] = ['legacy', 'modern', 'containerd', 'podman', 'kaniko'];
const image = buildImage([{ a: '1', 'd/b': '2' }, { 'd/.wh.b': '' }], {
  names: ['docker.io/library/it:1'],
  runtime: { Labels: { a: 'b' } },
});

/** Any damage gives images, with or without problems, or an error that says what it is. */
describe('a damaged archive', () => {
  const folder = tempDir();
  const file = folder.file('damaged.tar');

  async function outcome(bytes: Uint8Array): Promise<string> {
    writeFileSync(file, bytes);
    try {
      const { images, entries } = await openImages(file);
      for (const each of images) describeImage(each);
      return images.length > 0 ? 'images' : entries.length > 0 ? 'entries' : 'nothing';
    } catch (error) {
      assert.ok(error instanceof EngineError, `not a failure with a code: ${String((error as Error).stack)}`);
      return error.code;
    }
  }

  for (const shape of shapes) {
    const whole = dockerArchiveBytes(image, { shape });

    it(`cut off at every block opens or says why (${shape})`, async () => {
      const outcomes = new Set<string>();
      for (let end = 0; end < whole.length; end += 512) outcomes.add(await outcome(whole.subarray(0, end)));
      assert.ok(outcomes.has('images') && outcomes.has('invalid-archive'), [...outcomes].join());
      for (let end = 100; end < whole.length; end += 1500) await outcome(whole.subarray(0, end));
    }).timeout(20_000);

    it(`with flipped bits opens or says why (${shape})`, async () => {
      const random = new Random(shapes.indexOf(shape) + 1);
      for (let round = 0; round < (isFullRun ? 3000 : 200); round++) {
        const bytes = Buffer.from(whole);
        for (let flips = 1 + random.below(4); flips > 0; flips--) {
          const at = random.below(bytes.length);
          bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
        }
        await outcome(bytes);
      }
    }).timeout(120_000);
  }

  it('with random JSON for its documents opens or says why', async () => {
    const random = new Random(99);
    for (let round = 0; round < (isFullRun ? 5000 : 400); round++) {
      const shape = random.pick(shapes);
      const change = (entries: readonly { name: string; content?: string | Uint8Array }[]) =>
        entries.map((entry) => {
          const isDocument =
            entry.content !== undefined &&
            /^[[{]/.test(Buffer.from(entry.content as Uint8Array).toString('latin1'));
          return isDocument && random.chance(0.4)
            ? { ...entry, content: mutate(entry.content!, random) }
            : entry;
        });
      await outcome(dockerArchiveBytes(image, { shape, change }));
    }
  }).timeout(120_000);
});

/** What is shown of an image must be shown of a damaged one too. */
function describeImage(image: Image): void {
  const sizes = image.layers.map(() => 1);
  const options = { isFull: false, isHuman: true, now: new Date() };
  assert.match(historyTable(historyRows(image, sizes), options), /^IMAGE/);
  JSON.parse(inspectText([inspectImage(image, sizes)]));
}

/** A document with some values replaced by others that JSON allows. */
function mutate(content: string | Uint8Array, random: Random): string {
  const values = [
    null,
    true,
    0,
    -1,
    1e308,
    '',
    'x',
    '\ud800',
    '../..',
    [],
    {},
    [[]],
    { a: null },
    '__proto__',
  ];
  const replaced = (value: unknown): unknown => {
    if (random.chance(0.15)) return random.pick(values);
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [random.chance(0.05) ? '__proto__' : key, replaced(item)]),
    );
  };
  return JSON.stringify(replaced(JSON.parse(Buffer.from(content as Uint8Array).toString())));
}

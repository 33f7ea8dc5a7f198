import assert from 'node:assert/strict';
import { sharingMarkdown } from '../../../src/editor/sharing/sharingMarkdown.ts';
import type { Image } from '../../../src/engine/index.ts';
import { type BuiltImage, buildImage } from '../../support/buildImage.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { type RealContext, realContext } from '../support/realContext.ts';

describe('what images share, as a page', () => {
  const base = { 'etc/base': 'base\n' };
  const page = { 'index.html': 'hello\n' };
  const config = { 'nginx.conf': 'events {}\n' };
  let context: RealContext;
  beforeEach(() => {
    context = realContext();
  });
  afterEach(() => context.dispose());

  async function pageOf(...built: readonly BuiltImage[]): Promise<string> {
    const images: Image[] = [];
    for (const [at, image] of built.entries()) {
      const source = await context.engine.open(writeDockerArchive(image, tempDir().file(`${at}.tar`)));
      const [entry] = await source.list();
      const variant = entry?.variants[0];
      assert.ok(entry && variant);
      images.push(await context.engine.image(source, entry, variant));
      await source[Symbol.asyncDispose]();
    }
    return sharingMarkdown(await context.engine.sharing(images));
  }

  it('marks what docker shares, what has the same content elsewhere, and what is alone', async () => {
    const text = await pageOf(
      buildImage([base, page, config], { names: ['docker.io/library/config:1'] }),
      buildImage([base, config, page, { own: '1' }], { names: ['docker.io/library/pre-config:1'] }),
    );
    const rows = text.split('\n').filter((line) => /^\| \d+ \|/.test(line));
    assert.deepEqual(
      rows.map((row) => row.split(' | ').slice(1, 3)),
      [
        ['●', '●'],
        ['◐', '◐'],
        ['◐', '◐'],
        ['', '○'],
      ],
    );
  });

  it('says that the same changes came in another order', async () => {
    const text = await pageOf(
      buildImage([base, page, config], { names: ['docker.io/library/config:1'] }),
      buildImage([base, config, page], { names: ['docker.io/library/pre-config:1'] }),
    );
    assert.match(text, /> config\\:1 and pre\\-config\\:1 make the same changes in another order/);
  });

  it('takes names and instructions as text', async () => {
    const created_by = 'RUN echo `x` | [y](command:z) <b>';
    const text = await pageOf(buildImage([base], { history: [{ created_by }] }));
    assert.ok(text.includes('RUN echo \\`x\\` \\| \\[y\\]\\(command\\:z\\) \\<b\\>'), text);
  });
});

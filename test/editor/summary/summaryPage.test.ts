import assert from 'node:assert/strict';
import { isReadable } from '../../../src/editor/openedImages.ts';
import { summaryPage } from '../../../src/editor/summary/summaryPage.ts';
import { buildImage } from '../../support/buildImage.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { type RealContext, realContext } from '../support/realContext.ts';

const hostile = `</td><script>alert(1)</script>"'><img src=x onerror=alert(1)>\u202e`;
const look = {
  location: `/tmp/${hostile}.tar`,
  cspSource: 'https://csp.example',
  style: 'https://csp.example/s.css',
};

describe('the page of an archive', () => {
  let context: RealContext;
  beforeEach(() => {
    context = realContext();
  });
  afterEach(() => context.dispose());

  it('lets no text of an image become markup', async () => {
    const image = buildImage([{ a: 'x' }], {
      names: ['docker.io/library/a:1'],
      history: [{ created_by: hostile, comment: hostile }],
      architecture: hostile,
    });
    const [opened] = await context.images.open(writeDockerArchive(image, tempDir().file('a.tar')));
    assert.ok(opened !== undefined && isReadable(opened));
    const rows = await context.engine.layerRows(opened.image);
    const page = summaryPage({ ...look, images: [{ image: opened, rows }] });
    assert.doesNotMatch(page, /<script|<img/i);
    assert.doesNotMatch(page, /\u202e/);
    assert.match(page, /&#60;script&#62;/);
  });

  it('loads nothing but its style sheet, and runs nothing', () => {
    const page = summaryPage({ ...look, location: '/tmp/a.tar', images: undefined });
    assert.match(page, /content="default-src &#39;none&#39;; style-src https:\/\/csp\.example"/);
    assert.doesNotMatch(page, / on\w+=| style=|javascript:/i);
  });

  it('says why an archive cannot be shown', () => {
    assert.match(
      summaryPage({ ...look, images: [], failure: 'a <b> reason' }),
      /role="alert">a &#60;b&#62; reason</,
    );
  });
});

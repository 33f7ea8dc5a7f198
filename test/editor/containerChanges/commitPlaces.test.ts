import assert from 'node:assert/strict';
import { storeCommit } from '../../../src/editor/containerChanges/storeCommit.ts';
import { touchesOf, versionedFileOf } from '../../../src/editor/compare/fileTouches.ts';
import type { OpenedContainer } from '../../../src/editor/openedContainers.ts';
import { parseLayerPath, type StoreContainerFiles } from '../../../src/engine/index.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { lessonImage } from '../support/lesson.ts';
import { realContext, type RealContext } from '../support/realContext.ts';

const page = parseLayerPath('/usr/share/nginx/html/index.html');
const form = { name: 'changed', message: 'why', author: 'me', pauses: true, edits: new Map() };

describe('a container of the store, committed and asked', () => {
  let context: RealContext;
  let container: OpenedContainer;
  let files: StoreContainerFiles;
  before(async () => {
    context = realContext();
    const { store, containers } = context.engine;
    const source = await context.engine.open(writeDockerArchive(lessonImage(), tempDir().file('image.tar')));
    const [entry] = await source.list();
    assert.ok(entry !== undefined);
    const { target } = await store.import(source, entry, undefined);
    const { id } = await containers.create({ manifest: target.digest, name: 'web-1' });
    container = await context.containers.byId(id);
    assert.ok(container.place.kind === 'store');
    ({ files } = container.place);
  });
  after(() => context.dispose());

  it('says that there is nothing for a layer', async () => {
    const place = await storeCommit(context, files);
    assert.equal(place.hasChanges, false);
    const { opened, size } = await place.commit({ ...form, name: '' }, ['CMD echo hi'], {});
    assert.deepEqual([opened.image.layers.length, size], [files.image.layers.length, 0]);
  });

  it('shows the writable layer above all that touched a file', async () => {
    await files.writeFile(page, Buffer.from('<p>mine</p>\n'));
    const file = await versionedFileOf(container, page);
    assert.ok(file !== undefined);
    const touches = await touchesOf(context, file, {});
    assert.deepEqual(
      touches.map(({ layer, change, entry }) => [layer, change, entry?.size]),
      [
        [3, 'modified', 12],
        [1, 'modified', 13],
        [0, 'added', 12],
      ],
    );
  });

  it('makes an image with one more layer, its message and its config', async () => {
    const place = await storeCommit(context, files);
    assert.equal(place.hasChanges, true);
    assert.ok(place.takenNames.has('docker.io/library/hello-nginx:latest'));
    const { opened, size } = await place.commit(form, ['USER nobody'], {});
    const { image, entry } = opened;
    assert.deepEqual(entry.names, ['docker.io/library/changed:latest']);
    assert.equal(image.layers.length, files.image.layers.length + 1);
    assert.equal(size, 12);
    assert.deepEqual(
      image.layers.slice(0, -1).map(({ chainId }) => chainId),
      files.image.layers.map(({ chainId }) => chainId),
    );
    const newest = image.config?.history.at(-1);
    assert.deepEqual(
      [newest?.comment, newest?.author, image.config?.runtime['User']],
      ['why', 'me', 'nobody'],
    );
  });
});

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import { StoredBuildahImages } from '../../../../src/engine/builders/localBuildah/storedImages.ts';
import { tempDir } from '../../../support/tempDir.ts';

const config = {
  created: '2026-11-30T08:58:04.5Z',
  config: { Env: ['A=1'] },
  rootfs: { type: 'layers', diff_ids: [sha256('layer')] },
  history: [
    { created: '2026-11-30T08:58:04.5Z', created_by: '/bin/sh -c #(nop) ENV A=1', empty_layer: true },
  ],
};
const [one, other] = [sha256('one').slice(7), sha256('other').slice(7)];

describe("the images of buildah's store", () => {
  it('are read where the storage records them', async () => {
    const folder = tempDir().path;
    keep(folder, one, config);
    keep(folder, other, { ...config, history: [] }, 'application/vnd.docker.distribution.manifest.v2+json');
    list(folder, [{ id: one, names: ['docker.io/library/a', 'localhost/b:1'] }, { id: other }]);
    const [first, second] = await new StoredBuildahImages([folder]).read();
    assert.deepEqual(
      [first?.id, first?.names, first?.form, first?.created],
      [
        `sha256:${one}`,
        ['docker.io/library/a:latest', 'localhost/b:1'],
        'oci',
        Date.UTC(2026, 10, 30, 8, 58, 4, 500),
      ],
    );
    assert.deepEqual([first?.diffIds, first?.config.env], [[sha256('layer')], ['A=1']]);
    assert.deepEqual(
      first?.history.map(({ createdBy, isEmpty }) => [createdBy, isEmpty]),
      [['/bin/sh -c #(nop) ENV A=1', true]],
    );
    assert.deepEqual([second?.names, second?.form], [[], 'docker']);
  });

  it('are all those of several stores, each once, and none of a store that is not there', async () => {
    const [own, shared] = [tempDir().path, tempDir().path];
    keep(own, one, config);
    list(own, [{ id: one, names: ['localhost/own:1'] }]);
    for (const id of [one, other]) keep(shared, id, config);
    list(shared, [{ id: one, names: ['localhost/shared:1'] }, { id: other }]);
    const images = await new StoredBuildahImages([own, path.join(own, 'nothing'), shared]).read();
    assert.deepEqual(
      images.map(({ id, names }) => [id, names]),
      [
        [`sha256:${one}`, ['localhost/own:1']],
        [`sha256:${other}`, []],
      ],
    );
  });

  it('have new names when they got some, and are gone when they were removed', async () => {
    const folder = tempDir().path;
    for (const id of [one, other]) keep(folder, id, config);
    list(folder, [{ id: one }, { id: other }]);
    const images = new StoredBuildahImages([folder]);
    assert.equal((await images.read()).length, 2);
    rmSync(path.join(folder, other), { recursive: true });
    list(folder, [{ id: one, names: ['localhost/a:2'] }]);
    assert.deepEqual(
      (await images.read()).map(({ names }) => names),
      [['localhost/a:2']],
    );
  });

  it('are passed over where they are being written, or are lists of images', async () => {
    const folder = tempDir().path;
    mkdirSync(path.join(folder, one));
    keep(folder, other, config);
    writeFileSync(path.join(folder, other, 'manifest'), JSON.stringify({ manifests: [] }));
    list(folder, [{ id: one }, { id: other }, { id: '../escape' }, 'nothing']);
    assert.deepEqual(await new StoredBuildahImages([folder]).read(), []);
  });

  it('are no images when their list is damaged or may not be read', async function () {
    const folder = tempDir().path;
    writeFileSync(path.join(folder, 'images.json'), '[');
    const images = new StoredBuildahImages([folder]);
    await assert.rejects(images.read(), (error) => isEngineError(error, 'damaged'));
    if (process.getuid?.() === 0) return;
    chmodSync(path.join(folder, 'images.json'), 0);
    await assert.rejects(images.read(), (error) => isEngineError(error, 'denied'));
  });
});

function list(folder: string, rows: readonly unknown[]): void {
  writeFileSync(path.join(folder, 'images.json'), JSON.stringify(rows));
}

function keep(folder: string, id: string, document: unknown, mediaType?: string): void {
  const digest = `sha256:${id}`;
  mkdirSync(path.join(folder, id), { recursive: true });
  writeFileSync(path.join(folder, id, 'manifest'), JSON.stringify({ mediaType, config: { digest } }));
  const name = `=${Buffer.from(digest).toString('base64')}`;
  writeFileSync(path.join(folder, id, name), JSON.stringify(document));
}

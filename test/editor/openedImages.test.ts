import assert from 'node:assert/strict';
import { isReadable, storeLocation } from '../../src/editor/openedImages.ts';
import { isEngineError } from '../../src/engine/index.ts';
import { buildImage } from '../support/buildImage.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeDockerArchive } from '../support/writeDockerArchive.ts';
import { MemoryOnly, type RealContext, realContext } from './support/realContext.ts';

describe('opened images', () => {
  const contexts: RealContext[] = [];
  function window(memory: MemoryOnly): RealContext {
    const context = realContext(memory);
    contexts.push(context);
    return context;
  }
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.dispose();
  });

  it('remembers archives and the images of URIs over a restart', async () => {
    const memory = new MemoryOnly();
    const file = writeDockerArchive(
      buildImage([{ a: '1' }], { names: ['docker.io/library/a:1'] }),
      tempDir().file('a.tar'),
    );
    const [opened] = await window(memory).images.open(file);
    assert.ok(opened !== undefined && isReadable(opened));
    const later = window(memory).images;
    assert.deepEqual(later.locations, [file]);
    assert.deepEqual((await later.byId(opened.image.id)).image.names, ['docker.io/library/a:1']);
  });

  it('does not know an image that nobody opened', async () => {
    await assert.rejects(window(new MemoryOnly()).images.byId('0'.repeat(32)), (error) =>
      isEngineError(error, 'not-found'),
    );
  });

  it('opens an archive once for all who ask', async () => {
    const { images } = window(new MemoryOnly());
    const file = writeDockerArchive(buildImage([{ a: '1' }]), tempDir().file('a.tar'));
    const sources = await Promise.all([images.source(file), images.source(file)]);
    assert.equal(sources[0], sources[1]);
  });

  it('reads an archive that changed anew when it is opened again', async () => {
    const { images } = window(new MemoryOnly());
    const file = tempDir().file('a.tar');
    writeDockerArchive(buildImage([{ a: '1' }], { names: ['docker.io/library/a:1'] }), file);
    await images.open(file);
    writeDockerArchive(buildImage([{ a: '1', b: '2' }], { names: ['docker.io/library/changed:1'] }), file);
    const [again] = await images.open(file);
    assert.ok(again !== undefined && isReadable(again));
    assert.deepEqual(again.image.names, ['docker.io/library/changed:1']);
  });

  it('forgets an archive that is closed', async () => {
    const { images } = window(new MemoryOnly());
    const file = writeDockerArchive(buildImage([{ a: '1' }]), tempDir().file('a.tar'));
    await images.open(file);
    await images.close(file);
    assert.deepEqual(images.locations, []);
    assert.deepEqual(await images.all(), []);
  });

  it('lists what the store holds', async () => {
    const { images, engine } = window(new MemoryOnly());
    const file = writeDockerArchive(
      buildImage([{ a: '1' }], { names: ['docker.io/library/a:1'] }),
      tempDir().file('a.tar'),
    );
    const [opened] = await images.open(file);
    assert.ok(opened !== undefined && isReadable(opened));
    await engine.store.import(opened.source, opened.entry, 'docker.io/library/kept:1');
    await images.reload(storeLocation);
    const stored = (await images.all()).filter(({ source }) => source.kind === 'store');
    assert.deepEqual(
      stored.map(({ image }) => image.names),
      [['docker.io/library/kept:1']],
    );
  });

  it('shows a name that was added since', async () => {
    const { images, engine } = window(new MemoryOnly());
    const image = buildImage([{ a: '1' }], { names: ['docker.io/library/a:1'] });
    const [opened] = await images.open(writeDockerArchive(image, tempDir().file('a.tar')));
    assert.ok(opened !== undefined && isReadable(opened));
    const { target } = await engine.store.import(opened.source, opened.entry, 'docker.io/library/a:1');
    await images.all();
    await engine.store.tag('docker.io/library/b:2', target.digest);
    await images.reload(storeLocation);
    const stored = (await images.all()).find(({ source }) => source.kind === 'store');
    assert.deepEqual([...(stored?.image.names ?? [])].sort(), [
      'docker.io/library/a:1',
      'docker.io/library/b:2',
    ]);
  });
});

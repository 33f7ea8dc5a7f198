import assert from 'node:assert/strict';
import { createEngine, type Engine, isEngineError, silentLogger } from '../../src/engine/index.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeDockerArchive } from '../support/writeDockerArchive.ts';
import { FakeEngine, fakeId } from './support/fakeEngine.ts';
import { lessonImage } from './support/lesson.ts';
import { eventually } from './support/opened.ts';
import { MemoryOnly, type RealContext, realContext } from './support/realContext.ts';

describe('opened containers', () => {
  const contexts: RealContext[] = [];
  function window(memory = new MemoryOnly(), engines: readonly string[] = []): RealContext {
    const context = realContext(memory, { engines });
    contexts.push(context);
    return context;
  }
  afterEach(async () => {
    for (const context of contexts.splice(0)) await context.dispose();
  });

  describe('of the store', () => {
    let context: RealContext;
    let id: string;
    let heard: (string | undefined)[];
    beforeEach(async () => {
      context = window();
      id = await createIn(context.engine);
      heard = [];
      context.containers.onDidChange((each) => heard.push(each));
    });

    it('are one object for all who ask, with their image as the other features know it', async () => {
      const [one, other] = await Promise.all([context.containers.byId(id), context.containers.byId(id)]);
      assert.equal(one, other);
      const opened = await one.image();
      assert.ok(opened !== undefined);
      assert.equal(opened.image.names[0], 'docker.io/library/hello-nginx:latest');
      assert.equal((await context.images.byId(opened.image.id)).image.id, opened.image.id);
    });

    it('are called as they are now, and are gone when they are removed', async () => {
      const container = await context.containers.byId(id);
      await context.engine.containers.rename(id, 'renamed');
      await eventually('the new name', () => container.name === 'renamed' || undefined);
      await context.engine.containers.remove(id);
      await eventually('the news', () => heard.filter((each) => each === undefined).length > 1 || undefined);
      await assert.rejects(context.containers.byId(id), (error) => isEngineError(error, 'not-found'));
    });

    it('are heard of from another process while somebody looks, and listed anew', async () => {
      const look = context.containers.look();
      await context.containers.byId(id);
      assert.equal((await context.containers.stored()).containers.length, 1);
      const { directory } = context.engine.store;
      await using elsewhere = createEngine({ log: silentLogger, storeDirectory: directory, isAlone: true });
      const { manifest } = (await elsewhere.containers.find(id)).image;
      await elsewhere.containers.create({ manifest });
      await eventually('the list to grow', async () =>
        (await context.containers.stored()).containers.length === 2 ? true : undefined,
      );
      look.dispose();
    });
  });

  it('of an engine that is not connected are not asked for, and the error says what to do', async () => {
    const fake = new FakeEngine();
    const id = fakeId(7);
    fake.containers = [{ id, name: 'web', imageId: `sha256:${fakeId(1)}` }];
    await fake.start();
    try {
      const memory = new MemoryOnly();
      const { engines, containers } = window(memory, [fake.location]);
      const look = engines.look();
      await eventually('the list', () => engines.at(fake.location)?.lists.container(id));
      assert.equal((await containers.byId(id)).name, 'web');
      const engine = await engines.find(fake.location);
      await engines.disconnect(engine);
      look.dispose();

      const later = window(memory, [fake.location]);
      fake.forgetRequests();
      await assert.rejects(later.containers.byId(id), (error) => {
        assert.ok(isEngineError(error, 'refused'));
        assert.match(error.detail, /not connected; connect it/);
        return true;
      });
      assert.deepEqual(fake.requests, []);
    } finally {
      await fake.stop();
    }
  });

  it('of no engine are not found', async () => {
    await assert.rejects(window().containers.byId(fakeId(8)), (error) => isEngineError(error, 'not-found'));
  });
});

async function createIn(engine: Engine): Promise<string> {
  const source = await engine.open(writeDockerArchive(lessonImage(), tempDir().file('image.tar')));
  const [entry] = await source.list();
  assert.ok(entry !== undefined, 'the archive holds an image');
  const { target } = await engine.store.import(source, entry, undefined);
  return (await engine.containers.create({ manifest: target.digest })).id;
}

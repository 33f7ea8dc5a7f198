import assert from 'node:assert/strict';
import type * as vscode from 'vscode';
import type { ContainersOptions } from '../../src/editor/containers/containersOptions.ts';
import type { ContainersTree } from '../../src/editor/containers/containersTree.ts';
import { lostText, lostWord } from '../../src/editor/engineText.ts';
import { ImagesTree } from '../../src/editor/explorer/imagesTree.ts';
import { LayerReading } from '../../src/editor/explorer/layerReading.ts';
import { pageSize } from '../../src/editor/paging.ts';
import { ViewOptions } from '../../src/editor/explorer/viewOptions.ts';
import type { KnownEngine } from '../../src/editor/knownEngine.ts';
import { EngineError } from '../../src/engine/index.ts';
import { startFlakyProxy } from '../machine/flakyProxy.mjs';
import { tempDir } from '../support/tempDir.ts';
import { containersTreeOf } from './support/containersTree.ts';
import { FakeEngine, fakeId } from './support/fakeEngine.ts';
import { eventually } from './support/opened.ts';
import { lineOf } from './support/outline.ts';
import { MemoryOnly, type RealContext, realContext } from './support/realContext.ts';

describe('container engines in the views', () => {
  let fake: FakeEngine;
  let context: RealContext;
  let images: ImagesTree;
  let containers: ContainersTree;
  let options: ViewOptions;
  let containersOptions: ContainersOptions;
  /** What the trees were asked to draw again, by ID. */
  let drawn: (string | undefined)[];
  const memory = { value: new MemoryOnly() };

  beforeEach(async () => {
    fake = new FakeEngine();
    memory.value = new MemoryOnly();
    fake.images = [
      { id: `sha256:${fakeId(1)}`, tags: ['nginx:1.27', 'nginx:latest'], size: 5000, created: 1_700_000_300 },
      { id: `sha256:${fakeId(2)}`, tags: ['app:2'], size: 9000, created: 1_700_000_100 },
      { id: `sha256:${fakeId(3)}`, tags: [], size: 100, created: 1_700_000_200 },
    ];
    fake.containers = [
      { id: fakeId(101), name: 'web', imageId: `sha256:${fakeId(1)}` },
      {
        id: fakeId(102),
        name: 'old',
        imageId: `sha256:${fakeId(1)}`,
        state: 'exited',
        status: 'Exited (0) 2 hours ago',
        labels: { 'com.docker.compose.project': 'shop' },
      },
    ];
    await fake.start();
    open([fake.location]);
  });
  afterEach(async () => {
    await context.dispose();
    await fake.stop();
  });

  /** The views as they are with engines at these addresses and nowhere else. */
  function open(locations: readonly string[]): void {
    context = realContext(memory.value, { engines: locations });
    const reading = new LayerReading(() => context.engine);
    options = new ViewOptions(context.memory);
    context.subscriptions.push(reading, options);
    images = new ImagesTree(context, reading, options);
    ({ tree: containers, options: containersOptions } = containersTreeOf(context));
    drawn = [];
    images.onDidChangeTreeData((node) => drawn.push(node?.id));
    containers.onDidChangeTreeData((node) => drawn.push(node?.id));
  }

  async function look(): Promise<{ readonly engine: KnownEngine; readonly looking: { dispose(): void } }> {
    const looking = context.engines.look();
    const engine = await context.engines.find(fake.location);
    await eventually('the lists', () => engine.lists.isKnown || undefined);
    await childrenOf(images);
    await childrenOf(containers);
    drawn.length = 0;
    return { engine, looking };
  }

  /** Below the engine, which comes last, after Lamina's own. */
  async function childrenOf<T>(tree: vscode.TreeDataProvider<T>): Promise<readonly string[]> {
    const top = (await tree.getChildren())?.at(-1);
    assert.ok(top !== undefined, 'the engine is listed');
    return linesOf(tree, top);
  }

  async function linesOf<T>(tree: vscode.TreeDataProvider<T>, node?: T): Promise<readonly string[]> {
    const lines: string[] = [];
    for (const child of (await tree.getChildren(node)) ?? [])
      lines.push(lineOf(await tree.getTreeItem(child)));
    return lines;
  }

  const settled = (ms = 400): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  it('asks nothing while no view is visible', async () => {
    await context.engines.discover();
    await settled();
    assert.deepEqual(fake.requests, []);
  });

  it('lists images with all there is to say of them', async () => {
    await look();
    const lines = await childrenOf(images);
    assert.equal(lines.length, 3);
    assert.match(lines[0] ?? '', /^app:2 {2}9 kB · \d+ years ago$/);
    assert.match(lines[1] ?? '', /^nginx:1\.27 {2}5 kB · .* · in use by 2 containers · also nginx:latest$/);
    assert.match(lines[2] ?? '', /^000000000000 {2}untagged · 100 B · /);
  });

  it('says of its engine what it is', async () => {
    await look();
    assert.match((await linesOf(images))[0] ?? '', /^Docker {2}99\.0 · .*engine\.sock$/);
  });

  it('lists containers, those of a project together', async () => {
    await look();
    const top = (await containers.getChildren()).at(-1);
    const [project, single] = await containers.getChildren(top);
    assert.equal(lineOf(containers.getTreeItem(project!)), 'shop  0 of 1 running');
    assert.match(lineOf(containers.getTreeItem(single!)), /^web {2}.* · Up 3 minutes$/);
    const [old] = await containers.getChildren(project);
    const item = containers.getTreeItem(old!);
    assert.match(lineOf(item), /^old {2}.* · Exited \(0\) 2 hours ago$/);
    assert.match(item.accessibilityInformation?.label ?? '', /stopped/);
    assert.match(item.contextValue ?? '', /^container engineContainer exited still$/);
  });

  it('stops asking when no view is visible any more', async () => {
    const { looking } = await look();
    looking.dispose();
    await settled(200);
    fake.forgetRequests();
    fake.emit('container', 'start', fakeId(101));
    await settled();
    assert.deepEqual(fake.requests, []);
  });

  it('asks about one container after its event, and draws that one again', async () => {
    await look();
    fake.forgetRequests();
    fake.containers = [
      { ...fake.containers[0]!, state: 'exited', status: 'Exited (137) now' },
      fake.containers[1]!,
    ];
    fake.emit('container', 'die', fakeId(101));
    fake.emit('container', 'stop', fakeId(101));
    await eventually('a drawing', () => (drawn.length > 0 ? true : undefined));
    await settled();
    assert.deepEqual(fake.requests, ['GET /containers/json']);
    assert.deepEqual(drawn, [`${fake.location}#${fakeId(101)}`]);
  });

  it('asks about one image after its event, and draws its list once', async () => {
    await look();
    fake.forgetRequests();
    const id = `sha256:${fakeId(2)}`;
    fake.images = fake.images.map((each) => (each.id === id ? { ...each, tags: ['app:2', 'app:3'] } : each));
    fake.emit('image', 'tag', id);
    await eventually('a drawing', () => (drawn.length > 0 ? true : undefined));
    await settled();
    assert.deepEqual(fake.requests, [`GET /images/${id}/json`]);
    assert.deepEqual(drawn, [fake.location]);
    assert.match((await childrenOf(images))[0] ?? '', /^app:2 .* also app:3$/);
  });

  it('takes a name from the image that had it', async () => {
    await look();
    const fresh = `sha256:${fakeId(9)}`;
    fake.images = [
      ...fake.images.map((each) => ({ ...each, tags: each.tags.filter((tag) => tag !== 'app:2') })),
      { id: fresh, tags: ['app:2'], size: 7000 },
    ];
    fake.emit('image', 'pull', 'app:2');
    await eventually('the new image', async () =>
      (await childrenOf(images)).length === 4 ? true : undefined,
    );
    await settled();
    const lines = await childrenOf(images);
    assert.match(lines[0] ?? '', /^app:2 {2}7 kB/);
    assert.equal(lines.filter((line) => line.includes('untagged')).length, 2);
  });

  it('asks for the lists after an event that names nothing', async () => {
    await look();
    fake.forgetRequests();
    fake.images = [...fake.images, { id: `sha256:${fakeId(8)}`, tags: ['loaded:1'] }];
    fake.emit('image', 'loadfromarchive', '');
    await eventually('the new image', async () =>
      (await childrenOf(images)).some((each) => each.startsWith('loaded:1')) ? true : undefined,
    );
    assert.ok(fake.requests.includes('GET /images/json'));
  });

  it('draws only the image whose use changed beside the list of containers', async () => {
    await look();
    fake.containers = fake.containers.slice(0, 1);
    fake.emit('container', 'destroy', fakeId(102));
    await eventually('a drawing', () => (drawn.length > 1 ? true : undefined));
    await settled();
    assert.deepEqual(drawn.sort(), [fake.location, `${fake.location}#sha256:${fakeId(1)}`]);
    assert.match((await childrenOf(images))[1] ?? '', /in use by 1 container/);
  });

  it('says at once that an engine stopped, and comes back by itself', async () => {
    const { engine } = await look();
    await fake.stop();
    await eventually('the loss', () => (engine.standing.kind === 'lost' ? true : undefined));
    assert.match((await linesOf(images))[0] ?? '', /not running/);
    assert.match((await childrenOf(images))[0] ?? '', /^Nothing listens at .*engine\.sock\./);
    assert.match((await childrenOf(containers))[0] ?? '', /^Nothing listens at/);
    await fake.start();
    await eventually('the return', () => (engine.lists.isKnown ? true : undefined));
    assert.equal((await childrenOf(images)).length, 3);
  });

  it('says what is too old', async () => {
    await context.dispose();
    fake.apiVersion = '1.24';
    open([fake.location]);
    const looking = context.engines.look();
    const engine = await context.engines.find(fake.location);
    await eventually('the refusal', () => (engine.standing.kind === 'lost' ? true : undefined));
    const [note] = await childrenOf(images);
    assert.match(note ?? '', /its API is 1\.24/);
    looking.dispose();
  });

  it('says what to do when permission is denied', () => {
    // Root may open any socket, so that the words alone are looked at.
    const error = new EngineError('denied', 'unix:///var/run/docker.sock', 'permission denied (EACCES)');
    assert.equal(lostWord(error), 'permission denied');
    assert.match(lostText(error), /^Permission denied at \/var\/run\/docker\.sock\. .*group “docker”/);
  });

  it('says of an engine that is there and silent that it does not answer', () => {
    const error = new EngineError('unreachable', 'unix:///run/docker.sock', 'it has said nothing for 15 s');
    assert.equal(lostWord(error), 'does not answer');
    assert.match(
      lostText(error),
      /^What listens at \/run\/docker\.sock does not answer: it has said nothing/,
    );
  });

  it('shows what an engine answers in garbage as a failure of that engine', async () => {
    await context.dispose();
    fake.garbage = '[{"Id": ';
    open([fake.location]);
    const looking = context.engines.look();
    const engine = await context.engines.find(fake.location);
    await eventually('the failure', () => (engine.standing.kind === 'lost' ? true : undefined));
    fake.garbage = undefined;
    await engine.refresh();
    await eventually('the lists', () => (engine.lists.isKnown ? true : undefined));
    looking.dispose();
  });

  it('says that a slow engine is waited for', async () => {
    await context.dispose();
    fake.delayMs = 700;
    open([fake.location]);
    const looking = context.engines.look();
    const engine = await context.engines.find(fake.location);
    await eventually('the connection', () => (engine.standing.kind === 'connected' ? true : undefined));
    assert.deepEqual(await childrenOf(images), ['Waiting for the engine…']);
    await eventually('the lists', () => (engine.lists.isKnown ? true : undefined));
    assert.equal((await childrenOf(images)).length, 3);
    looking.dispose();
  });

  it('connects nothing remote before a person chooses to, and remembers the choice', async () => {
    await context.dispose();
    open(['ssh://nobody@build.example']);
    const looking = context.engines.look();
    const engine = await context.engines.find('ssh://nobody@build.example');
    assert.match((await linesOf(images))[0] ?? '', /^ssh:\/\/nobody@build\.example {2}not connected$/);
    assert.equal(engine.standing.kind, 'apart');
    // Menus tell by these words what a line is: one that is read in a registry is `remote`.
    const [line] = await images.getChildren();
    assert.equal(line && images.getTreeItem(line).contextValue, 'daemon apart');
    looking.dispose();
    // No view is visible, so that connecting is only remembered.
    await context.engines.connect(engine);
    await context.dispose();
    open(['ssh://nobody@build.example']);
    assert.equal((await context.engines.find('ssh://nobody@build.example')).standing.kind, 'idle');
  });

  it('connects a remote engine once a person chose to, and lists it from then on', async () => {
    const proxy = await startFlakyProxy({ path: fake.location.slice('unix://'.length) });
    try {
      await context.dispose();
      const location = `tcp://${proxy.host}`;
      open([location]);
      context.subscriptions.push(context.engines.look());
      const engine = await context.engines.find(location);
      await settled();
      assert.equal(proxy.traffic.connections, 0, 'nothing was sent before the choice');
      await context.engines.connect(engine);
      await eventually('the lists', () => engine.lists.isKnown || undefined);
      assert.match((await childrenOf(images))[0] ?? '', /^app:2 /);
      await context.dispose();
      open([location]);
      context.subscriptions.push(context.engines.look());
      const again = await context.engines.find(location);
      await eventually('the lists after a restart', () => again.lists.isKnown || undefined);
    } finally {
      await context.dispose();
      await proxy.stop();
    }
  });

  it('shows what came late once a connection that hung goes on', async () => {
    const socket = tempDir().file('engine.sock');
    const proxy = await startFlakyProxy({ path: fake.location.slice('unix://'.length) }, { socket });
    try {
      await context.dispose();
      open([`unix://${socket}`]);
      proxy.setFault({ stalled: true });
      context.subscriptions.push(context.engines.look());
      const engine = await context.engines.find(`unix://${socket}`);
      await settled();
      assert.equal(engine.lists.isKnown, false);
      proxy.setFault();
      await eventually('the lists', () => engine.lists.isKnown || undefined);
      assert.match((await childrenOf(images))[0] ?? '', /^app:2 /);
    } finally {
      await context.dispose();
      await proxy.stop();
    }
  });

  it('leaves a local engine alone that a person disconnected', async () => {
    const { engine } = await look();
    await context.engines.disconnect(engine);
    await settled(200);
    fake.forgetRequests();
    assert.match((await linesOf(images))[0] ?? '', /not connected/);
    await context.engines.refresh();
    await settled();
    assert.deepEqual(fake.requests, []);
    await context.engines.connect(engine);
    await eventually('the lists', () => (engine.lists.isKnown ? true : undefined));
  });

  it('filters, sorts, groups and hides, and remembers it', async () => {
    await look();
    await options.change({ filter: 'NGI' });
    assert.deepEqual((await childrenOf(images)).map(firstWord), ['nginx:1.27']);
    await options.change({ filter: 'nothing like it' });
    assert.deepEqual(await childrenOf(images), ['The filter leaves no image.']);
    await options.change({ filter: '', sortBy: 'size' });
    assert.deepEqual((await childrenOf(images)).map(firstWord), ['app:2', 'nginx:1.27', '000000000000']);
    await options.change({ sortBy: 'age', showsUntagged: false });
    assert.deepEqual((await childrenOf(images)).map(firstWord), ['nginx:1.27', 'app:2']);
    await options.change({ groupBy: 'repository', showsUntagged: true });
    assert.deepEqual((await childrenOf(images)).map(firstWord), ['nginx', 'Untagged', 'app']);
    await options.change({ groupBy: 'use' });
    assert.deepEqual(await childrenOf(images), ['In use  1 image · 5 kB', 'Not in use  2 images · 9.1 kB']);
    assert.deepEqual(new ViewOptions(context.memory).shown, options.shown);
  });

  it('hides stopped containers and filters them', async () => {
    await look();
    await containersOptions.change({ showsStopped: false });
    assert.deepEqual((await childrenOf(containers)).map(firstWord), ['web']);
    await containersOptions.change({ showsStopped: true, groupsProjects: false });
    assert.deepEqual((await childrenOf(containers)).map(firstWord), ['old', 'web']);
    await containersOptions.change({ filter: 'WE' });
    assert.deepEqual((await childrenOf(containers)).map(firstWord), ['web']);
  });

  it('shows hostile names as escapes', async () => {
    fake.images = [{ id: `sha256:${fakeId(4)}`, tags: ['evil\u202e\u001b[31m:1'] }];
    fake.containers = [{ id: fakeId(5), name: 'a\u202eb', imageId: 'x', status: 'Up\n\u0007' }];
    await look();
    for (const line of [...(await childrenOf(images)), ...(await childrenOf(containers))])
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
  });

  it('draws 1 000 images and 500 containers, and one node for one event', async () => {
    fake.images = Array.from({ length: 1000 }, (_, at) => ({
      id: `sha256:${fakeId(at)}`,
      tags: [`app/part-${at % 90}:${at}`],
      size: at * 1000,
    }));
    fake.containers = Array.from({ length: 500 }, (_, at) => ({
      id: fakeId(5000 + at),
      name: `c-${at}`,
      imageId: `sha256:${fakeId(at)}`,
      ...(at % 2 === 0 && { labels: { 'com.docker.compose.project': `p-${at % 20}` } }),
    }));
    await context.dispose();
    open([fake.location]);
    const looking = context.engines.look();
    const engine = await context.engines.find(fake.location);
    await new Promise<void>((resolve) => {
      engine.onDidChange(() => {
        if (engine.lists.isKnown) resolve();
      });
    });
    const startMs = performance.now();
    const shown = [await childrenOf(images), await childrenOf(containers)];
    const tookMs = performance.now() - startMs;
    assert.equal(shown[0]?.length, pageSize + 1);
    drawn.length = 0;
    fake.forgetRequests();
    fake.containers = fake.containers.map((each) =>
      each.name === 'c-7' ? { ...each, state: 'paused', status: 'Up 3 minutes (Paused)' } : each,
    );
    fake.emit('container', 'pause', fakeId(5007));
    await eventually('a drawing', () => (drawn.length > 0 ? true : undefined));
    await settled();
    assert.deepEqual(drawn, [`${fake.location}#${fakeId(5007)}`]);
    assert.deepEqual(fake.requests, ['GET /containers/json']);
    console.log(`1 000 images and 500 containers: ${tookMs.toFixed(0)} ms from the answer to the trees`);
    looking.dispose();
  });
});

function firstWord(line: string): string {
  return line.split('  ')[0] ?? '';
}

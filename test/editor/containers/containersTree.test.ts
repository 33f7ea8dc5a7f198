import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { ChangeLists } from '../../../src/editor/containers/changeLists.ts';
import type { ContainersOptions } from '../../../src/editor/containers/containersOptions.ts';
import type { ContainersTree } from '../../../src/editor/containers/containersTree.ts';
import { nodeOfContainer, nodeOfFile } from '../../../src/editor/containers/findContainerNode.ts';
import type { ContainersNode } from '../../../src/editor/containerNodes.ts';
import { pageSize } from '../../../src/editor/paging.ts';
import {
  byteName,
  type ContainerConfig,
  parseLayerPath,
  type StoreContainerFiles,
} from '../../../src/engine/index.ts';
import { type BuiltImage, buildImage } from '../../support/buildImage.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { containersTreeOf } from '../support/containersTree.ts';
import { FakeEngine, fakeId } from '../support/fakeEngine.ts';
import { lessonImage } from '../support/lesson.ts';
import { eventually } from '../support/opened.ts';
import { childNamed, outline } from '../support/outline.ts';
import { MemoryOnly, type RealContext, realContext } from '../support/realContext.ts';

const page = parseLayerPath('/usr/share/nginx/html/index.html');

describe('the view Containers', () => {
  let context: RealContext;
  let tree: ContainersTree;
  let lists: ChangeLists;
  let options: ContainersOptions;
  let looking: { dispose(): void };
  /** What the tree was asked to draw again, by ID; undefined for all of it. */
  let drawn: (string | undefined)[];

  beforeEach(() => {
    open();
  });
  afterEach(async () => {
    looking.dispose();
    await context.dispose();
  });

  function open(engines: readonly string[] = []): void {
    context = realContext(new MemoryOnly(), { engines });
    ({ tree, lists, options } = containersTreeOf(context));
    looking = context.containers.look();
    drawn = [];
    tree.onDidChangeTreeData((node) => drawn.push(node?.id));
  }

  async function create(name: string, image: BuiltImage = lessonImage()): Promise<ContainerConfig> {
    const source = await context.engine.open(writeDockerArchive(image, tempDir().file('image.tar')));
    const [entry] = await source.list();
    assert.ok(entry !== undefined);
    const { target, name: imageName } = await context.engine.store.import(source, entry, undefined);
    const of = { manifest: target.digest, name };
    return context.engine.containers.create(imageName === undefined ? of : { ...of, imageName });
  }

  async function filesOf({ id }: ContainerConfig): Promise<StoreContainerFiles> {
    const { place } = await context.containers.byId(id);
    assert.ok(place.kind === 'store');
    return place.files;
  }

  async function nodeNamed(...names: readonly string[]): Promise<ContainersNode> {
    let node: ContainersNode | undefined;
    for (const name of names) node = await childNamed(tree, name, node);
    assert.ok(node !== undefined);
    return node;
  }

  /** Waits until nothing more is drawn; fails where that has no end. */
  async function settled(): Promise<void> {
    for (let attempt = 0; attempt < 25; attempt++) {
      const before = drawn.length;
      await new Promise((resolve) => setTimeout(resolve, 400));
      if (drawn.length === before) return;
    }
    assert.fail('it is drawn again and again');
  }

  it('has nothing where there is nothing, so that VS Code says what the view is for', async () => {
    assert.deepEqual(await tree.getChildren(), []);
  });

  it('lists the containers of the store, and asks nothing of them', async () => {
    const { id } = await create('web');
    await create('api');
    const lines = await outline(tree, 2);
    assert.equal(lines[0], 'Lamina Store');
    assert.match(lines[1] ?? '', /^ {2}web {2}hello-nginx:latest · \d+ seconds? ago$/);
    assert.match(lines[2] ?? '', /^ {2}api {2}hello-nginx:latest · /);
    assert.equal(lists.known(id), undefined);
  });

  it('says of a container that changed nothing that it did not', async () => {
    const { id } = await create('web');
    const container = await nodeNamed('Lamina Store', 'web');
    // A slow machine would draw the line before the answer.
    await lists.of(id);
    assert.deepEqual(await outline(tree, 2, container), [
      'Changes  none',
      '  Nothing was changed yet.',
      'Files  what the container sees',
      '  dev',
      '  etc',
      '  usr',
      '  bin  → usr/bin',
    ]);
  });

  it('shows what changed and why, folders on the way on one line', async () => {
    const files = await filesOf(await create('web'));
    await files.writeFile(page, Buffer.from('<p>edited by hand</p>\n'));
    await files.writeFile(parseLayerPath('/etc/new.conf'), Buffer.from('x=1\n'));
    await files.remove(parseLayerPath('/etc/os-release'));
    await files.change((upper) => {
      upper.chmod(parseLayerPath('/etc/hostname'), 0o600);
      upper.chown(parseLayerPath('/etc/hostname'), 1000, 1000);
    });
    const changes = await nodeNamed('Lamina Store', 'web', 'Changes');
    assert.deepEqual(await outline(tree, 3, changes), [
      'etc',
      '  hostname  mode, owner · 7 B',
      '  new.conf  added · 4 B',
      '  os-release  removed · → /usr/lib/os-release',
      'usr/share/nginx/html',
      '  index.html  content · 13 B → 22 B',
    ]);
    const container = await nodeNamed('Lamina Store', 'web');
    assert.match(
      String(tree.getTreeItem(container).description),
      /^hello-nginx:latest · 4 changes · 33 B · /,
    );
    assert.equal(tree.getTreeItem(changes).description, '4 · 33 B in the writable layer');
  });

  it('names the kinds of its nodes for menus, and opens what can be compared beside the image', async () => {
    const files = await filesOf(await create('web'));
    await files.writeFile(page, Buffer.from('edited\n'));
    await files.remove(parseLayerPath('/etc/hostname'));
    const found = await Promise.all(
      [
        ['Lamina Store'],
        ['Lamina Store', 'web'],
        ['Lamina Store', 'web', 'Changes'],
        ['Lamina Store', 'web', 'Changes', 'usr/share', 'index.html'],
        ['Lamina Store', 'web', 'Changes', 'etc', 'hostname'],
        ['Lamina Store', 'web', 'Files'],
        ['Lamina Store', 'web', 'Files', 'usr'],
        ['Lamina Store', 'web', 'Files', 'bin'],
      ].map(async (names) => tree.getTreeItem(await nodeNamed(...names))),
    );
    assert.deepEqual(
      found.map((item) => [item.contextValue, item.command?.command]),
      [
        ['containerStore', undefined],
        ['storeContainer', undefined],
        ['containerChanges', undefined],
        ['containerChange modified file', 'lamina.compareWithImage'],
        ['containerChange removed file', 'lamina.compareWithImage'],
        ['containerFiles', undefined],
        ['containerFolder', undefined],
        ['containerFile', 'lamina.openContainerFile'],
      ],
    );
  });

  it('draws one container again after a change of its files, and keeps the ids of its nodes', async () => {
    const config = await create('web');
    await create('api');
    const files = await filesOf(config);
    const container = await nodeNamed('Lamina Store', 'web');
    await nodeNamed('Lamina Store', 'api', 'Changes');
    const before = (await tree.getChildren(container)).map(({ id }) => id);
    await settled();
    drawn.length = 0;
    await files.writeFile(page, Buffer.from('a'));
    await files.writeFile(page, Buffer.from('ab'));
    await eventually('a drawing', () => (drawn.length > 0 ? true : undefined));
    await settled();
    assert.deepEqual(drawn, [container.id]);
    assert.deepEqual(
      (await tree.getChildren(container)).map(({ id }) => id),
      before,
    );
    assert.match(String(tree.getTreeItem(container).description), /1 change · 2 B/);
  });

  it('draws the list again when a container is renamed or removed', async () => {
    const { id } = await create('web');
    await tree.getChildren();
    drawn.length = 0;
    await context.engine.containers.rename(id, 'site');
    await eventually('a drawing', () => (drawn.length > 0 ? true : undefined));
    assert.match((await outline(tree, 2))[1] ?? '', /^ {2}site /);
    await context.engine.containers.remove(id);
    await eventually('the container to go', async () =>
      (await tree.getChildren()).length === 0 ? true : undefined,
    );
  });

  it('shows a large folder page by page', async () => {
    const entries = Object.fromEntries(
      Array.from({ length: pageSize + 20 }, (_, at) => [`many/${String(at).padStart(4, '0')}`, 'x']),
    );
    await create('big', buildImage([entries], { names: ['docker.io/library/big:1'] }));
    const folder = await nodeNamed('Lamina Store', 'big', 'Files', 'many');
    const first = await tree.getChildren(folder);
    assert.equal(first.length, pageSize + 1);
    const more = first.at(-1);
    assert.ok(more?.kind === 'moreOfContainers' && more.hidden === 20);
    tree.showMore(more);
    assert.equal((await tree.getChildren(folder)).length, pageSize + 20);
  });

  it('finds the node of a container and of a file in it', async () => {
    const { id } = await create('web');
    assert.equal((await nodeOfContainer(tree.children, id))?.containerId, id);
    const file = await nodeOfFile(tree.children, id, page);
    assert.ok(file?.kind === 'containerFile');
    assert.equal(file.path, page);
    assert.equal(await nodeOfContainer(tree.children, fakeId(1).slice(0, 32)), undefined);
  });

  it('filters containers by name and image', async () => {
    await create('web');
    await create('api');
    await options.change({ filter: 'WEB' });
    assert.deepEqual((await outline(tree, 2)).length, 2);
    await options.change({ filter: 'nothing' });
    assert.match((await outline(tree, 2))[1] ?? '', /hidden by the filter/);
  });

  it('shows hostile names as escapes', async () => {
    const files = await filesOf(await create('web'));
    await files.writeFile(parseLayerPath('/etc/a\u202eb'), Buffer.from(''));
    const lines = await outline(tree, 3, await nodeNamed('Lamina Store', 'web', 'Changes'));
    assert.ok(lines.some((line) => line.includes('added')));
    for (const line of lines) assert.doesNotMatch(line, /\u202e/);
  });

  it('says what failed in place of what could not be read, and asks once', async () => {
    const config = await create('web');
    const container = await nodeNamed('Lamina Store', 'web');
    // News of its being made may come late.
    await settled();
    await context.engine.containers.remove(config.id);
    drawn.length = 0;
    const [changes] = await tree.getChildren(container);
    const [note] = await tree.getChildren(changes);
    assert.ok(note?.kind === 'containersNote' && note.isFailure === true);
    await settled();
    // For what failed, and for late news of its being made and removed.
    assert.ok(drawn.filter((id) => id === container.id).length <= 3);
  });

  describe('with an engine', () => {
    let fake: FakeEngine;
    beforeEach(async () => {
      looking.dispose();
      await context.dispose();
      fake = new FakeEngine();
      fake.images = [{ id: `sha256:${fakeId(1)}`, tags: ['nginx:1.27'] }];
      fake.containers = [{ id: fakeId(101), name: 'web', imageId: `sha256:${fakeId(1)}` }];
      await fake.start();
      open([fake.location]);
      context.subscriptions.push(context.engines.look());
      const engine = await context.engines.find(fake.location);
      await eventually('the lists', () => engine.lists.isKnown || undefined);
    });
    afterEach(() => fake.stop());

    it('offers to create a container while the store has none', async () => {
      const [store, engine] = await tree.getChildren();
      assert.equal(engine?.kind, 'containerEngine');
      const [note] = await tree.getChildren(store);
      assert.ok(note !== undefined);
      const item = tree.getTreeItem(note);
      assert.equal(item.label, 'No containers yet. Create one from an image.');
      assert.equal(item.command?.command, 'lamina.createContainer');
    });

    it('asks nothing of an engine to draw its containers', async () => {
      const engine = (await tree.getChildren()).at(-1);
      fake.forgetRequests();
      const [web] = await tree.getChildren(engine);
      assert.ok(web !== undefined);
      const item = tree.getTreeItem(web);
      assert.equal(item.collapsibleState, vscode.TreeItemCollapsibleState.Collapsed);
      assert.equal(item.contextValue, 'container engineContainer running alive');
      assert.deepEqual(fake.requests, []);
    });

    it('says in place what the engine refuses', async () => {
      const engine = (await tree.getChildren()).at(-1);
      const [web] = await tree.getChildren(engine);
      const [changes, files] = await tree.getChildren(web);
      for (const node of [changes, files]) {
        const [note] = await tree.getChildren(node);
        assert.ok(note?.kind === 'containersNote' && note.isFailure === true, node?.kind);
      }
      await settled();
      assert.ok(changes !== undefined);
      assert.equal(tree.getTreeItem(changes).description, 'cannot be read');
    });
  });

  it('takes names of any bytes', async () => {
    const name = byteName('\xff\xfe');
    await create('odd', buildImage([{ 'etc/plain': 'x' }], { names: ['docker.io/library/odd:1'] }));
    const files = await nodeNamed('Lamina Store', 'odd', 'Files');
    assert.ok(files.kind === 'containerFiles');
    const opened = await context.containers.byId(files.containerId);
    await opened.files.writeFile(parseLayerPath('/etc/\uf7ff\uf7fe'), Buffer.from('odd'));
    const etc = await nodeNamed('Lamina Store', 'odd', 'Files', 'etc');
    const [odd] = (await tree.getChildren(etc)).filter(
      (node) => node.kind === 'containerFile' && node.file.name === name,
    );
    assert.ok(odd !== undefined);
  });
});

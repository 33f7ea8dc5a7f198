import assert from 'node:assert/strict';
import { renameSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';
import type * as vscode from 'vscode';
import { nodeOfPath } from '../../../src/editor/explorer/findNode.ts';
import { ImagesTree } from '../../../src/editor/explorer/imagesTree.ts';
import { LayerReading } from '../../../src/editor/explorer/layerReading.ts';
import { ViewOptions } from '../../../src/editor/explorer/viewOptions.ts';
import { pageSize } from '../../../src/editor/paging.ts';
import type { ImageNode, Node } from '../../../src/editor/nodes.ts';
import { buildImage } from '../../support/buildImage.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { writeOciArchive } from '../../support/writeOciLayout.ts';
import { lessonImage } from '../support/lesson.ts';
import { eventually } from '../support/opened.ts';
import { childNamed, lineOf, outline } from '../support/outline.ts';
import { type RealContext, realContext } from '../support/realContext.ts';

describe('the view Images', () => {
  let context: RealContext;
  let reading: LayerReading;
  let tree: ImagesTree;
  beforeEach(() => {
    context = realContext();
    reading = new LayerReading(() => context.engine);
    context.subscriptions.push(reading);
    const options = new ViewOptions(context.memory);
    context.subscriptions.push(options);
    tree = new ImagesTree(context, reading, options);
  });
  afterEach(() => context.dispose());

  async function openLesson(): Promise<ImageNode> {
    const file = writeDockerArchive(lessonImage(), tempDir().file('lesson.tar'));
    await context.images.open(file);
    const image = await childNamed(tree, 'hello-nginx', await childNamed(tree, 'lesson.tar'));
    assert.equal(image.kind, 'image');
    return image;
  }

  async function read(image: ImageNode): Promise<void> {
    await tree.getChildren(image);
    await eventually('the layers', () => reading.sizeOf(image.opened.image));
  }

  it('is empty at first, so that the welcome shows', async () => {
    assert.deepEqual(await tree.getChildren(), []);
  });

  it('lists layers, lowest first, with the steps between them', async () => {
    const image = await openLesson();
    await read(image);
    assert.deepEqual(await outline(tree, 1, image), [
      'Files  what a container sees',
      '0  ADD  78 B · file:0123 in /',
      '2 steps without a layer  ENV, LABEL',
      '1  COPY  13 B · index.html /usr/share/nginx/html/index.html',
      '2  COPY  10 B · nginx.conf /etc/nginx/nginx.conf',
      'CMD  ["nginx"]',
    ]);
    assert.match(lineOf(tree.getTreeItem(image)), /^hello-nginx:latest {2}101 B · 3 layers · linux\/amd64/);
  });

  it('leaves the steps out when they are not wanted', async () => {
    const image = await openLesson();
    await context.settings.setShowsEmptySteps(false);
    try {
      const lines = await outline(tree, 1, image);
      assert.deepEqual(
        lines.map((line) => line.split(' ', 1)[0]),
        ['Files', '0', '1', '2'],
      );
    } finally {
      await context.settings.setShowsEmptySteps(true);
    }
  });

  it('shows what a layer changes, removals too', async () => {
    const image = await openLesson();
    const layer = await childNamed(tree, '1', image);
    assert.deepEqual(await outline(tree, 9, layer), [
      'etc',
      '  motd  removed · 6 B',
      'usr  13 B',
      '  share  13 B',
      '    nginx  13 B',
      '      html  13 B',
      '        index.html  13 B',
    ]);
  });

  it('shows the union, directories first', async () => {
    const image = await openLesson();
    const files = await childNamed(tree, 'Files', image);
    const etc = await childNamed(tree, 'etc', files);
    assert.deepEqual(await outline(tree, 1, etc), [
      'nginx',
      'dangling  → nowhere',
      'hostname  7 B',
      'loop  → loop',
      'os-release  → /usr/lib/os-release',
    ]);
  });

  it('says everything about a file in its tooltip', async () => {
    const image = await openLesson();
    const etc = await childNamed(tree, 'etc', await childNamed(tree, 'Files', image));
    const file = await childNamed(tree, 'hostname', etc);
    const item = tree.resolveTreeItem(tree.getTreeItem(file), file);
    const text = (item.tooltip as vscode.MarkdownString).value.replaceAll('\\', '');
    for (const fact of [
      '/etc/hostname',
      'Layer:&nbsp; 0',
      '-rw-r----- (0640)',
      '7:8',
      '2023-11-14 22:13:20 UTC',
    ])
      assert.ok(text.includes(fact), `${fact} in ${text}`);
  });

  it('names every line for screen readers', async () => {
    const image = await openLesson();
    await read(image);
    const layer = await childNamed(tree, '1', image);
    const spoken = tree.getTreeItem(layer).accessibilityInformation?.label;
    assert.equal(spoken, '1  COPY, layer 1, 13 B · index.html /usr/share/nginx/html/index.html');
    const motd = await childNamed(tree, 'motd', await childNamed(tree, 'etc', layer));
    assert.match(tree.getTreeItem(motd).accessibilityInformation?.label ?? '', /removed/);
  });

  it('keeps ids over a refresh, and free of state', async () => {
    const image = await openLesson();
    const before = (await tree.getChildren(image)).map(({ id }) => id);
    await read(image);
    tree.refresh();
    const again = await childNamed(tree, 'hello-nginx', await childNamed(tree, 'lesson.tar'));
    assert.deepEqual(
      (await tree.getChildren(again)).map(({ id }) => id),
      before,
    );
    assert.equal(new Set(before).size, before.length);
  });

  it('pages long directories', async () => {
    const names = Array.from(
      { length: pageSize + 20 },
      (_, at) => [`d/f${String(at).padStart(4, '0')}`, ''] as const,
    );
    const file = writeDockerArchive(buildImage([Object.fromEntries(names)]), tempDir().file('long.tar'));
    await context.images.open(file);
    const [image] = await tree.getChildren(await childNamed(tree, 'long.tar'));
    const directory = await childNamed(tree, 'd', await childNamed(tree, 'Files', image));
    const first = await tree.getChildren(directory);
    assert.equal(first.length, pageSize + 1);
    const more = first.at(-1);
    assert.ok(more?.kind === 'more' && more.hidden === 20);
    tree.showMore(more);
    assert.equal((await tree.getChildren(directory)).length, pageSize + 20);
  });

  it('finds the way to a path, beyond a page too', async () => {
    const image = await openLesson();
    const { parseLayerPath } = await import('../../../src/engine/index.ts');
    const page = parseLayerPath('/usr/share/nginx/html/index.html');
    const found = await nodeOfPath(tree.nodes, image.opened, page);
    assert.deepEqual(idsUp(found).length, 8);
    const change = await nodeOfPath(tree.nodes, image.opened, page, 1);
    assert.equal(change?.kind, 'change');
    assert.equal(await nodeOfPath(tree.nodes, image.opened, parseLayerPath('/absent')), undefined);
  });

  it('offers the platforms of an index, and sets attestations aside', async () => {
    const platforms = ['amd64', 'arm64'].map((architecture) =>
      buildImage([{ a: architecture }], { architecture }),
    );
    const file = writeOciArchive(
      { names: ['docker.io/library/two:1'], platforms, attestation: 'artifact' },
      tempDir().file('two.tar'),
    );
    await context.images.open(file);
    const lines = await outline(tree, 2, await childNamed(tree, 'two.tar'));
    assert.match(lines[0] ?? '', /^two:1 {2}2 platforms · 2 attestations/);
    assert.match(lines[1] ?? '', /^ {2}linux\/amd64 {2}1 layer/);
    assert.match(lines[2] ?? '', /^ {2}linux\/arm64 {2}1 layer/);
    assert.equal(lines.length, 3);
  });

  it('opens an image although one of its layers is damaged', async () => {
    const image = lessonImage();
    const file = writeDockerArchive(image, tempDir().file('damaged.tar'), {
      change: (entries) =>
        entries.map((entry) =>
          entry.content?.length === image.layers[1]?.tar.length
            ? {
                ...entry,
                content: Buffer.concat([image.layers[1]!.tar.subarray(0, 700), Buffer.alloc(324, 1)]),
              }
            : entry,
        ),
    });
    await context.images.open(file);
    const [node] = await tree.getChildren(await childNamed(tree, 'damaged.tar'));
    assert.equal(node?.kind, 'image');
    const layer = await childNamed(tree, '1', node);
    const [problems] = await tree.getChildren(layer);
    assert.equal(problems?.kind, 'problems');
    assert.deepEqual((await outline(tree, 1, await childNamed(tree, '0', node))).length > 3, true);
  });

  it('shows hostile names as escapes', async () => {
    const image = buildImage([{ 'd/a\u202egnp\x1b[31m': 'x' }], {
      names: ['docker.io/library/evil:1'],
      history: [{ created_by: 'RUN \u202e\n\x07 true' }],
    });
    await context.images.open(writeDockerArchive(image, tempDir().file('evil.tar')));
    const [node] = await tree.getChildren(await childNamed(tree, 'evil.tar'));
    const lines = await outline(tree, 3, node);
    assert.ok(lines.includes('    a\\u202egnp\\x1b[31m  1 B'), lines.join('\n'));
    for (const line of lines) assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
  });

  it('says what is no image', async () => {
    const file = tempDir().file('text.tar');
    await (await import('node:fs/promises')).writeFile(file, 'not a tar');
    await assert.rejects(context.images.open(file), /text\.tar/);
    assert.deepEqual(context.images.locations, []);
  });

  it('says when an archive changed or vanished', async () => {
    const file = writeDockerArchive(lessonImage(), tempDir().file('lesson.tar'));
    await context.images.open(file);
    utimesSync(file, 1, 1);
    assert.deepEqual(await outline(tree, 1), ['lesson.tar  changed on disk']);
    await context.images.reload(file);
    assert.deepEqual(await outline(tree, 1), [`lesson.tar  ${path.basename(path.dirname(file))}`]);
    renameSync(file, `${file}.away`);
    assert.deepEqual(await outline(tree, 1), ['lesson.tar  not found']);
    rmSync(`${file}.away`);
  });
});

function idsUp(node: Node | undefined): readonly string[] {
  return node === undefined ? [] : [...idsUp(node.parent), node.id];
}

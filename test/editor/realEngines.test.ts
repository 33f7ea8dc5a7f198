import assert from 'node:assert/strict';
import { containerText } from '../../src/editor/containers/containerCommands.ts';
import type { ContainersTree } from '../../src/editor/containers/containersTree.ts';
import { findShell } from '../../src/editor/containers/openTerminal.ts';
import { containerSpec } from '../../src/editor/engines/runRequest.ts';
import { ImagesTree } from '../../src/editor/explorer/imagesTree.ts';
import { LayerReading } from '../../src/editor/explorer/layerReading.ts';
import { ViewOptions } from '../../src/editor/explorer/viewOptions.ts';
import { storeLocation } from '../../src/editor/openedImages.ts';
import { openEngineImage } from '../../src/editor/imageChoice.ts';
import type { KnownEngine } from '../../src/editor/knownEngine.ts';
import type { Node } from '../../src/editor/nodes.ts';
import { tempDir } from '../support/tempDir.ts';
import { containersTreeOf } from './support/containersTree.ts';
import { eventually } from './support/opened.ts';
import { childNamed, lineOf, outline } from './support/outline.ts';
import { type RealContext, realContext, MemoryOnly } from './support/realContext.ts';

/** The engines that `test/machine/editorEngines.mjs` has started. */
const engines = JSON.parse(process.env['LAMINA_TEST_ENGINES'] ?? '[]') as readonly {
  readonly name: string;
  readonly socket: string;
}[];

for (const { name, socket } of engines) {
  describe(`${name} in the views`, () => {
    const isPodman = name.startsWith('Podman');
    /** Podman puts images without a registry under one of its own making. */
    const at = isPodman ? 'localhost/' : '';
    let context: RealContext;
    let images: ImagesTree;
    let containers: ContainersTree;
    let reading: LayerReading;
    let engine: KnownEngine;
    let top: Node;

    before(async () => {
      context = realContext(new MemoryOnly(), { engines: [`unix://${socket}`] });
      reading = new LayerReading(() => context.engine);
      const options = new ViewOptions(context.memory);
      context.subscriptions.push(reading, options, context.engines.look());
      images = new ImagesTree(context, reading, options);
      containers = containersTreeOf(context).tree;
      engine = await context.engines.find(`unix://${socket}`);
      await context.engines.listed(engine);
      top = await childNamed(images, isPodman ? 'Podman' : 'Docker');
    });
    after(() => context.dispose());

    const line = (pattern: RegExp): Promise<string> =>
      eventually(String(pattern), async () =>
        (await outline(images, 1, top)).find((each) => pattern.test(each)),
      );

    it('lists what the engine has', async () => {
      const lines = await outline(images, 1, top);
      for (const tag of ['ten/child:1', 'ten/shell:1', 'ten/squashed:1'])
        assert.ok(
          lines.some((each) => each.startsWith(`${at}${tag}  `)),
          lines.join('\n'),
        );
      assert.ok(
        lines.some((each) => each.startsWith(`${at}other/base:2  `) && each.includes(`also ${at}ten/base:`)),
        lines.join('\n'),
      );
    });

    it('opens an image: history at once, then layers and files', async () => {
      const image = await childNamed(images, `${at}ten/child:1`, top);
      assert.equal(image.kind, 'engineImage');
      const first = await outline(images, 1, image);
      assert.equal(first[0], 'Files  what a container sees');
      assert.ok(first.length > 2, first.join('\n'));
      const opened = await openEngineImage(context, image);
      await eventually('the layers', () => reading.sizeOf(opened.image));
      const files = await childNamed(images, 'Files', image);
      assert.ok((await outline(images, 1, files)).length > 1);
      assert.equal((await context.images.byId(opened.image.id)).image.id, opened.image.id);
    });

    it('follows a tag that another program gives and takes', async () => {
      await engine.client.tagImage('ten/twice:1', 'lamina/followed:7');
      await line(/also lamina\/followed:7|^lamina\/followed:7 /);
      await engine.client.removeImage('lamina/followed:7');
      await eventually('the tag to go', async () =>
        (await outline(images, 1, top)).some((each) => each.includes('lamina/followed')) ? undefined : true,
      );
    });

    it('runs, follows, inspects and removes a container', async function () {
      this.timeout(60_000);
      const spec = containerSpec({
        image: 'ten/shell:1',
        name: 'lamina-test',
        command: ['/bin/sh', '-c', 'echo it works; sleep 1000'],
        ports: [],
        env: ['A=b c'],
      });
      const { id } = await engine.client.createContainer(spec, { name: 'lamina-test' });
      try {
        await containerLine(/^lamina-test {2}(localhost\/)?ten\/shell:1 · [Cc]reated/);
        await engine.client.startContainer(id);
        await containerLine(/^lamina-test {2}(localhost\/)?ten\/shell:1 · Up /);
        await line(/^(localhost\/)?ten\/shell:1 .* in use by 1 container/);
        assert.equal(await findShell(engine.client, id, new AbortController().signal), '/bin/sh');
        const inspected = JSON.parse(await containerText(context, id.slice(0, 32))) as readonly {
          readonly Name: string;
          readonly Config: { readonly Env: readonly string[] };
        }[];
        assert.match(inspected[0]?.Name ?? '', /^\/?lamina-test$/);
        assert.ok(inspected[0]?.Config.Env.includes('A=b c'));
        await engine.client.stopContainer(id, { graceSeconds: 0 });
        await containerLine(/^lamina-test {2}(localhost\/)?ten\/shell:1 · Exited/);
      } finally {
        await engine.client.removeContainer(id, { force: true });
      }
      await eventually('the container to go', async () =>
        (await containerLines()).some((each) => each.startsWith('lamina-test')) ? undefined : true,
      );
    });

    it('finds that a container has no shell', async () => {
      const { id } = await engine.client.createContainer({ Image: 'ten/base:1', Cmd: ['none'] });
      try {
        assert.equal(await findShell(engine.client, id, new AbortController().signal), undefined);
      } finally {
        await engine.client.removeContainer(id);
      }
    });

    it('saves an image, takes it into the store and back', async function () {
      this.timeout(60_000);
      const image = await childNamed(images, `${at}ten/squashed:1`, top);
      assert.equal(image.kind, 'engineImage');
      const { source, entry } = await openEngineImage(context, image);
      const archive = tempDir().file('saved.tar');
      await context.engine.store.save({
        images: [{ source, entry }],
        format: 'docker-archive',
        destination: archive,
      });
      assert.equal((await context.images.open(archive)).length, 1);
      await context.engine.store.import(source, entry, 'docker.io/lamina/back:1');
      await context.images.reload(storeLocation);
      const stored = (await context.images.all()).find((each) =>
        each.image.names[0]?.endsWith('lamina/back:1'),
      );
      assert.ok(stored !== undefined);
      await engine.connection.load([{ source: stored.source, entry: stored.entry }]);
      try {
        await line(/lamina\/back:1/);
      } finally {
        await engine.client.removeImage('lamina/back:1');
      }
    });

    async function containerLines(): Promise<readonly string[]> {
      const engineNode = (await containers.getChildren()).at(-1);
      const lines: string[] = [];
      for (const child of await containers.getChildren(engineNode))
        lines.push(lineOf(containers.getTreeItem(child)));
      return lines;
    }

    function containerLine(pattern: RegExp): Promise<string> {
      return eventually(String(pattern), async () =>
        (await containerLines()).find((each) => pattern.test(each)),
      );
    }
  });
}

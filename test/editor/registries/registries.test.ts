import assert from 'node:assert/strict';
import type * as vscode from 'vscode';
import { ConnectedRegistries } from '../../../src/editor/registries/connectedRegistries.ts';
import { choosePlatforms, platformItems } from '../../../src/editor/registries/choosePlatforms.ts';
import { pullImage } from '../../../src/editor/registries/moveImages.ts';
import { RegistriesTree } from '../../../src/editor/registries/registriesTree.ts';
import { RegistryLists } from '../../../src/editor/registries/registryLists.ts';
import type { RegistryNode } from '../../../src/editor/registries/registryNodes.ts';
import { Transfers } from '../../../src/editor/registries/transfers.ts';
import { blobStateText, resultText } from '../../../src/editor/registries/transferTexts.ts';
import { parseLayerPath } from '../../../src/engine/index.ts';
import { MissingComponent } from '../../machine/missing.mjs';
import { startRegistry } from '../../machine/registry.mjs';
import { type BuiltImage, buildImage } from '../../support/buildImage.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { writeOciArchive } from '../../support/writeOciLayout.ts';
import { lessonImage } from '../support/lesson.ts';
import { type RealContext, realContext } from '../support/realContext.ts';

type Registry = Awaited<ReturnType<typeof startRegistry>>;

describe('registries', () => {
  let registry: Registry;
  let context: RealContext;
  let connected: ConnectedRegistries;
  let transfers: Transfers;
  let tree: RegistriesTree;

  before(async function () {
    this.timeout(60_000);
    registry = await startRegistry({ proxied: true }).catch((error: unknown) => {
      if (error instanceof MissingComponent) this.skip();
      throw error;
    });
  });
  after(() => registry.stop());
  beforeEach(() => {
    context = realContext();
    connected = new ConnectedRegistries(context.memory);
    transfers = new Transfers();
    tree = new RegistriesTree(context, connected, new RegistryLists(() => context.engine), transfers);
  });
  afterEach(() => context.dispose());

  async function push(image: BuiltImage, name: string): Promise<void> {
    const file = writeDockerArchive(image, tempDir().file('image.tar'));
    await using source = await context.engine.open(file);
    const [entry] = await source.list();
    assert.ok(entry);
    await context.engine.push(source, entry, { destination: `${registry.host}/${name}` });
  }

  /** Bytes that were sent to the registry so far. */
  function asked(): number {
    return registry.proxy?.snapshot().asked ?? 0;
  }

  async function childrenOf(node?: RegistryNode): Promise<readonly RegistryNode[]> {
    return tree.getChildren(node);
  }

  async function find(label: string, parent?: RegistryNode): Promise<RegistryNode> {
    const nodes = await childrenOf(parent);
    const labels = nodes.map((node) => labelOf(tree.getTreeItem(node)));
    const found = nodes[labels.indexOf(label)];
    assert.ok(found, `${label} is among ${labels.join(', ')}`);
    return found;
  }

  it('lists repositories and tags, and asks nothing before a node is opened', async () => {
    await push(lessonImage(), 'lesson/hello:1');
    await connected.add(registry.host);
    const before = asked();
    const domain = await find(registry.host);
    assert.equal(asked(), before, 'nothing was sent for the list of registries');
    const repository = await find('lesson/hello', domain);
    assert.deepEqual(
      (await childrenOf(repository)).map((node) => node.kind),
      ['tag'],
    );
    assert.equal(tree.getTreeItem(await find('1', repository)).contextValue, 'tag');
  });

  it('shows tags a page at a time', async () => {
    await push(lessonImage(), 'many/tags:t000');
    const client = context.engine.registry(registry.host);
    const { bytes, mediaType } = await client.getManifest('many/tags', 't000');
    for (let count = 1; count < 230; count++)
      await client.putManifest('many/tags', `t${String(count).padStart(3, '0')}`, { bytes, mediaType });
    await connected.addRepository(registry.host, 'many/tags');
    const repository = await find('many/tags', await find(registry.host));
    const shown = await childrenOf(repository);
    const more = shown.at(-1);
    // This registry gives all of them in one page; others stop, and go on when they are asked to.
    if (more?.kind === 'moreTags') await tree.showMore(more);
    const all = await childrenOf(repository);
    assert.equal(all.filter(({ kind }) => kind === 'tag').length, 230);
  }).timeout(60_000);

  it('says why a registry cannot be read, in the view', async () => {
    await connected.add('127.0.0.1:1');
    const domain = await find('127.0.0.1:1');
    const [failure] = await childrenOf(domain);
    assert.equal(failure?.kind, 'registryFailure');
    assert.match(String(tree.getTreeItem(failure).description), /127\.0\.0\.1:1.* could not be reached/);
  });

  it('pulls, and tells of each layer what became of it', async () => {
    await push(lessonImage(), 'lesson/pulled:1');
    const reference = `${registry.host}/lesson/pulled:1`;
    await pullImage(context, connected, transfers, [reference]);
    await pullImage(context, connected, transfers, [reference]);
    const [second, first] = transfers.all;
    assert.deepEqual([first?.state, second?.state], ['done', 'done']);
    const texts = second?.blobs
      .filter(({ role }) => role === 'layer')
      .map((blob) => blobStateText(blob, 'pull'));
    assert.deepEqual(texts, ['already here', 'already here', 'already here']);
    const transfer = (await childrenOf()).find(({ kind }) => kind === 'transfer');
    assert.ok(transfer);
    assert.equal((await childrenOf(transfer)).length, 5);
    assert.deepEqual(connected.pathsOf(registry.host), ['lesson/pulled']);
    const stored = await (await context.engine.store.source()).list();
    assert.deepEqual(
      stored.map(({ names }) => names),
      [[reference]],
    );
  });

  it('offers the platforms of an image, this machine’s first, and all of them', async () => {
    const platforms = ['s390x', 'amd64', 'arm64'].map((architecture) =>
      buildImage([{ architecture }], { architecture }),
    );
    const file = writeOciArchive(
      [{ names: ['docker.io/library/many:1'], platforms }],
      tempDir().file('many.tar'),
    );
    await using source = await context.engine.open(file);
    const [entry] = await source.list();
    assert.ok(entry);
    const items = platformItems(entry, { os: 'linux', architecture: 'amd64' });
    assert.deepEqual(
      items.map(({ label, description, choice }) => [
        label,
        description,
        choice.variant?.platform?.architecture,
      ]),
      [
        ['linux/amd64', 'this machine’s', 'amd64'],
        ['linux/s390x', undefined, 's390x'],
        ['linux/arm64', undefined, 'arm64'],
        ['All platforms', undefined, undefined],
      ],
    );
    const alone = { ...entry, variants: entry.variants.slice(0, 1) };
    assert.deepEqual(await choosePlatforms(alone, [], ''), { variant: undefined });
    const [opened] = await context.images.open(file);
    assert.ok(opened !== undefined && 'image' in opened);
    const node = { kind: 'image', id: 'x', parent: undefined, opened, isPlatform: true } as const;
    assert.equal((await choosePlatforms(opened.entry, [node], ''))?.variant?.platform?.architecture, 's390x');
  });

  it('fetches of an image in a registry only the layers that are opened', async () => {
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, at) => (at * at * 31 + (at >> 3)) & 255));
    const image = buildImage([{ 'big/base': noise }, { 'etc/': { type: 'dir' }, 'etc/small': 'hello\n' }], {
      names: ['docker.io/library/lazy:1'],
      compression: 'gzip',
    });
    await push(image, 'lesson/lazy:1');
    const answered = (): number => registry.proxy?.snapshot().answered ?? 0;
    const before = answered();
    const [opened] = await context.images.open(`docker://${registry.host}/lesson/lazy:1`);
    assert.ok(opened !== undefined && 'image' in opened);
    const changes = await context.engine.changes(opened.image, 1, parseLayerPath('/etc'), {
      below: 'at-hand',
    });
    assert.deepEqual(
      changes.map(({ path, isUncertain }) => [path, isUncertain]),
      [['/etc/small', true]],
    );
    const rows = await context.engine.history(opened.image, 'classic', { below: 'at-hand' });
    assert.deepEqual(
      rows.map(({ isStoredSize }) => isStoredSize === true),
      [false, true],
    );
    assert.ok(answered() - before < 20_000, `${answered() - before} bytes came`);
    assert.equal(await context.engine.isLayerAtHand(opened.image, 0), false);
    const all = await context.engine.changes(opened.image, 1, parseLayerPath('/etc'));
    assert.deepEqual(
      all.map(({ isUncertain }) => isUncertain),
      [undefined],
    );
    assert.ok(await context.engine.isLayerAtHand(opened.image, 0));
  });

  it('sends nothing for the list of images after a restart', async () => {
    await push(lessonImage(), 'lesson/again:1');
    const location = `docker://${registry.host}/lesson/again:1`;
    await context.images.open(location);
    const { memory } = context;
    const next = realContext(memory);
    try {
      const before = asked();
      assert.deepEqual(next.images.locations, [location]);
      assert.deepEqual(await next.images.all(), []);
      assert.equal(await next.images.stateOf(location), 'same');
      assert.equal(asked(), before);
    } finally {
      await next.dispose();
    }
  });

  it('tells at the end what sharing saved', async () => {
    await push(lessonImage(), 'lesson/shared:1');
    const file = writeDockerArchive(lessonImage(), tempDir().file('image.tar'));
    await using source = await context.engine.open(file);
    const [entry] = await source.list();
    assert.ok(entry);
    const destination = `${registry.host}/lesson/other:1`;
    const result = await context.engine.push(source, entry, { destination, mountFrom: ['lesson/shared'] });
    const text = resultText(result, 'push', 'other:1');
    assert.match(text, /^Pushed other:1: [\d.]+ B of [\d.]+ kB went over the wire\./);
    assert.match(text, /0 of 3 layers were already there, 3 were mounted\.$/);
  });
});

function labelOf({ label }: vscode.TreeItem): string {
  return typeof label === 'string' ? label : (label?.label ?? '');
}

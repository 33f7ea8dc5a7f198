import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { type LayerPath, rootPath } from '../../../src/engine/base/layerPath.ts';
import type { RootfsEntry } from '../../../src/engine/rootfs/rootfs.ts';
import { type MergedView, createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import { type ContainerChange, containerDiff } from '../../../src/engine/snapshots/containerDiff.ts';
import type { ContainerEntry } from '../../../src/engine/snapshots/containerEntry.ts';
import { ContainerView } from '../../../src/engine/snapshots/containerView.ts';
import { type Edit, editsFromJson, editsToJson } from '../../../src/engine/snapshots/edit.ts';
import { indexUpper, inodeIn } from '../../../src/engine/snapshots/indexUpper.ts';
import type { Piece } from '../../../src/engine/snapshots/inode.ts';
import { UpperLayer } from '../../../src/engine/snapshots/upperLayer.ts';
import { UpperState } from '../../../src/engine/snapshots/upperState.ts';
import { writeChangeset } from '../../../src/engine/snapshots/writeChangeset.ts';
import { applyOperation } from '../../support/applyOperation.ts';
import { type ContainerOperation, randomOperation } from '../../support/containerOperations.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { NaiveContainer, type NaiveFile } from '../../support/naiveContainer.ts';
import { Random } from '../../support/random.ts';
import { randomLayers } from '../../support/randomLayers.ts';
import { type TarEntrySpec, encodeTar } from '../../support/tarBytes.ts';
import { contentOf, indexTar } from '../../support/unionOf.ts';

const rounds = isFullRun ? 20_000 : 200;
const now = '1800000000.500000000';

describe('A writable layer over an image', () => {
  it(`is what a plain tree becomes by the same operations, ${rounds} seeds`, async function () {
    this.timeout(isFullRun ? 600_000 : 30_000);
    for (let seed = 1; seed <= rounds; seed++) {
      const random = new Random(seed);
      const image = new TestImage(randomLayers(random));
      const operations = Array.from({ length: 1 + random.below(25) }, () => randomOperation(random));
      try {
        await compare(image, operations);
      } catch (error) {
        assert.fail(
          `seed ${seed}: ${String(error)}\n${operations.map((each) => JSON.stringify(each)).join('\n')}`,
        );
      }
    }
  });

  it('changes a byte of a large file without copying the rest', () => {
    const image = new TestImage([[{ name: 'big', content: 'x'.repeat(1000) }]]);
    const container = new TestContainer(image);
    container.apply({ do: 'write', path: '/big', offset: 500, text: 'y' });
    const { origin, size } = container.view.lookup('/big' as LayerPath)!;
    assert.equal(size, 1000);
    assert.ok(origin.in === 'container');
    assert.deepEqual(origin.copiedFrom, { path: '/big', layer: 0 });
    assert.deepEqual(
      origin.content.map(({ from, length }) => [from, length]),
      [
        ['image', 500],
        ['own', 1],
        ['image', 499],
      ],
    );
  });

  it('refuses names that a layer cannot hold, wherever they come from', () => {
    const container = new TestContainer(new TestImage([[{ name: 'a', content: '1' }]]));
    for (const operation of [
      { do: 'writeFile', path: '/.wh.x', text: '' },
      { do: 'mkdir', path: '/.wh..wh..opq' },
      { do: 'symlink', path: '/.wh.x', target: 'a' },
      { do: 'link', path: '/a', to: '/.wh.x' },
      { do: 'rename', path: '/a', to: '/.wh.x' },
    ] as const)
      assert.throws(
        () => {
          container.run(operation);
        },
        (error) => isEngineError(error, 'invalid-path'),
      );
    assert.deepEqual(diffOf(container.view), []);
  });

  it('keeps the hard links of a folder that is moved, and breaks those of a file that is written', () => {
    const container = new TestContainer(
      new TestImage([
        [
          { name: 'd/a', content: '1' },
          { name: 'd/b', type: 'hardlink', link: 'd/a' },
          { name: 'e', type: 'hardlink', link: 'd/a' },
        ],
      ]),
    );
    container.apply({ do: 'rename', path: '/d', to: '/moved' });
    container.apply({ do: 'append', path: '/moved/a', text: '2' });
    container.apply({ do: 'append', path: '/e', text: '3' });
    assert.deepEqual(
      ['/moved/a', '/moved/b', '/e'].map((path) => container.text(container.view.lookup(path as LayerPath)!)),
      ['12', '12', '13'],
    );
  });

  it('writes times as layers have them, so that equal ones are equal', () => {
    const container = new TestContainer(new TestImage([[{ name: 'a' }]]));
    for (const [given, kept] of [
      ['7', '7'],
      ['7.000', '7'],
      ['-1.5', '-1.500000000'],
    ] as const) {
      container.run({ do: 'utimes', path: '/a', mtime: given, isLink: false });
      assert.equal(container.view.lookup('/a' as LayerPath)?.mtime, kept);
    }
    for (const mtime of ['', 'x', '1.', '1e3'])
      assert.throws(
        () => {
          container.run({ do: 'utimes', path: '/a', mtime, isLink: false });
        },
        (error) => isEngineError(error, 'internal'),
      );
  });

  it('takes from a program what chown(2) takes', () => {
    const modes = [0o6755, 0o6745, 0o1755];
    const files = modes.map((mode, at) => ({ name: `f${at}`, mode, xattrs: { 'security.capability': 'x' } }));
    const container = new TestContainer(new TestImage([files]));
    const after = modes.map((_, at) => {
      container.apply({ do: 'chown', path: `/f${at}`, uid: 1, gid: 1, isLink: false });
      return container.view.lookup(`/f${at}` as LayerPath)!;
    });
    assert.deepEqual(
      after.map(({ mode, xattrs }) => [mode, xattrs]),
      [
        [0o755, undefined],
        [0o2745, undefined],
        [0o1755, undefined],
      ],
    );
  });

  it('gives what is made in a folder with the set-group-ID bit its group, and folders the bit', () => {
    const container = new TestContainer(
      new TestImage([[{ name: 'shared', type: 'dir', mode: 0o2770, gid: 50 }]]),
    );
    container.apply({ do: 'mkdir', path: '/shared/d' });
    container.apply({ do: 'writeFile', path: '/shared/d/f', text: '' });
    container.apply({ do: 'symlink', path: '/shared/l', target: 'd' });
    container.apply({ do: 'mkdir', path: '/d' });
    assert.deepEqual(
      ['/shared/d', '/shared/d/f', '/shared/l', '/d'].map((path) => {
        const { mode, gid } = container.view.lookup(path as LayerPath)!;
        return [mode, gid];
      }),
      [
        [0o2755, 50],
        [0o644, 50],
        [0o777, 50],
        [0o755, 0],
      ],
    );
  });

  it('copies up what is opened to write nothing, and changes nothing of it', () => {
    const container = new TestContainer(
      new TestImage([
        [
          { name: 'a', content: '1' },
          { name: 'b', type: 'hardlink', link: 'a' },
        ],
      ]),
    );
    container.apply({ do: 'append', path: '/a', text: '' });
    container.apply({ do: 'write', path: '/a', offset: 9, text: '' });
    assert.deepEqual(container.diff(), []);
    assert.deepEqual(
      ['/a', '/b'].map((path) => container.view.lookup(path as LayerPath)!.origin.in),
      ['container', 'image'],
    );
  });

  it('has attributes of a person only on files and folders', () => {
    const container = new TestContainer(new TestImage([[{ name: 'pipe', type: 'fifo' }]]));
    assert.throws(
      () => {
        container.run({ do: 'setXattr', path: '/pipe', name: 'user.a', value: '1' });
      },
      (error) => isEngineError(error, 'denied'),
    );
  });

  it('forgets what is reverted', () => {
    const container = new TestContainer(new TestImage([[{ name: 'd/a', content: '1' }, { name: 'd/b' }]]));
    container.apply({ do: 'writeFile', path: '/d/a', text: '2' });
    container.apply({ do: 'unlink', path: '/d/b' });
    container.upper.revert('/d/a' as LayerPath);
    container.upper.revert('/d/b' as LayerPath);
    assert.deepEqual(diffOf(container.view), []);
    assert.equal(container.view.lookup('/d/b' as LayerPath)?.origin.in, 'image');
  });
});

async function compare(image: TestImage, operations: readonly ContainerOperation[]): Promise<void> {
  const container = new TestContainer(image);
  const before = image.files();
  const model = new NaiveContainer(before, image.root(), now);
  for (const operation of operations) {
    assert.equal(container.apply(operation), model.apply(operation), JSON.stringify(operation));
    assert.deepEqual(container.tree(), treeOf(model.files), JSON.stringify(operation));
  }
  assert.deepEqual(container.diff(), naiveDiff(before, model.files), 'diff');
  for (const edits of [container.upper.edits, [...container.view.upper.edits()]])
    assert.deepEqual(container.replayed(edits).tree(), container.tree(), 'replayed');
  assert.deepEqual(container.layeredTree(), container.tree(), 'as layers');
  const tar = await container.tar();
  assert.deepEqual(await container.replayed([...container.view.upper.edits()]).tar(), tar, 'the same tar');
  assert.deepEqual(committedTree(image, tar), inSeconds(container.tree(), container.view), 'committed');
}

class TestImage {
  readonly tars: readonly Buffer[];
  readonly view: MergedView;

  constructor(layers: readonly (readonly TarEntrySpec[])[]) {
    this.tars = layers.map((entries) => encodeTar(entries));
    this.view = createUnionView(this.tars.map((tar) => indexTar(tar)));
  }

  text(entry: RootfsEntry): string {
    return entry.type === 'file' ? contentOf(this.view, this.tars, entry).toString('latin1') : '';
  }

  root(): NaiveFile {
    const entry = this.view.lookup(rootPath)!;
    return { isImages: true, ...described(entry, '') };
  }

  files(): Map<string, NaiveFile> {
    const inodes = new Map<string, NaiveFile>();
    const files = new Map<string, NaiveFile>();
    for (const entry of this.view.walk()) {
      const index = this.view.layers[entry.contentLayer]!;
      const inode = `${entry.contentLayer} ${entry.type === 'dir' ? entry.path : index.inode(entry.contentNode)}`;
      if (!inodes.has(inode)) inodes.set(inode, { isImages: true, ...described(entry, this.text(entry)) });
      files.set(entry.path, inodes.get(inode)!);
    }
    return files;
  }
}

class TestContainer {
  readonly image: TestImage;
  readonly view: ContainerView;
  readonly upper: UpperLayer;
  readonly texts: Map<string, string>;

  constructor(image: TestImage, texts = new Map<string, string>()) {
    this.image = image;
    this.texts = texts;
    this.view = new ContainerView(image.view, new UpperState());
    this.upper = new UpperLayer(this.view, now);
  }

  replayed(edits: readonly Edit[]): TestContainer {
    const other = new TestContainer(this.image, this.texts);
    for (const edit of editsFromJson(editsToJson(edits), 'test')) other.view.upper.apply(edit);
    return other;
  }

  /** Whether it succeeded. */
  apply(operation: ContainerOperation): boolean {
    try {
      this.run(operation);
      return true;
    } catch (error) {
      if (isEngineError(error) && error.code !== 'internal' && error.code !== 'damaged') return false;
      throw error;
    }
  }

  run(operation: ContainerOperation): void {
    applyOperation(this.upper, operation, (text) => this.#pieces(text));
  }

  tree(): string[] {
    return linesOf(
      Array.from(this.view.walk(), (entry) => {
        // The same answers by other ways.
        assert.deepEqual(this.view.lookup(entry.path), entry);
        return [entry.path, described(entry, this.text(entry)), this.#inode(entry)] as const;
      }),
    );
  }

  /** The same by the union of layers, the writable one as one of them. */
  layeredTree(): string[] {
    const index = indexUpper(this.view.upper);
    const view = createUnionView([...this.image.view.layers, index]);
    assert.deepEqual(
      view.problems().filter(({ layer }) => layer === view.layers.length - 1),
      [],
    );
    const text = (entry: RootfsEntry): string => {
      if (entry.type !== 'file' || view.layers[entry.contentLayer] !== index) return this.image.text(entry);
      return this.#textOf(this.view.upper.inode(inodeIn(index, entry.contentNode))!.content);
    };
    return linesOf(
      Array.from(
        view.walk(),
        (entry) => [entry.path, described(entry, text(entry)), view.hardLinkOf(entry) ?? entry.path] as const,
      ),
    );
  }

  text({ type, origin }: ContainerEntry): string {
    if (type !== 'file') return '';
    return origin.in === 'image' ? this.image.text(origin.entry) : this.#textOf(origin.content);
  }

  diff(): string[] {
    return diffOf(this.view).map(({ kind, path }) => `${kind} ${path}`);
  }

  async tar(): Promise<Buffer> {
    const read = (pieces: readonly Piece[]): AsyncIterable<Uint8Array> => this.#read(pieces);
    const pieces: Uint8Array[] = [];
    for await (const piece of writeChangeset(this.view.upper, read)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  async *#read(pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Buffer.from(this.#textOf(pieces), 'latin1'));
  }

  #textOf(pieces: readonly Piece[]): string {
    return pieces
      .map((piece) => {
        if (piece.from === 'zeros') return '\0'.repeat(piece.length);
        const { offset, length } = piece;
        const whole =
          piece.from === 'own'
            ? this.texts.get(piece.name)!
            : this.image.text(this.image.view.lookup(piece.path)!);
        return whole.slice(offset, offset + length);
      })
      .join('');
  }

  #pieces(text: string): readonly Piece[] {
    const name = `text ${this.texts.size}`;
    this.texts.set(name, text);
    return text === '' ? [] : [{ from: 'own', name, offset: 0, length: text.length }];
  }

  #inode({ origin, path, type }: ContainerEntry): string {
    if (type === 'dir') return path;
    if (origin.in === 'container') return `own ${origin.inode}`;
    const { contentLayer, contentNode } = origin.entry;
    return `image ${contentLayer} ${this.image.view.layers[contentLayer]!.inode(contentNode)}`;
  }
}

type Described = Omit<NaiveFile, 'isImages'>;

function described(entry: RootfsEntry | ContainerEntry, content: string): Described {
  const { type, mode, uid, gid, mtime = '0', linkTarget = '', device, xattrs } = entry;
  const dev = device === undefined ? '' : `${device.major}:${device.minor}`;
  return { type, mode, uid, gid, mtime, content, link: linkTarget, dev, xattrs: new Map(xattrs) };
}

function treeOf(files: ReadonlyMap<string, NaiveFile>): string[] {
  const numbers = new Map<NaiveFile, number>();
  return linesOf(
    [...files].map(([path, file]) => {
      if (!numbers.has(file)) numbers.set(file, numbers.size);
      return [path, file, file.type === 'dir' ? path : String(numbers.get(file))] as const;
    }),
  );
}

/** One line for each path; names of one file name the first of them. */
function linesOf(all: readonly (readonly [path: string, file: Described, inode: string])[]): string[] {
  const sorted = [...all].sort(([one], [other]) => (key(one) < key(other) ? -1 : 1));
  const first = new Map<string, string>();
  return sorted.map(([path, file, inode]) => {
    const link = first.get(inode);
    if (link === undefined) first.set(inode, path);
    const { type, mode, uid, gid, mtime, content, dev, xattrs } = file;
    const names = [...xattrs].sort(([one], [other]) => (one < other ? -1 : 1));
    return JSON.stringify([path, link, type, mode, uid, gid, mtime, content, file.link, dev, names]);
  });
}

/** Sorts folders right before what is in them. */
function key(path: string): string {
  return path.replaceAll('/', '\0');
}

/** Layers keep whole seconds of what the container changed. */
function inSeconds(lines: readonly string[], view: ContainerView): string[] {
  return lines.map((line) => {
    const values = JSON.parse(line) as unknown[];
    const entry = view.lookup(values[0] as LayerPath)!;
    if (entry.origin.in === 'container') values[6] = String(Math.floor(Number(values[6])));
    return JSON.stringify(values);
  });
}

/** What the union of the image's layers and the committed one is. */
function committedTree(image: TestImage, tar: Buffer): string[] {
  const tars = [...image.tars, tar];
  const view = createUnionView(tars.map((each) => indexTar(each)));
  const top = tars.length - 1;
  assert.deepEqual(
    view.problems().filter(({ layer }) => layer === top),
    [],
  );
  return linesOf(
    Array.from(view.walk(), (entry) => {
      const content = entry.type === 'file' ? contentOf(view, tars, entry).toString('latin1') : '';
      return [entry.path, described(entry, content), view.hardLinkOf(entry) ?? entry.path] as const;
    }),
  );
}

/** Docker's algorithm, over two whole trees. */
function naiveDiff(before: ReadonlyMap<string, NaiveFile>, after: ReadonlyMap<string, NaiveFile>): string[] {
  const found = new Map<string, string>();
  for (const [path, file] of after) {
    const old = before.get(path);
    if (old === undefined) found.set(path, 'added');
    else if (isDifferent(old, file)) found.set(path, 'modified');
  }
  for (const path of before.keys()) {
    const parent = path.slice(0, path.lastIndexOf('/'));
    const isFolder = parent === '' || after.get(parent)?.type === 'dir';
    if (!after.has(path) && isFolder) found.set(path, 'removed');
  }
  for (const path of [...found.keys()])
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      if (!found.has(path.slice(0, at))) found.set(path.slice(0, at), 'modified');
  return [...found]
    .sort(([one], [other]) => (key(one) < key(other) ? -1 : 1))
    .map(([path, kind]) => `${kind} ${path}`);
}

function isDifferent(old: NaiveFile, file: NaiveFile): boolean {
  const facts = ({ type, mode, uid, gid, dev, xattrs }: NaiveFile): string =>
    JSON.stringify([type, mode, uid, gid, dev, xattrs.get('security.capability')]);
  if (facts(old) !== facts(file)) return true;
  if (file.type === 'dir') return false;
  const [seconds, otherSeconds] = [old, file].map(({ mtime }) => Math.floor(Number(mtime)));
  const [part, otherPart] = [old, file].map(({ mtime }) => mtime.split('.')[1]?.replace(/0+$/, ''));
  const isSameTime = seconds === otherSeconds && (part === otherPart || !part || !otherPart);
  return !isSameTime || old.content.length !== file.content.length || old.link.length !== file.link.length;
}

function diffOf(view: ContainerView): readonly ContainerChange[] {
  return [...containerDiff(view)].filter((change) => change !== undefined);
}

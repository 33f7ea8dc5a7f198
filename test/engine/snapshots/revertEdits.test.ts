import assert from 'node:assert/strict';
import { isEngineError } from '../../../src/engine/base/errors.ts';
import { type LayerPath, parentPath, rootPath } from '../../../src/engine/base/layerPath.ts';
import { createUnionView, type MergedView } from '../../../src/engine/rootfs/unionView.ts';
import { containerDiff } from '../../../src/engine/snapshots/containerDiff.ts';
import { ContainerView } from '../../../src/engine/snapshots/containerView.ts';
import { editsFromJson, editsToJson } from '../../../src/engine/snapshots/edit.ts';
import { UpperLayer } from '../../../src/engine/snapshots/upperLayer.ts';
import { UpperState } from '../../../src/engine/snapshots/upperState.ts';
import { isEmptyChangeset } from '../../../src/engine/snapshots/writeChangeset.ts';
import { applyOperation } from '../../support/applyOperation.ts';
import { randomOperation } from '../../support/containerOperations.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { Random } from '../../support/random.ts';
import { randomLayers } from '../../support/randomLayers.ts';
import { encodeTar } from '../../support/tarBytes.ts';
import { indexTar, unionOf } from '../../support/unionOf.ts';

const rounds = isFullRun ? 20_000 : 400;

describe('Reverting paths of a container', () => {
  it('a file of a folder that was deleted and made again comes back alone', () => {
    const upper = layerOn(unionOf([{ 'd/a': '1', 'd/b': '2', 'd/sub/c': '3' }]));
    upper.removeAll(at('/d'));
    upper.mkdir(at('/d'), { mode: 0o700 });
    upper.mkdir(at('/d/sub'));
    upper.writeFile(at('/d/new'), []);
    upper.revert(at('/d/a'));
    assert.deepEqual(shown(upper), ['/d 700', '/d/a image', '/d/new', '/d/sub 755']);
    upper.revert(at('/d/sub/c'));
    assert.deepEqual(shown(upper), ['/d 700', '/d/a image', '/d/new', '/d/sub 755', '/d/sub/c image']);
    upper.revert(at('/d'));
    assert.ok(isEmptyChangeset(upper.view.upper));
  });

  it('a file of a folder that was removed comes back with the folder, and the rest stays away', () => {
    const upper = layerOn(unionOf([{ 'd/e/a': '1', 'd/e/b': '2', 'd/c': '3' }]));
    upper.removeAll(at('/d'));
    upper.revert(at('/d/e/a'));
    assert.deepEqual(shown(upper), ['/d 755', '/d/e 755', '/d/e/a image']);
    for (const path of ['/d/e/b', '/d/c']) upper.revert(at(path));
    assert.deepEqual(changesOf(upper), []);
    assert.ok(isEmptyChangeset(upper.view.upper), 'folders that are as in the image are forgotten too');
  });

  it('everything comes back with the root', () => {
    const upper = layerOn(unionOf([{ 'd/a': '1', b: '2' }]));
    upper.removeAll(at('/d'));
    upper.chmod(rootPath, 0o700);
    upper.writeFile(at('/new'), []);
    upper.revert(rootPath);
    assert.deepEqual(changesOf(upper), []);
    assert.ok(isEmptyChangeset(upper.view.upper));
    assert.equal(upper.view.lookup(rootPath)?.mode, 0o755);
  });

  it('nothing can come back where a folder has become something else, but the folder', () => {
    const upper = layerOn(unionOf([{ 'd/a': '1' }]));
    upper.removeAll(at('/d'));
    upper.writeFile(at('/d'), []);
    assert.throws(
      () => {
        upper.revert(at('/d/a'));
      },
      (error) => isEngineError(error, 'not-a-directory'),
    );
    upper.revert(at('/d'));
    assert.deepEqual(changesOf(upper), []);
  });

  it(`gives what the image has there, and changes nothing else, ${rounds} seeds`, function () {
    this.timeout(isFullRun ? 600_000 : 60_000);
    for (let seed = 1; seed <= rounds; seed++) {
      const random = new Random(seed);
      const tars = randomLayers(random).map((entries) => encodeTar(entries));
      const upper = layerOn(createUnionView(tars.map((tar) => indexTar(tar))));
      for (let count = 1 + random.below(20); count > 0; count--) applied(upper, random);
      for (let times = 0; times < 3; times++) {
        const path = randomPathOf(upper, random);
        if (path !== undefined) requireReverted(upper, path, `seed ${seed}, ${path}`);
      }
      requireReverted(upper, rootPath, `seed ${seed}, everything`);
    }
  });
});

function applied(upper: UpperLayer, random: Random): void {
  try {
    applyOperation(upper, randomOperation(random), (text) =>
      text === '' ? [] : [{ from: 'own', name: text, offset: 0, length: text.length }],
    );
  } catch (error) {
    if (!isEngineError(error)) throw error;
  }
}

/** A path of the image or the container whose folders are no links. */
function randomPathOf({ view }: UpperLayer, random: Random): LayerPath | undefined {
  const own = [...view.upper.walk()].map(({ path }) => path);
  const all = [...own, ...[...view.image.walk()].map(({ path }) => path)];
  const path = all.length === 0 ? undefined : random.pick(all);
  return path !== undefined && isReal(view, path) ? path : undefined;
}

function isReal(view: ContainerView, path: LayerPath): boolean {
  for (let folder = parentPath(path); folder !== rootPath; folder = parentPath(folder))
    if (view.at(folder)?.kind === 'leaf') return false;
  return true;
}

function requireReverted(upper: UpperLayer, path: LayerPath, where: string): void {
  const before = treeOf(upper.view);
  const image = treeOf(new ContainerView(upper.view.image, new UpperState()));
  const isPart = (name: string): boolean => path === rootPath || name === path || name.startsWith(`${path}/`);
  const isOnTheWay = (name: string): boolean => path.startsWith(`${name}/`) || name === '/';
  upper.revert(path);
  const after = treeOf(upper.view);
  for (const name of new Set([...before.keys(), ...after.keys(), ...image.keys()]))
    if (isPart(name)) assert.equal(after.get(name), image.get(name), `${where}: ${name}`);
    else if (!before.has(name) && isOnTheWay(name)) assert.equal(after.get(name), image.get(name), where);
    else if (!isOnTheWay(name)) assert.equal(after.get(name), before.get(name), `${where}: ${name}`);
  const replayed = new UpperState();
  for (const edit of editsFromJson(editsToJson(upper.edits), 'test')) replayed.apply(edit);
  assert.deepEqual(treeOf(new ContainerView(upper.view.image, replayed)), after, `${where}: replayed`);
}

/** Everything by its path, without times of folders, which say that something in them was touched. */
function treeOf(view: ContainerView): ReadonlyMap<string, string> {
  const root = view.lookup(rootPath);
  return new Map(
    [...(root === undefined ? [] : [root]), ...view.walk()].map((entry) => {
      const { type, mode, uid, gid, size, mtime, linkTarget, device, xattrs, origin } = entry;
      const content = origin.in === 'container' ? origin.content.filter(({ from }) => from !== 'image') : [];
      const rest = [type === 'dir' ? '' : mtime, linkTarget, device, [...(xattrs ?? [])], content];
      return [entry.path, JSON.stringify([type, mode, uid, gid, size, ...rest])] as const;
    }),
  );
}

function layerOn(image: MergedView): UpperLayer {
  return new UpperLayer(new ContainerView(image, new UpperState()), '1800000000');
}

function shown({ view }: UpperLayer): string[] {
  return Array.from(view.walk(), ({ path, type, mode, origin }) => {
    if (type === 'dir') return `${path} ${mode.toString(8)}`;
    return origin.in === 'image' ? `${path} image` : path;
  });
}

function changesOf({ view }: UpperLayer): string[] {
  return [...containerDiff(view)].flatMap((change) => (change === undefined ? [] : [change.path]));
}

function at(path: string): LayerPath {
  return path as LayerPath;
}

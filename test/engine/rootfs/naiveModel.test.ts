import assert from 'node:assert/strict';
import { createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import type { RootfsEntry } from '../../../src/engine/rootfs/rootfs.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { type Item, naiveUnion } from '../../support/naiveUnion.ts';
import { Random } from '../../support/random.ts';
import { randomLayers, shrinkLayers } from '../../support/randomLayers.ts';
import { type TarEntrySpec, encodeTar } from '../../support/tarBytes.ts';
import { contentOf, indexTar } from '../../support/unionOf.ts';

const rounds = isFullRun ? 100_000 : 1_500;

describe('The union equals a naive model on random stacks', () => {
  it(`of ${rounds} seeds`, function () {
    this.timeout(isFullRun ? 600_000 : 30_000);
    for (let seed = 1; seed <= rounds; seed++) {
      const layers = randomLayers(new Random(seed));
      if (difference(layers) === undefined) continue;
      const smallest = shrinkLayers(layers, (each) => difference(each) !== undefined);
      assert.fail(`seed ${seed}: ${difference(smallest) ?? ''}\n${describeLayers(smallest)}`);
    }
  });
});

type Layers = readonly (readonly TarEntrySpec[])[];

/** How the two differ; undefined when they agree. */
function difference(layers: Layers): string | undefined {
  try {
    assert.deepEqual(engineSays(layers), modelSays(layers));
    return undefined;
  } catch (error) {
    return String(error);
  }
}

interface Said {
  readonly tree: readonly string[];
  readonly issues: readonly string[];
}

function engineSays(layers: Layers): Said {
  const tars = layers.map((entries) => encodeTar(entries));
  const view = createUnionView(tars.map((tar) => indexTar(tar)));
  const tree = Array.from(view.walk(), (entry) => {
    const first = view.hardLinkOf(entry);
    // The same answer by another way: looked up from the root.
    assert.deepEqual(view.toEntry(view.at(entry.path)!, entry.path), entry);
    const content = entry.type === 'file' ? contentOf(view, tars, entry).toString() : '';
    return line(entry.path.slice(1), fromEntry(entry, content), first?.slice(1));
  });
  return { tree, issues: [...new Set<string>(view.problems().map(({ code }) => code))].sort() };
}

function fromEntry(entry: RootfsEntry, content: string): Omit<Item, 'isImplied'> {
  const { type, mode, uid, gid, mtime, linkTarget = '', device, xattrs } = entry;
  return {
    type,
    mode,
    uid,
    gid,
    mtime,
    content,
    link: linkTarget,
    dev: device === undefined ? '' : `${device.major}:${device.minor}`,
    xattrs: JSON.stringify([...(xattrs ?? [])]),
  };
}

function modelSays(layers: Layers): Said {
  const { tree, issues } = naiveUnion(layers);
  const paths = [...tree.keys()].sort(byComponents);
  const names = new Map<Item, string[]>();
  for (const path of paths) names.set(tree.get(path)!, [...(names.get(tree.get(path)!) ?? []), path]);
  const lines = paths.map((path) => {
    const item = tree.get(path)!;
    const group = names.get(item) ?? [];
    return line(path, item, group.length > 1 && item.type !== 'dir' ? group[0] : undefined);
  });
  return { tree: lines, issues: [...issues].sort() };
}

function line(path: string, item: Omit<Item, 'isImplied'>, first: string | undefined): string {
  const { type, mode, uid, gid, mtime = '-', content, link, dev, xattrs } = item;
  return [path, type, mode.toString(8), uid, gid, mtime, content, link, dev, xattrs, first ?? ''].join(' | ');
}

function byComponents(a: string, b: string): number {
  const [one, other] = [a.split('/'), b.split('/')];
  for (const [at, name] of one.entries()) {
    const against = other[at];
    if (against === undefined) return 1;
    if (name !== against) return name < against ? -1 : 1;
  }
  return -1;
}

function describeLayers(layers: Layers): string {
  return layers
    .map((entries, at) => `layer ${at}\n${entries.map((each) => `  ${JSON.stringify(each)}`).join('\n')}`)
    .join('\n');
}

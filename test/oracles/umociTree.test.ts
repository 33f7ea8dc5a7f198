import assert from 'node:assert/strict';
import { lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { createUnionView } from '../../src/engine/rootfs/unionView.ts';
import { orSkip } from '../machine/missing.mjs';
import { requireTool } from '../machine/oracleTools.mjs';
import { run } from '../machine/processes.mjs';
import { buildImage } from '../support/buildImage.ts';
import { isFullRun } from '../support/fullRun.ts';
import { portableLayers } from '../support/portableLayers.ts';
import { Random } from '../support/random.ts';
import type { TarEntrySpec } from '../support/tarBytes.ts';
import { tempDir } from '../support/tempDir.ts';
import { contentOf, indexTar } from '../support/unionOf.ts';
import { writeOciLayout } from '../support/writeOciLayout.ts';

const stacks = isFullRun ? 3000 : 300;

describe('umoci unpacks random stacks to our tree', function () {
  this.timeout(170_000);
  let umoci: string;
  before(async function () {
    umoci = await orSkip(this, () => Promise.resolve(requireTool('umoci')));
    // Owners and devices are part of the tree.
    if (process.getuid?.() !== 0) this.skip();
  });

  it(`of ${stacks} seeds, side by side in one image`, async () => {
    const layers = sideBySide(
      Array.from({ length: stacks }, (_, seed) => portableLayers(new Random(seed), `s${seed}`)),
    );
    const image = buildImage(layers, { names: ['random:latest'] });
    const folder = tempDir();
    writeOciLayout(image, folder.file('layout'), { names: 'skopeo' });
    await run(umoci, ['unpack', '--image', `${folder.file('layout')}:latest`, folder.file('bundle')]);
    const theirs = listUnpacked(folder.file('bundle', 'rootfs'));
    const ours = listUnion(image.layers.map(({ tar }) => tar));
    assert.ok(ours.length > stacks * 3);
    for (const [at, line] of ours.entries()) assert.equal(line, theirs[at]);
    assert.equal(ours.length, theirs.length);
  });
});

/** One stack of all stacks: their lowest layers in one layer, and so on. */
function sideBySide(all: readonly (readonly TarEntrySpec[])[][]): TarEntrySpec[][] {
  const depth = Math.max(...all.map((layers) => layers.length));
  return Array.from({ length: depth }, (_, at) => all.flatMap((layers) => layers[at] ?? []));
}

function listUnion(tars: readonly Buffer[]): readonly string[] {
  const view = createUnionView(tars.map((tar) => indexTar(tar)));
  return Array.from(view.walk(), (entry) => {
    const { type, mode, uid, gid, mtime, linkTarget, device } = entry;
    const name = entry.path.slice(1);
    return line({
      name,
      type,
      mode,
      uid,
      gid,
      // umoci gives a directory the time of its last change inside, and one that nobody lists the time of now.
      mtime: type === 'dir' ? '' : (mtime ?? ''),
      content: type === 'file' ? contentOf(view, tars, entry).toString() : (linkTarget ?? ''),
      device: device === undefined ? '' : `${device.major}:${device.minor}`,
      first: view.hardLinkOf(entry)?.slice(1) ?? '',
    });
  });
}

function listUnpacked(rootfs: string): readonly string[] {
  const firsts = new Map<number, string>();
  return namesBelow(rootfs, '').map((name) => {
    const file = path.join(rootfs, name);
    const status = lstatSync(file);
    const type = typeOf(status);
    const isLinked = type !== 'dir' && status.nlink > 1;
    if (isLinked && !firsts.has(status.ino)) firsts.set(status.ino, name);
    const isDevice = type === 'char' || type === 'block';
    return line({
      name,
      type,
      mode: status.mode & 0o7777,
      uid: status.uid,
      gid: status.gid,
      mtime: type === 'dir' ? '' : String(Math.floor(status.mtimeMs / 1000)),
      content: type === 'file' ? readFileSync(file, 'utf8') : type === 'symlink' ? readlinkSync(file) : '',
      device: isDevice ? `${status.rdev >> 8}:${status.rdev & 0xff}` : '',
      first: isLinked ? (firsts.get(status.ino) ?? '') : '',
    });
  });
}

/** Depth first, by bytes. */
function namesBelow(root: string, directory: string): string[] {
  const entries = readdirSync(path.join(root, directory), { withFileTypes: true });
  const byName = entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  return byName.flatMap((entry) => {
    const name = directory === '' ? entry.name : `${directory}/${entry.name}`;
    return entry.isDirectory() ? [name, ...namesBelow(root, name)] : [name];
  });
}

function typeOf(status: ReturnType<typeof lstatSync>): string {
  if (status?.isFile() === true) return 'file';
  if (status?.isDirectory() === true) return 'dir';
  if (status?.isSymbolicLink() === true) return 'symlink';
  if (status?.isFIFO() === true) return 'fifo';
  return status?.isCharacterDevice() === true ? 'char' : 'block';
}

interface Line {
  readonly name: string;
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: string;
  readonly content: string;
  readonly device: string;
  readonly first: string;
}

function line({ name, type, mode, uid, gid, mtime, content, device, first }: Line): string {
  return [name, type, mode.toString(8), uid, gid, mtime, content, device, first].join(' | ');
}

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { hexIfNotUtf8 } from '../../../src/engine/base/layerPath.ts';
import type { RootfsEntry } from '../../../src/engine/rootfs/rootfs.ts';
import { type MergedView, createUnionView } from '../../../src/engine/rootfs/unionView.ts';
import { type ExpectedEntry, unionCases } from '../../support/fixtures.ts';
import { contentOf, indexTar } from '../../support/unionOf.ts';

describe('The union equals the shared vectors', () => {
  for (const { id, title, tars, expect } of unionCases())
    it(`${id}: ${title}`, () => {
      const view = createUnionView(tars.map((tar) => indexTar(tar)));
      const tree = Array.from(view.walk(), (entry, at) => describeEntry(view, tars, entry, expect.tree[at]));
      assert.deepEqual(tree, expect.tree);
      assert.deepEqual(
        [...new Set(view.problems().map(({ code }) => code))].sort(),
        [...expect.issues].sort(),
      );
    });
});

/** An entry as the vectors write it; content in the form the expected one has. */
function describeEntry(
  view: MergedView,
  tars: readonly Buffer[],
  entry: RootfsEntry,
  expected: ExpectedEntry | undefined,
): ExpectedEntry {
  const path = entry.path.slice(1);
  const pathHex = hexIfNotUtf8(path);
  const content = entry.type === 'file' ? contentOf(view, tars, entry) : undefined;
  const first = view.hardLinkOf(entry);
  return {
    path: text(path),
    ...(pathHex === undefined ? {} : { pathHex }),
    type: entry.type,
    mode: entry.mode.toString(8).padStart(4, '0'),
    uid: entry.uid,
    gid: entry.gid,
    ...(content === undefined ? {} : { size: entry.size, ...describeContent(content, expected) }),
    ...(entry.mtime === undefined ? {} : { mtime: entry.mtime }),
    ...(entry.linkTarget === undefined ? {} : { link: text(entry.linkTarget) }),
    ...(entry.device === undefined ? {} : { dev: `${entry.device.major}:${entry.device.minor}` }),
    ...(first === undefined ? {} : { hardlinkOf: text(first.slice(1)) }),
    ...(entry.xattrs === undefined ? {} : { xattrs: hexValues(entry.xattrs) }),
  };
}

function describeContent(content: Buffer, expected: ExpectedEntry | undefined): Partial<ExpectedEntry> {
  if (expected?.data !== undefined) return { data: content.toString() };
  return { sha256: createHash('sha256').update(content).digest('hex') };
}

function hexValues(xattrs: ReadonlyMap<string, string>): Record<string, string> {
  return Object.fromEntries(
    [...xattrs].map(([name, value]) => [name, Buffer.from(value, 'latin1').toString('hex')]),
  );
}

function text(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}

import assert from 'node:assert/strict';
import type { ContextView } from '../../../../src/engine/build/cache/contextView.ts';
import { contentDigest } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { sourceOf } from '../../../../src/engine/build/vertices/inputList.ts';
import { unchangedContent } from '../../../../src/engine/builders/imageEvidence/unchangedContent.ts';
import { contentTree } from '../../../support/contentTree.ts';
import { treeView, type TreeViewOptions } from '../../../support/treeView.ts';

const files = { 'a.txt': 'a', 'b.txt': 'b' };
const rules = keyFormatOf('v0.33.0');
const read = [{ path: '/a.txt', include: [], exclude: [], allowsWildcards: true }];

describe('What a build read of a directory', () => {
  it('is what is there where nothing was done to it since', async () => {
    const digest = contentDigest(contentTree(files), [sourceOf('/a.txt')], rules);
    assert.deepEqual(await ask(9), { kind: 'same', digest });
  });

  it('is not known of what was changed since, nor at that moment', async () => {
    for (const byMs of [10, 11]) {
      const told = await ask(byMs);
      assert.ok(told?.kind === 'finding');
      const { state, reason } = told.finding;
      assert.deepEqual([state, reason.code, reason.subject], ['unknown', 'changed-since', 'a.txt']);
    }
  });

  it('is not told by times that are not known, of files that are gone, or that the builder may not look at', async () => {
    assert.equal(await ask(Infinity), undefined);
    const gone = [{ path: '/gone', include: [], exclude: [], allowsWildcards: true }];
    assert.equal(await unchangedContent(gone, { view: viewOf(9), startedAt: 10 }, rules), undefined);
    assert.equal(await ask(9, { counted: { ...files, 'a.txt': 'other' } }), undefined);
  });

  function ask(byMs: number, options: TreeViewOptions = {}): ReturnType<typeof unchangedContent> {
    return unchangedContent(read, { view: viewOf(byMs, options), startedAt: 10 }, rules);
  }

  function viewOf(byMs: number, options: TreeViewOptions = {}): ContextView {
    const view = treeView(files, options);
    return { ...view, lastChange: () => Promise.resolve({ byMs, path: 'a.txt' }) };
  }
});

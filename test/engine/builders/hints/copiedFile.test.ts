import assert from 'node:assert/strict';
import { LayerChanges } from '../../../../src/engine/compare/layerChanges.ts';
import { copiedFile } from '../../../../src/engine/builders/hints/copiedFile.ts';
import type { LayerLiteral } from '../../../support/buildImage.ts';
import { unionOf } from '../../../support/unionOf.ts';

describe('copiedFile', () => {
  it('finds what a directory brought by the end of its path', () => {
    const layer = { 'app/app.py': 'x', 'app/lib/app.py': 'x', 'app/lib/util.py': 'x' };
    assert.equal(pathOf(layer, 'lib/app.py'), '/app/lib/app.py');
    assert.equal(pathOf(layer, 'app.py'), '/app/app.py');
    assert.equal(pathOf(layer, 'source/lib/util.py'), '/app/lib/util.py');
  });

  it('finds the only file under another name', () => {
    assert.equal(pathOf({ 'etc/nginx/nginx.conf': 'x' }, 'web.conf'), '/etc/nginx/nginx.conf');
  });

  it('names none where several could be it', () => {
    assert.equal(pathOf({ 'a/app.py': 'x', 'b/app.py': 'x' }, 'app.py'), undefined);
    assert.equal(pathOf({ 'a/one': 'x', 'a/two': 'x' }, 'three'), undefined);
  });
});

function pathOf(layer: LayerLiteral, path: string): string | undefined {
  return copiedFile([...new LayerChanges(unionOf([layer])).all()], path)?.path;
}

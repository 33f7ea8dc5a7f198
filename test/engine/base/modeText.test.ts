import assert from 'node:assert/strict';
import { modeText } from '../../../src/engine/base/modeText.ts';

describe('modeText', () => {
  it('writes modes as ls does', () => {
    assert.equal(modeText('file', 0o644), '-rw-r--r--');
    assert.equal(modeText('dir', 0o1777), 'drwxrwxrwt');
    assert.equal(modeText('file', 0o4755), '-rwsr-xr-x');
    assert.equal(modeText('file', 0o2644), '-rw-r-Sr--');
    assert.equal(modeText('symlink', 0o777), 'lrwxrwxrwx');
    assert.equal(modeText('char', 0o1000), 'c--------T');
  });
});

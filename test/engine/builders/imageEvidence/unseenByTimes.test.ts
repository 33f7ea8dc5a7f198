import assert from 'node:assert/strict';
import type { SelectedFile } from '../../../../src/engine/build/cache/contextView.ts';
import { unseenByTimes } from '../../../../src/engine/builders/imageEvidence/unseenByTimes.ts';

const builtAt = 1_000_000;

describe('What a builder may have overlooked since a build, by the times of files', () => {
  it('is what was changed and has an older time', () => {
    assert.deepEqual(hidden(file('a', 5, 5)), []);
    assert.deepEqual(hidden(file('a', builtAt + 9000, builtAt + 9000)), []);
    assert.deepEqual(hidden(file('a', 5, builtAt + 9000)), ['a']);
    assert.deepEqual(hidden(file('a', builtAt + 1, builtAt + 9000)), ['a']);
  });

  it('is told by the time of its bytes alone where a file was written just now', () => {
    assert.deepEqual(hidden(file('a', builtAt + 1)), []);
    assert.deepEqual(hidden(file('a', builtAt - 1)), ['a']);
  });

  it('is the mode of a directory, unless something came into it', () => {
    const directory: SelectedFile = {
      ...{ path: 'd', source: 0, type: 'directory', mode: 0o755, size: 0 },
      changedMs: builtAt + 9000,
    };
    assert.deepEqual(hidden(directory, file('d/a', 5, 5)), ['d']);
    assert.deepEqual(hidden(directory, file('d/a', builtAt + 9000, builtAt + 9000)), []);
    assert.deepEqual(hidden(directory, file('e/a', builtAt + 9000, builtAt + 9000)), ['d']);
    assert.deepEqual(hidden({ ...directory, changedMs: 5 }), []);
  });
});

function hidden(...files: readonly SelectedFile[]): readonly string[] {
  return unseenByTimes(files, builtAt).map(({ path }) => path);
}

function file(path: string, mtimeMs: number, changedMs?: number): SelectedFile {
  const known = changedMs === undefined ? {} : { changedMs };
  return { path, source: 0, type: 'file', mode: 0o644, size: 1, mtimeMs, ...known };
}

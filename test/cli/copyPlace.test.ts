import assert from 'node:assert/strict';
import {
  type CopyPlace,
  type CopySource,
  meansContents,
  meansDirectory,
  placeOf,
} from '../../src/cli/copyPlace.ts';
import { isEngineError } from '../../src/engine/index.ts';

const file: CopySource = { isDirectory: false, isContents: false, name: 'f' };
const folder: CopySource = { isDirectory: true, isContents: false, name: 'd' };
const contents: CopySource = { isDirectory: true, isContents: true, name: 'd' };

// The table of docker's documentation of `docker cp`.
describe('placeOf', () => {
  const places: readonly (readonly [CopySource, string, 'directory' | 'other' | undefined, CopyPlace])[] = [
    [file, '/to', undefined, { in: 'parent' }],
    [file, '/to', 'other', { in: 'parent' }],
    [file, '/to', 'directory', { in: 'destination', name: 'f' }],
    [file, '/to/', 'directory', { in: 'destination', name: 'f' }],
    [folder, '/to', undefined, { in: 'parent' }],
    [folder, '/to/', undefined, { in: 'parent' }],
    [folder, '/to', 'directory', { in: 'destination', name: 'd' }],
    [contents, '/to', undefined, { in: 'parent' }],
    [contents, '/to', 'directory', { in: 'destination', name: undefined }],
  ];
  for (const [source, path, there, place] of places)
    it(`${source.isContents ? 'contents' : source.name} to ${path}, where there is ${there ?? 'nothing'}`, () => {
      assert.deepEqual(placeOf(source, { path, there }), place);
    });

  it('refuses what cannot be', () => {
    const refused = (source: CopySource, path: string, there?: 'other'): void => {
      assert.throws(() => placeOf(source, { path, there }), isEngineError);
    };
    refused(file, '/to/');
    refused(file, '/to/.');
    refused(file, '/to/', 'other');
    refused(folder, '/to', 'other');
    refused(contents, '/to', 'other');
  });

  it('knows what a path says by its end', () => {
    for (const path of ['/', './', '.', 'a/', 'a/.', '/a/b/']) assert.ok(meansDirectory(path), path);
    for (const path of ['a', 'a.', '.a', '/a/..b', '']) assert.ok(!meansDirectory(path), path);
    for (const path of ['.', './.', '/a/.']) assert.ok(meansContents(path), path);
    for (const path of ['a/', '/', 'a.', '..']) assert.ok(!meansContents(path), path);
  });
});

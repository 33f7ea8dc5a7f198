import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { documentUri, imageIdOf, parseDocumentUri, parseRootfsUri, rootfsUri } from '../../src/editor/uri.ts';
import { byteName, fromText, isEngineError, joinPath, rootPath, type Image } from '../../src/engine/index.ts';

const id = '0123456789abcdef0123456789abcdef';

function imageNamed(...names: string[]): Image {
  return {
    id,
    core: { names, layers: [], attachments: [], problems: [] },
    names,
    imageId: undefined,
    config: undefined,
    platform: undefined,
    layers: [],
    steps: [],
    problems: [],
  };
}

/** As a URI comes back from a restart: written as text and parsed. */
function stored(uri: vscode.Uri): vscode.Uri {
  return vscode.Uri.parse(uri.toString(), true);
}

describe('uri', () => {
  it('brings every byte of a name back', () => {
    for (let byte = 1; byte < 256; byte++) {
      if (byte === 0x2f) continue;
      const name = byteName(`a${String.fromCharCode(byte)}b`);
      const path = joinPath(rootPath, name);
      const place = parseRootfsUri(stored(rootfsUri(imageNamed(), path, 3)));
      assert.deepEqual(place, { imageId: id, upTo: 3, path }, `byte ${byte}`);
    }
  });

  it('brings names back that mean something in a URI', () => {
    for (const text of [
      'a?b',
      'a#b',
      'a%20b',
      'a%2fb',
      'a\\b',
      'a:b',
      'a@b',
      '..a',
      '...',
      'a b',
      '+',
      '~',
    ]) {
      const path = joinPath(rootPath, byteName(text));
      assert.equal(parseRootfsUri(stored(rootfsUri(imageNamed(), path))).path, path, text);
    }
  });

  it('shows nothing that turns a line around, and brings it back', () => {
    for (const text of [
      '\u202egnp.exe',
      'a\x1b[31m',
      '\u2066x\u2069',
      'zero\u200bwidth',
      '\uf71b',
      '\uf780',
      '\x7f\x85',
      '\u{e0041}',
    ]) {
      const path = joinPath(rootPath, fromText(text));
      const uri = stored(rootfsUri(imageNamed(), path));
      assert.doesNotMatch(uri.path, /[\p{Cc}\p{Cf}\u2028\u2029]/u, JSON.stringify(text));
      assert.equal(parseRootfsUri(uri).path, path, JSON.stringify(text));
    }
  });

  it('keeps the id whatever the image is called', () => {
    for (const name of [
      'docker.io/library/nginx:1.27',
      'host:5000/a/b:V1-RC',
      'x\u202ey:1',
      '--/--',
      'a@b#c?d',
      '한글:1',
    ]) {
      const uri = stored(rootfsUri(imageNamed(name), rootPath, 2));
      assert.deepEqual(parseRootfsUri(uri), { imageId: id, upTo: 2, path: rootPath }, name);
      assert.equal(imageIdOf(uri), id);
    }
  });

  it('shows the name of the image to people', () => {
    const { authority } = rootfsUri(imageNamed('docker.io/library/nginx:1.27'), rootPath);
    assert.equal(authority, `${id}+nginx:1.27`);
  });

  it('refuses foreign addresses', () => {
    for (const text of [
      'lamina://nginx/etc',
      `lamina://${id}x/etc`,
      `lamina://${id}-/etc`,
      `file:///${id}`,
    ]) {
      assert.throws(
        () => parseRootfsUri(vscode.Uri.parse(text)),
        (error) => isEngineError(error, 'invalid-path'),
        text,
      );
    }
  });

  it('brings documents back', () => {
    const uri = stored(documentUri(imageNamed(), 'changes', 'a/b \u202e.txt', 4));
    assert.deepEqual(parseDocumentUri(uri), { imageId: id, kind: 'changes', layer: 4, others: [] });
    assert.equal(imageIdOf(uri), id);
    assert.throws(() => parseDocumentUri(vscode.Uri.parse(`lamina-document://${id}/other/x`)));
  });
});

import assert from 'node:assert/strict';
import { extract, type Header } from 'tar-stream';
import { paddedLength, tarEnd } from '../../../src/engine/archive/tarHeader.ts';
import { directoryHeader, fileHeader } from '../../../src/engine/transfer/tarFrame.ts';

describe('tarFrame', () => {
  const long = `blobs/sha512/${'a'.repeat(128)}`;
  for (const [name, size] of [
    ['oci-layout', 0],
    [`blobs/sha256/${'0'.repeat(64)}`, 1],
    ['x'.repeat(100), 8 ** 11 - 1],
    [long, 30],
    ['beyond octal', 8 ** 11],
    [long, 2 ** 45],
  ] as const)
    it(`writes ${name.slice(0, 20)}… of ${size} bytes so that others read it`, async () => {
      const header = await headerOf(fileHeader(name, size));
      assert.deepEqual([header.name, header.size, header.type], [name, size, 'file']);
      assert.deepEqual([header.mode, header.uid, header.gid, header.mtime.getTime()], [0o644, 0, 0, 0]);
    });

  it('writes directories', async () => {
    const header = await headerOf(Buffer.concat([directoryHeader('blobs/'), tarEnd]));
    assert.deepEqual([header.name, header.type, header.mode], ['blobs/', 'directory', 0o755]);
  });

  it('pads to whole blocks', () => {
    assert.deepEqual([0, 1, 511, 512, 513].map(paddedLength), [0, 512, 512, 512, 1024]);
  });
});

/** The first header that tar-stream finds; the content need not follow. */
function headerOf(bytes: Uint8Array): Promise<Header> {
  return new Promise((resolve, reject) => {
    const reader = extract();
    reader.on('entry', (header) => {
      resolve(header);
    });
    reader.on('error', reject);
    reader.write(bytes);
  });
}

import assert from 'node:assert/strict';
import { parseLayerType } from '../../../src/engine/oci/mediaType.ts';

describe('parseLayerType', () => {
  const plain = { compression: 'tar', isForeign: false, isEncrypted: false };
  const types = {
    'application/vnd.oci.image.layer.v1.tar': plain,
    'application/vnd.oci.image.layer.v1.tar+gzip': { ...plain, compression: 'gzip' },
    'application/vnd.oci.image.layer.v1.tar+zstd': { ...plain, compression: 'zstd' },
    'application/vnd.oci.image.layer.v1.tar+gzip+encrypted': {
      ...plain,
      compression: 'gzip',
      isEncrypted: true,
    },
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip': {
      ...plain,
      compression: 'gzip',
      isForeign: true,
    },
    'application/vnd.docker.image.rootfs.diff.tar': plain,
    'application/vnd.docker.image.rootfs.diff.tar.gzip': { ...plain, compression: 'gzip' },
    'application/vnd.docker.image.rootfs.diff.tar.zstd': { ...plain, compression: 'zstd' },
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip': {
      ...plain,
      compression: 'gzip',
      isForeign: true,
    },
    'application/vnd.in-toto+json': undefined,
    'application/vnd.erofs.layer.v1': undefined,
    '': undefined,
  };
  for (const [mediaType, expected] of Object.entries(types))
    it(mediaType || 'nothing', () => {
      assert.deepEqual(parseLayerType(mediaType), expected);
    });
});

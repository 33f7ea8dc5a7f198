import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type FailureCode, isEngineError } from '../../../../src/engine/base/errors.ts';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import { BlobCache } from '../../../../src/engine/sources/blobCache.ts';
import { contentSize } from '../../../../src/engine/sources/contentStore/contentCalls.ts';
import { ContentLayers } from '../../../../src/engine/sources/contentStore/contentLayers.ts';
import { fetchInPlace } from '../../../../src/engine/sources/fetchWork.ts';
import { GrpcClient } from '../../../../src/engine/sources/grpc/grpcClient.ts';
import { type FakeCall, message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';
import { tempDir } from '../../../support/tempDir.ts';

const blob = Buffer.from('the bytes of a layer '.repeat(1000));
const digest = digestOf(blob);

/** A store of one blob. @param given what it says that the blob's bytes are. */
function storeOf(given: Buffer = blob, breaks?: (call: FakeCall) => boolean): (call: FakeCall) => void {
  return (call) => {
    const { method, request, send, end, stream } = call;
    if (request.text(1) !== digest) {
      end(5, 'not found');
      return;
    }
    if (method.endsWith('/Info')) send(message([1, message([1, digest], [2, given.length])]));
    else {
      const from = request.integer(2);
      send(message([1, from], [2, given.subarray(from, from + 5000)]));
      if (breaks?.(call) === true) {
        stream.close(2);
        return;
      }
      send(message([2, given.subarray(from + 5000)]));
    }
    end();
  };
}

function layersIn(directory: string): ContentLayers {
  const cache = new BlobCache({ directory });
  return new ContentLayers({ cache, work: fetchInPlace({ fetchedDirectory: directory }) });
}

const failsWith =
  (code: FailureCode) =>
  (error: unknown): boolean =>
    isEngineError(error, code);

describe('a layer of a content store', () => {
  it('has the size that its store tells, and none where it is not', async () => {
    await using server = await startFakeBuildkit(storeOf());
    using grpc = new GrpcClient(server.endpoint);
    assert.equal(await contentSize(grpc, digest), blob.length);
    assert.equal(await contentSize(grpc, digestOf(Buffer.from('absent'))), undefined);
  });

  it('is brought once for all who wait, and is here from then on', async () => {
    await using server = await startFakeBuildkit(storeOf());
    const layer = layersIn(tempDir().path).layer({ endpoint: server.endpoint, digest, size: blob.length });
    const [one, other] = await Promise.all([layer.fetch(), layer.fetch()]);
    assert.deepEqual(readFileSync(one.file), blob);
    assert.deepEqual(other, one);
    await layer.fetch();
    assert.deepEqual(server.calls, ['Content/Read']);
    await layer.forget?.();
    await layer.fetch();
    assert.equal(server.calls.length, 2);
  });

  it('is gone on with where it broke', async () => {
    const asked: number[] = [];
    const breaks = ({ request }: FakeCall): boolean => asked.push(request.integer(2)) === 1;
    await using server = await startFakeBuildkit(storeOf(blob, breaks));
    const layer = layersIn(tempDir().path).layer({ endpoint: server.endpoint, digest, size: blob.length });
    await assert.rejects(layer.fetch());
    assert.deepEqual(readFileSync((await layer.fetch()).file), blob);
    assert.deepEqual(asked, [0, 5000]);
  });

  it('is not taken for another', async () => {
    await using server = await startFakeBuildkit(storeOf(Buffer.from(blob.toString().toUpperCase())));
    const directory = tempDir().path;
    const layer = layersIn(directory).layer({ endpoint: server.endpoint, digest, size: blob.length });
    await assert.rejects(layer.fetch(), failsWith('digest-mismatch'));
    assert.equal(await new BlobCache({ directory }).whole(layer.identity), undefined);
  });

  it('may be gone', async () => {
    await using server = await startFakeBuildkit(storeOf());
    const absent = { digest: digestOf(Buffer.from('absent')), size: 6 };
    const layer = layersIn(tempDir().path).layer({ endpoint: server.endpoint, ...absent });
    await assert.rejects(layer.fetch(), failsWith('not-found'));
  });
});

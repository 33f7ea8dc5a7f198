import assert from 'node:assert/strict';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import type { BlobContent } from '../../../../src/engine/sources/registry/registryClient.ts';
import {
  type Answer,
  type ScriptedAnswer,
  type ScriptedServer,
  startScriptedServer,
} from '../../../support/hostileRegistry.ts';
import { blobOf, failure, type WatchedClient, watchClient } from '../../../support/registryClients.ts';

const bytes = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));
const blob = blobOf(bytes, 64);

/** A registry as the specification has it, that counts what it has, and can be hindered. */
describe('uploads', () => {
  let registry: ScriptedServer;
  let watched: WatchedClient;
  let upload: { received: Buffer; step: number; isForgotten: boolean };
  let stored: Map<string, Buffer>;
  /** Looks at each request first; undefined lets it pass. */
  let hinder: (...asked: Parameters<Answer>) => ScriptedAnswer | 'cut' | undefined;

  beforeEach(async () => {
    upload = { received: Buffer.alloc(0), step: 0, isForgotten: false };
    stored = new Map();
    hinder = () => undefined;
    registry = await startScriptedServer((request, response) => {
      const hindered = hinder(request, response);
      if (hindered !== 'cut') return hindered ?? specified(request, response);
      response.socket?.destroy();
      return undefined;
    });
    watched = watchClient({ domain: `127.0.0.1:${registry.port}` });
  });

  afterEach(async () => {
    watched.client.close();
    await registry.stop();
  });

  const specified: Answer = ({ method, url, headers, body }) => {
    const { pathname, searchParams } = new URL(url, 'http://here');
    const sent = Buffer.from(body, 'latin1');
    if (method === 'POST') {
      upload = { received: Buffer.alloc(0), step: upload.step, isForgotten: false };
      return { status: 202, headers: progress() };
    }
    if (pathname.includes('/blobs/sha256'))
      return { status: stored.has(pathname.split('/').at(-1) ?? '') ? 200 : 404 };
    if (method === 'GET') return upload.isForgotten ? { status: 404 } : { status: 204, headers: progress() };
    if (method === 'DELETE') return { status: 204 };
    if (searchParams.get('step') !== String(upload.step)) return { status: 404 };
    const start = /^(\d+)-/.exec(headers['content-range'] ?? '')?.[1];
    if (start !== undefined && Number(start) !== upload.received.length)
      return { status: 416, headers: progress() };
    upload.received = Buffer.concat([upload.received, sent]);
    if (method === 'PATCH') return { status: 202, headers: progress() };
    const digest = searchParams.get('digest') ?? '';
    if (digestOf(upload.received) !== digest)
      return { status: 400, body: '{"errors":[{"code":"DIGEST_INVALID"}]}' };
    stored.set(digest, upload.received);
    return { status: 201, headers: { 'Docker-Content-Digest': digest } };
  };

  /** Each step has another place: only the newest counts. */
  function progress(): Record<string, string> {
    const { received } = upload;
    return {
      Location: `/v2/app/blobs/uploads/1?a=b%2Fc&step=${++upload.step}`,
      Range: `0-${Math.max(0, received.length - 1)}`,
    };
  }

  const patches = () => registry.requests.filter(({ method }) => method === 'PATCH');
  const start = () => watched.client.startUpload('app');
  const assertStored = (): void => {
    assert.deepEqual(stored.get(blob.digest), bytes);
  };

  it('go as one PUT', async () => {
    await watched.client.uploadMonolithic(await start(), blob);
    assertStored();
    const put = registry.requests.at(-1);
    assert.equal(
      put?.url,
      `/v2/app/blobs/uploads/1?a=b%2Fc&step=1&digest=${encodeURIComponent(blob.digest)}`,
    );
    assert.equal(put.headers['content-length'], '1000');
  });

  it('go as one stream', async () => {
    await watched.client.uploadStreamed(await start(), blob);
    assertStored();
    assert.equal(patches().length, 1);
    assert.equal(patches()[0]?.headers['content-range'], undefined);
  });

  it('go in pieces, each to the newest place', async () => {
    await watched.client.uploadChunked(await start(), blob, 300);
    assertStored();
    assert.deepEqual(
      patches().map(({ headers }) => headers['content-range']),
      ['0-299', '300-599', '600-899', '900-999'],
    );
  });

  it('go in pieces as large as the registry wants', async () => {
    let isFirst = true;
    hinder = () => {
      if (!isFirst) return undefined;
      isFirst = false;
      return { status: 202, headers: { ...progress(), 'OCI-Chunk-Min-Length': '700' } };
    };
    const session = await start();
    assert.equal(session.minChunkSize, 700);
    await watched.client.uploadChunked(session, blob, 300);
    assert.deepEqual(
      patches().map(({ headers }) => headers['content-range']),
      ['0-699', '700-999'],
    );
  });

  it('of nothing, and of one byte', async () => {
    for (const each of [Buffer.alloc(0), Buffer.from('x')]) {
      await watched.client.uploadStreamed(await start(), blobOf(each));
      await watched.client.uploadMonolithic(await start(), blobOf(each));
      assert.deepEqual(stored.get(digestOf(each)), each);
    }
  });

  it('go on where the registry says, whatever was sent', async () => {
    let isFirst = true;
    hinder = ({ method, body }) => {
      if (method !== 'PATCH' || !isFirst) return undefined;
      isFirst = false;
      upload.received = Buffer.from(body.slice(0, 400), 'latin1');
      return { status: 202, headers: progress() };
    };
    await watched.client.uploadStreamed(await start(), blob);
    assertStored();
    assert.equal(patches()[1]?.headers['content-range'], '400-999');
  });

  it('go on after the registry expected another piece', async () => {
    upload.received = bytes.subarray(0, 500);
    const { step } = upload;
    const location = `http://127.0.0.1:${registry.port}/v2/app/blobs/uploads/1?a=b&step=${step}`;
    const ours = { kind: 'upload', path: 'app', location, offset: 200 } as const;
    await watched.client.uploadChunked(ours, blob, 300);
    assertStored();
    assert.deepEqual(
      patches().map(({ headers }) => headers['content-range']),
      ['200-499', '500-799', '800-999'],
    );
  });

  it('go on after the connection broke', async () => {
    let isFirst = true;
    hinder = ({ method, body }) => {
      if (method !== 'PATCH' || !isFirst) return undefined;
      isFirst = false;
      upload.received = Buffer.from(body.slice(0, 321), 'latin1');
      return 'cut';
    };
    await watched.client.uploadStreamed(await start(), blob);
    assertStored();
    assert.deepEqual(
      registry.requests.map(({ method }) => method),
      ['POST', 'PATCH', 'GET', 'PATCH', 'PUT'],
    );
    assert.equal(patches()[1]?.headers['content-range'], '321-999');
    assert.deepEqual(
      watched.notices.map(({ kind }) => kind),
      ['waiting'],
    );
  });

  it('begin anew where the registry has forgotten them', async () => {
    let isFirst = true;
    hinder = ({ method }) => {
      if (method !== 'PATCH' || !isFirst) return undefined;
      isFirst = false;
      upload.isForgotten = true;
      return 'cut';
    };
    await watched.client.uploadStreamed(await start(), blob);
    assertStored();
  });

  it('are looked for when the answer to their end was lost', async () => {
    for (const way of ['uploadStreamed', 'uploadMonolithic'] as const) {
      const session = await start();
      const before = registry.requests.length;
      hinder = ({ method }) => {
        if (method !== 'PUT') return undefined;
        stored.set(blob.digest, bytes);
        return 'cut';
      };
      await watched.client[way](session, blob);
      assert.equal(registry.requests.at(-1)?.method, 'HEAD');
      assert.ok(registry.requests.length - before <= 3);
      stored.clear();
    }
  });

  it('are not tried for ever', async () => {
    hinder = ({ method }) => {
      return method === 'PATCH' ? 'cut' : undefined;
    };
    await failure(watched.client.uploadStreamed(await start(), blob), 'unreachable');
    assert.equal(patches().length, 6);
  });

  it('of other bytes than they say are refused by the registry', async () => {
    const wrong: BlobContent = { ...blob, digest: digestOf(Buffer.from('other')) };
    await failure(watched.client.uploadMonolithic(await start(), wrong), 'digest-mismatch');
    await failure(watched.client.uploadStreamed(await start(), wrong), 'digest-mismatch');
  });

  it('of another length than they say are broken off', async () => {
    for (const size of [999, 1001]) {
      const wrong: BlobContent = { ...blob, size, open: () => blob.open({ start: 0, end: 1000 }) };
      await failure(watched.client.uploadMonolithic(await start(), wrong), 'changed');
      await failure(watched.client.uploadStreamed(await start(), wrong), 'changed');
    }
    assert.equal(stored.size, 0);
  });

  it('that cannot be read to their end are broken off, and say why', async () => {
    const broken: BlobContent = {
      ...blob,
      // eslint-disable-next-line @typescript-eslint/require-await -- it fails before it waits.
      async *open() {
        yield bytes.subarray(0, 10);
        throw Object.assign(new Error('gone'), { code: 'EACCES' });
      },
    };
    const error = await failure(watched.client.uploadStreamed(await start(), broken), 'denied');
    assert.match(error.detail, /gone/);
  });

  it('can be cancelled, by us and by their end', async () => {
    const cancel = new AbortController();
    hinder = ({ method }) => {
      if (method === 'PATCH') cancel.abort();
      return undefined;
    };
    const session = await start();
    await failure(watched.client.uploadStreamed(session, blob, { signal: cancel.signal }), 'cancelled');
    await watched.client.cancelUpload(session);
    assert.equal(registry.requests.at(-1)?.method, 'DELETE');
  });

  it('count what they send', async () => {
    let count = 0;
    const onBytes = (more: number): void => {
      count += more;
    };
    await watched.client.uploadChunked(await start(), blob, 300, { onBytes });
    assert.equal(count, 1000);
  });
});

import assert from 'node:assert/strict';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import { retryAfterMs } from '../../../../src/engine/sources/registry/retryWaits.ts';
import type { Timeouts } from '../../../../src/engine/sources/registry/registryAccess.ts';
import {
  type ScriptedAnswer,
  type ScriptedServer,
  startScriptedServer,
} from '../../../support/hostileRegistry.ts';
import { collect, failure, type WatchedClient, watchClient } from '../../../support/registryClients.ts';

const blob = Buffer.from('the bytes of a layer');
const digest = digestOf(blob);

describe('a busy registry', () => {
  let registry: ScriptedServer;
  let watched: WatchedClient;
  beforeEach(async () => {
    registry = await startScriptedServer(() => ({ body: blob }));
  });
  afterEach(async () => {
    watched.client.close();
    await registry.stop();
  });

  /** Answers like this as often, then rightly. */
  async function afterFailing(times: number, answer: ScriptedAnswer, timeouts: Partial<Timeouts> = {}) {
    watched = watchClient({ domain: `127.0.0.1:${registry.port}`, access: { timeouts } });
    await watched.client.ping();
    let left = times;
    registry.answer = () => (left-- > 0 ? answer : { body: blob });
    const before = registry.requests.length;
    return { client: watched.client, count: () => registry.requests.length - before };
  }

  const waits = () => watched.notices.filter((notice) => notice.kind === 'waiting');

  for (const status of [429, 500, 502, 503, 504])
    it(`that answers ${status} is asked again`, async () => {
      const { client, count } = await afterFailing(2, { status });
      assert.deepEqual(await read(client.getBlob('app', digest)), blob);
      assert.equal(count(), 3);
      assert.deepEqual(
        waits().map(({ reason }) => reason),
        Array<string>(2).fill(status === 429 ? 'rate-limited' : 'busy'),
      );
    });

  it('is asked again five times, and then it is told why', async () => {
    const headers = {
      'RateLimit-Limit': '100;w=21600',
      'RateLimit-Remaining': '0;w=21600',
      'Retry-After': '0',
    };
    const body = JSON.stringify({
      errors: [{ code: 'TOOMANYREQUESTS', message: 'you have reached your limit' }],
    });
    const { client, count } = await afterFailing(99, { status: 429, headers, body });
    const error = await failure(client.getManifest('app', 'latest'), 'rate-limited');
    assert.equal(count(), 6);
    assert.match(error.detail, /TOOMANYREQUESTS: you have reached your limit/);
    assert.match(error.detail, /ratelimit-limit: 100;w=21600, ratelimit-remaining: 0;w=21600/);
    const limits = watched.notices.filter(({ kind }) => kind === 'limit');
    assert.deepEqual(limits[0], { kind: 'limit', limit: 100, remaining: 0, windowSeconds: 21600 });
  });

  for (const status of [400, 401, 403, 404, 501])
    it(`is not asked again after ${status}`, async () => {
      const { client, count } = await afterFailing(1, { status });
      await assert.rejects(client.getManifest('app', 'latest'));
      assert.equal(count(), 1);
    });

  it('is given the time it asks for', async () => {
    const { client } = await afterFailing(1, { status: 429, headers: { 'Retry-After': '1' } });
    const startMs = performance.now();
    await read(client.getBlob('app', digest));
    assert.ok(performance.now() - startMs >= 990);
    assert.equal(waits()[0]?.seconds, 1);
  });

  for (const value of ['1000000000', '9'.repeat(400), 'Fri, 31 Dec 9999 23:59:59 GMT'])
    it(`that wants us to wait for ages (${value.slice(0, 12)}) is not waited for`, async () => {
      const { client, count } = await afterFailing(1, { status: 429, headers: { 'Retry-After': value } });
      const error = await failure(client.getManifest('app', 'latest'), 'rate-limited');
      assert.match(error.detail, /it asks to come back in/);
      assert.equal(count(), 1);
      assert.deepEqual(waits(), []);
    });

  it('is not waited for any longer than one wants', async () => {
    const { client } = await afterFailing(99, { status: 503, headers: { 'Retry-After': '60' } });
    const cancel = new AbortController();
    setTimeout(() => {
      cancel.abort();
    }, 50);
    const startMs = performance.now();
    await failure(client.getManifest('app', 'latest', { signal: cancel.signal }), 'cancelled');
    assert.ok(performance.now() - startMs < 2000);
    await failure(client.getManifest('app', 'latest', { signal: cancel.signal }), 'cancelled');
  });

  it('whose connections break is asked again', async () => {
    const { client, count } = await afterFailing(0, {});
    // The first time it may be that only a kept connection had ended.
    let left = 3;
    registry.answer = (_request, response) => {
      if (left-- <= 0) return { body: blob };
      response.socket?.destroy();
      return undefined;
    };
    assert.deepEqual(await read(client.getBlob('app', digest)), blob);
    assert.equal(count(), 4);
    assert.deepEqual(
      waits().map(({ reason }) => reason),
      ['unreachable', 'unreachable'],
    );
  });

  it('that has closed a kept connection is asked again at once', async () => {
    const { client } = await afterFailing(0, {});
    let isFirst = true;
    registry.answer = (_request, response) => {
      if (!isFirst) return { body: blob };
      isFirst = false;
      response.socket?.destroy();
      return undefined;
    };
    await read(client.getBlob('app', digest));
    assert.deepEqual(waits(), []);
  });

  it('is told to be away at once where nobody listens', async () => {
    await registry.stop();
    watched = watchClient({ domain: `127.0.0.1:${registry.port}` });
    const error = await failure(watched.client.getManifest('app', 'latest'), 'unreachable');
    assert.match(error.detail, /nobody listens there/);
    assert.deepEqual(waits(), []);
    registry = await startScriptedServer(() => ({ body: blob }));
  });

  it('is heard: each of its warnings once', async () => {
    const { client } = await afterFailing(0, {});
    const headers = { Warning: ['299 - "it is \\"old\\""', '299 - "go, away"', '199 - "not for us"'] };
    registry.answer = () => ({ headers, body: blob });
    await read(client.getBlob('app', digest));
    await read(client.getBlob('app', digest));
    assert.deepEqual(watched.notices, [
      { kind: 'warning', text: 'it is "old"' },
      { kind: 'warning', text: 'go, away' },
    ]);
  });

  it('reads Retry-After as seconds and as dates', () => {
    const nowMs = Date.parse('2024-05-01T10:00:00Z');
    assert.equal(retryAfterMs('120', nowMs), 120_000);
    assert.equal(retryAfterMs('Wed, 01 May 2024 10:00:30 GMT', nowMs), 30_000);
    assert.equal(retryAfterMs('Wed, 01 May 2024 09:00:00 GMT', nowMs), 0);
    for (const text of ['', 'soon', '-1', '1.5', '2024-05-01', 'NaN'])
      assert.equal(retryAfterMs(text, nowMs), undefined, text);
    assert.equal(retryAfterMs(undefined, nowMs), undefined);
  });
});

async function read(stream: Promise<{ readonly body: AsyncIterable<Buffer> }>): Promise<Buffer> {
  return Buffer.concat(await collect((await stream).body));
}

import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff, engineBackoff } from '../../../../src/engine/sources/dockerEngine/backoff.ts';
import { createEngineClient } from '../../../../src/engine/sources/dockerEngine/createEngineClient.ts';
import type { EngineEndpoint } from '../../../../src/engine/sources/dockerEngine/endpoint.ts';
import {
  createEngineEvents,
  type EngineEvents,
  type EngineNews,
} from '../../../../src/engine/sources/dockerEngine/engineEvents.ts';
import { type FakeEngine, sendJson, startFakeEngine } from '../../../support/fakeEngine.ts';
import { tempDir } from '../../../support/tempDir.ts';

const quick = { firstMs: 20, lastMs: 50, random: () => 1 };
/** Nothing but the socket's appearing ends the pause. */
const slow = { firstMs: 60_000, lastMs: 60_000, random: () => 1 };

interface Followed extends Disposable {
  readonly events: EngineEvents;
  /** `connecting`, `connected`, `lost unreachable`, `resync`, `container start`, … in the order heard. */
  readonly heard: readonly string[];
  listen(): () => void;
}

describe('The events of an engine', () => {
  it('ask nothing while nobody listens, and nothing any more when the last one is gone', async () => {
    await using engine = await startEventful();
    using followed = follow(engine.endpoint, quick);
    await sleep(30);
    assert.deepEqual([engine.requests, followed.events.state.kind], [[], 'idle']);
    const [first, second] = [followed.listen(), followed.listen()];
    await heard(followed, 'resync');
    first();
    first();
    await sleep(30);
    assert.equal(followed.events.state.kind, 'connected');
    second();
    assert.equal(followed.events.state.kind, 'idle');
    const { length } = engine.requests;
    await until(() => engine.connections.size <= 1);
    await sleep(100);
    assert.equal(engine.requests.length, length);
  });

  it('come as they happen, without those that change nothing', async () => {
    await using engine = await startEventful();
    using followed = follow(engine.endpoint, quick);
    followed.listen();
    await heard(followed, 'resync');
    for (const action of ['start', 'exec_start: sh', 'top', 'health_status: healthy', 'die'])
      engine.tell({ Type: 'container', Action: action });
    engine.tell({ Type: 'image', Action: 'tag' });
    await heard(followed, 'image tag');
    assert.deepEqual(followed.heard, [
      ...['connecting', 'connected', 'resync'],
      ...['container start', 'container health_status: healthy', 'container die', 'image tag'],
    ]);
    assert.match(engine.requests.at(-1) ?? '', /events\?filters=.*image.*container/);
  });

  it('tell a late listener to ask anew', async () => {
    await using engine = await startEventful();
    using followed = follow(engine.endpoint, quick);
    followed.listen();
    await heard(followed, 'resync');
    followed.listen();
    assert.equal(followed.heard.filter((each) => each === 'resync').length, 2);
  });

  it('say that the engine stopped, and come back by themselves', async () => {
    await using engine = await startEventful();
    using followed = follow(engine.endpoint, quick);
    followed.listen();
    await heard(followed, 'resync');
    engine.hangUp();
    await heard(followed, 'lost truncated');
    await until(() => followed.heard.filter((each) => each === 'resync').length === 2);
    assert.equal(followed.events.state.kind, 'connected');
  });

  it('ask anew what the engine is, since another one may have come back', async () => {
    await using engine = await startEventful();
    using followed = follow(engine.endpoint, quick);
    followed.listen();
    await heard(followed, 'resync');
    engine.become('1.41');
    engine.hangUp();
    await until(() => followed.heard.filter((each) => each === 'resync').length === 2);
    const { state } = followed.events;
    assert.equal(state.kind === 'connected' && state.capabilities.apiVersion, '1.41');
  });

  it('notice at once that the socket appears, in a folder that was not there either', async () => {
    using folder = tempDir();
    const path = folder.file('deep', 'er', 'engine.sock');
    using followed = follow({ kind: 'unix', path }, slow);
    followed.listen();
    await heard(followed, 'lost unreachable');
    assert.match(lostWords(followed), /the socket does not exist/);
    mkdirSync(dirname(path), { recursive: true });
    await sleep(120);
    await using engine = await startEventful(path);
    await heard(followed, 'resync');
    assert.equal(engine.connections.size > 0, true);
  });

  it('notice an engine that takes the place of a dead one’s socket', async () => {
    using folder = tempDir();
    const path = folder.file('engine.sock');
    const dead = await startEventful(path);
    using followed = follow({ kind: 'unix', path }, slow);
    followed.listen();
    await heard(followed, 'resync');
    await dead[Symbol.asyncDispose]();
    await until(() => followed.events.state.kind === 'lost');
    rmSync(path, { force: true });
    await using engine = await startEventful(path);
    assert.equal(engine.requests.length, 0);
    await until(() => followed.heard.filter((each) => each === 'resync').length === 2);
  });

  it('try again when the user wants it', async () => {
    let isReady = false;
    await using engine = await startFakeEngine((_request, response) => {
      if (isReady) sendJson(response, {});
      else response.writeHead(500).end('not yet');
    });
    using followed = follow(engine.endpoint, slow);
    followed.listen();
    await heard(followed, 'lost refused');
    isReady = true;
    followed.events.retryNow();
    await heard(followed, 'resync');
  });

  it('do not knock at a remote engine that never answered', async () => {
    using followed = follow({ kind: 'tcp', host: '127.0.0.1', port: 1 }, quick);
    followed.listen();
    await heard(followed, 'lost unreachable');
    await sleep(150);
    assert.deepEqual(followed.heard, ['connecting', 'lost unreachable']);
    const { state } = followed.events;
    assert.equal(state.kind === 'lost' && state.retryAtMs, undefined);
    followed.events.retryNow();
    await until(() => followed.heard.length === 4);
  });

  it('leave no timer and no watcher behind', async () => {
    using folder = tempDir();
    using followed = follow({ kind: 'unix', path: folder.file('none.sock') }, slow);
    await sleep(1);
    const before = process.getActiveResourcesInfo().sort().join();
    const stop = followed.listen();
    await heard(followed, 'lost unreachable');
    stop();
    await sleep(20);
    assert.equal(process.getActiveResourcesInfo().sort().join(), before);
    assert.equal(followed.events.state.kind, 'idle');
    followed.listen();
    await until(() => followed.heard.filter((each) => each === 'lost unreachable').length === 2);
  });
});

describe('The backoff', () => {
  it('doubles from half a second to half a minute, and begins anew', () => {
    const backoff = new Backoff({ ...engineBackoff, random: () => 1 });
    const pauses = Array.from({ length: 9 }, () => backoff.nextMs());
    assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
    backoff.reset();
    assert.equal(backoff.nextMs(), 500);
    for (let time = 0; time < 2000; time += 1) assert.ok(new Backoff().nextMs() >= 500);
  });
});

interface Eventful extends FakeEngine {
  tell(message: object): void;
  hangUp(): void;
  /** Another version from now on. */
  become(apiVersion: string): void;
}

async function startEventful(path?: string): Promise<Eventful> {
  const streams = new Set<ServerResponse>();
  const answer = (request: { readonly url?: string | undefined }, response: ServerResponse): void => {
    if (request.url?.includes('/events') !== true) {
      sendJson(response, {});
      return;
    }
    streams.add(response);
    response.flushHeaders();
  };
  const options: { path?: string; apiVersion?: string } = path === undefined ? {} : { path };
  const engine = await startFakeEngine(answer, options);
  return {
    ...engine,
    become: (apiVersion) => {
      options.apiVersion = apiVersion;
    },
    tell: (message) => {
      for (const stream of streams) stream.write(`${JSON.stringify(message)}\n`);
    },
    hangUp: () => {
      for (const stream of streams) stream.destroy();
      streams.clear();
    },
  };
}

function follow(endpoint: EngineEndpoint, backoff: typeof quick): Followed {
  const client = createEngineClient(endpoint);
  const events = createEngineEvents(client, { backoff });
  const heard: string[] = [];
  events.onDidChangeState((state) => {
    if (state.kind !== 'idle') heard.push(state.kind === 'lost' ? `lost ${state.error.code}` : state.kind);
  });
  const take = (news: EngineNews): void =>
    void heard.push(news.kind === 'resync' ? 'resync' : `${news.event.type} ${news.event.action}`);
  return {
    ...{ events, heard },
    listen: () => {
      const registration = events.onNews(take);
      return () => {
        registration.dispose();
      };
    },
    [Symbol.dispose]: () => {
      events[Symbol.dispose]();
      client[Symbol.dispose]();
    },
  };
}

function lostWords({ events }: Followed): string {
  return events.state.kind === 'lost' ? events.state.error.message : '';
}

async function heard(followed: Followed, words: string): Promise<void> {
  await until(() => followed.heard.includes(words));
}

async function until(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 1500;
  while (!isTrue()) {
    assert.ok(Date.now() < end, 'it did not come true in time');
    await sleep(5);
  }
}

import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import {
  EngineConnection,
  type EngineRequest,
} from '../../../../src/engine/sources/dockerEngine/connection.ts';
import type { EngineEndpoint } from '../../../../src/engine/sources/dockerEngine/endpoint.ts';
import { readBody } from '../../../../src/engine/sources/dockerEngine/readBody.ts';
import { type FakeEngine, startFakeEngine, startRawEngine } from '../../../support/fakeEngine.ts';
import { tempDir } from '../../../support/tempDir.ts';

const get: EngineRequest = { method: 'GET', path: '/x' };

describe('The connection to an engine', () => {
  it('keeps a connection for the next question', async () => {
    await using engine = await startFakeEngine((_request, response) => response.end('hello'));
    using connection = new EngineConnection(engine.endpoint);
    for (let time = 0; time < 3; time += 1)
      assert.equal(await text((await connection.request(get)).body), 'hello');
    assert.equal(engine.connections.size, 1);
  });

  it('takes another connection when the kept one has just ended', async () => {
    let count = 0;
    await using engine = await startRawEngine((socket) => {
      // The first connection answers once, and ends as soon as it is asked again.
      let asked = 0;
      count += 1;
      socket.on('data', () => {
        asked += 1;
        if (asked > 1) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    using connection = new EngineConnection(engine.endpoint);
    for (let time = 0; time < 2; time += 1)
      assert.equal(await text((await connection.request(get)).body), 'ok');
    assert.equal(count, 2);
  });

  it('says that there is no socket, and that nobody listens', async () => {
    using folder = tempDir();
    await failsAt(
      { kind: 'unix', path: folder.file('none.sock') },
      get,
      'unreachable',
      /the socket does not exist/,
    );
    await failsAt(
      { kind: 'tcp', host: '127.0.0.1', port: 1 },
      get,
      'unreachable',
      /nothing listens there \(ECONNREFUSED\)/,
    );
  });

  it('says that a host name is not known', async () => {
    await failsAt({ kind: 'tcp', host: 'lamina.invalid', port: 1 }, get, 'unreachable', /host name/);
  });

  it('opens a named pipe by its path', async () => {
    // The nearest thing to a pipe that is to be had here: both are opened by the same call.
    await using engine = await startFakeEngine((_request, response) => response.end('hello'));
    using connection = new EngineConnection({ kind: 'npipe', path: engine.endpoint.path });
    assert.equal(await text((await connection.request(get)).body), 'hello');
    const none = { kind: 'npipe', path: '\\\\.\\pipe\\none' } as const;
    await failsAt(none, get, 'unreachable', /npipe:\/\/\/\/\.\/pipe\/none: the pipe does not exist/);
  });

  it('gives up on silence, before the answer and within it', async () => {
    await using silent = await startFakeEngine(() => undefined);
    await fails(silent, { ...get, idleMs: 50 }, 'unreachable', /has said nothing for 0\.05 s/);
    await fails(silent, { ...get, answerMs: 50 }, 'unreachable', /has said nothing for 0\.05 s/);
    await using half = await startFakeEngine((_request, response) => response.write('half'));
    await fails(half, { ...get, idleMs: 50 }, 'unreachable', /has said nothing for 0\.05 s/);
  });

  it('does not take a stream that is silent for a dead one', async () => {
    await using engine = await startFakeEngine((_request, response) => {
      response.flushHeaders();
      setTimeout(() => response.end('late'), 150);
    });
    using connection = new EngineConnection(engine.endpoint);
    const { body } = await connection.request({ ...get, answerMs: 50 });
    assert.equal(await text(body), 'late');
  });

  it('says that what listens there speaks no HTTP', async () => {
    await using engine = await startRawEngine((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await fails(engine, get, 'unreachable', /does not speak HTTP/);
  });

  it('says that an answer ended early', async () => {
    const heads = ['Content-Length: 100\r\n\r\nhalf', 'Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'];
    for (const head of heads) {
      await using engine = await startRawEngine((socket) => {
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${head}`));
      });
      await fails(engine, get, 'truncated', /the answer ended early/);
    }
  });

  it('says that the connection broke before an answer', async () => {
    await using engine = await startRawEngine((socket) => {
      socket.once('data', () => socket.destroy());
    });
    await fails(engine, get, 'unreachable', /the connection broke/);
  });

  it('stops at a bound', async () => {
    await using engine = await startFakeEngine((_request, response) => {
      Readable.from(endless()).pipe(response);
    });
    using connection = new EngineConnection(engine.endpoint);
    const { body } = await connection.request(get);
    await assert.rejects(readBody(body, 2 ** 20, engine.endpoint), { code: 'limit-exceeded' });
    await closed(engine);
  });

  it('gives the engine’s own words', async () => {
    const answers: readonly (readonly [status: number, body: string, code: string, words: RegExp])[] = [
      [404, '{"message":"No such image: x"}', 'not-found', /: No such image: x$/],
      [404, 'Not Found\n', 'unsupported', /does not know this call/],
      [404, '{"message":"page not found"}', 'unsupported', /does not know this call/],
      [409, '{"message":"it is in use"}', 'busy', /: it is in use$/],
      [401, '{"message":"log in"}', 'unauthorized', /: log in$/],
      [500, '<html><body>\n<h1>Bad gateway</h1></body></html>', 'refused', /: Bad gateway$/],
      [500, '{"message":"write /x: no space left on device"}', 'no-space', /no space left/],
      [501, '{"message":"not implemented"}', 'unsupported', /not implemented/],
      [500, '', 'refused', /: HTTP 500$/],
      [502, `{"message":"${'x'.repeat(2 ** 21)}"}`, 'refused', /x{100}/],
    ];
    for (const [status, body, code, words] of answers) {
      await using engine = await startFakeEngine((_request, response) =>
        response.writeHead(status).end(body),
      );
      await fails(engine, get, code, words);
    }
  });

  it('follows no redirect', async () => {
    await using engine = await startFakeEngine((_request, response) =>
      response.writeHead(307, { Location: 'http://127.0.0.1:1/' }).end(),
    );
    await fails(engine, get, 'refused', /redirects/);
    assert.deepEqual(engine.requests, ['GET /x']);
  });

  it('is cancelled before the answer and within it', async () => {
    await using engine = await startFakeEngine((_request, response) => response.write('half'));
    await fails(engine, { ...get, signal: AbortSignal.abort() }, 'cancelled', /cancelled/);
    await fails(engine, { ...get, signal: AbortSignal.timeout(50) }, 'cancelled', /cancelled/);
    await using silent = await startFakeEngine(() => undefined);
    await fails(silent, { ...get, signal: AbortSignal.timeout(50) }, 'cancelled', /cancelled/);
    await closed(engine);
    await closed(silent);
  });

  it('closes the connection of a body that is left', async () => {
    await using engine = await startFakeEngine((_request, response) => {
      Readable.from(endless()).pipe(response);
    });
    using connection = new EngineConnection(engine.endpoint);
    for await (const chunk of (await connection.request(get)).body as AsyncIterable<Buffer>)
      if (chunk.length > 0) break;
    await closed(engine);
  });

  it('sends a body piece by piece, and gives its failure back', async () => {
    await using engine = await startFakeEngine((request, response) => {
      request.pipe(response);
    });
    using connection = new EngineConnection(engine.endpoint);
    const post = { method: 'POST', path: '/x' } as const;
    const { body } = await connection.request({
      ...post,
      body: Readable.from([Buffer.from('a'), Buffer.from('b')]),
    });
    assert.equal(await text(body), 'ab');
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield await Promise.resolve(Buffer.from('a'));
      throw Object.assign(new Error('disk'), { code: 'EIO' });
    }
    await assert.rejects(
      connection.request({ ...post, body: broken() }).then((response) => text(response.body)),
      { code: 'io', message: /disk/ },
    );
  });

  it('hands a connection over, with what was said already', async () => {
    await using engine = await startRawEngine((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nearly ');
        socket.once('data', (bytes) => socket.end(bytes));
      });
    });
    using connection = new EngineConnection(engine.endpoint);
    const socket = await connection.upgrade({ method: 'POST', path: '/exec' });
    socket.write('late');
    assert.equal(await text(socket), 'early late');
  });

  it('says why a connection was not handed over', async () => {
    await using engine = await startFakeEngine((request, response) =>
      response.writeHead(request.url === '/no' ? 409 : 200).end('{"message":"it does not run"}'),
    );
    using connection = new EngineConnection(engine.endpoint);
    await assert.rejects(connection.upgrade({ method: 'POST', path: '/no' }), { code: 'busy' });
    await assert.rejects(connection.upgrade({ method: 'POST', path: '/yes' }), { code: 'unsupported' });
  });
});

async function closed({ connections }: FakeEngine): Promise<void> {
  const end = Date.now() + 1500;
  while (connections.size > 0) {
    assert.ok(Date.now() < end, 'it is still connected');
    await sleep(5);
  }
}

async function fails(engine: FakeEngine, request: EngineRequest, code: string, words: RegExp): Promise<void> {
  await failsAt(engine.endpoint, request, code, words);
}

async function failsAt(
  endpoint: EngineEndpoint,
  request: EngineRequest,
  code: string,
  words: RegExp,
): Promise<void> {
  using connection = new EngineConnection(endpoint);
  const answer = connection.request(request).then((response) => readBody(response.body, 2 ** 20, endpoint));
  await assert.rejects(answer, (error) => {
    assert.ok(isEngineError(error), String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, words);
    assert.match(error.subject, /^(unix|tcp|npipe):\/\//);
    return true;
  });
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(2 ** 16);
}

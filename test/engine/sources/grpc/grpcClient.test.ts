import assert from 'node:assert/strict';
import { once } from 'node:events';
import { isEngineError, type FailureCode } from '../../../../src/engine/base/errors.ts';
import { GrpcClient } from '../../../../src/engine/sources/grpc/grpcClient.ts';
import type { FakeCall } from '../../../support/fakeBuildkit.ts';
import { message, startFakeBuildkit } from '../../../support/fakeBuildkit.ts';
import { startFakeEngine, startRawEngine } from '../../../support/fakeEngine.ts';

const method = 'a.Service/Call';

function failsWith(code: FailureCode, pattern = /./): (error: unknown) => boolean {
  return (error) => isEngineError(error, code) && pattern.test(error.detail);
}

describe('the gRPC client', () => {
  for (const way of ['straight', 'upgrade'] as const)
    it(`calls a server that takes HTTP/2 ${way === 'straight' ? 'straight away' : 'by handing over'}`, async () => {
      await using server = await startFakeBuildkit(({ request, headers, send, end }) => {
        assert.equal(headers['content-type'], 'application/grpc');
        send(message([1, `you said ${request.text(1)}`]));
        end();
      }, way);
      using client = new GrpcClient(server.endpoint);
      assert.equal((await client.unary(method, { 1: 'hello' })).text(1), 'you said hello');
      assert.equal((await client.unary(method, { 1: 'again' })).text(1), 'you said again');
      assert.equal(server.sessions.size, 1, 'both calls on one connection');
    });

  it('gives a stream as it comes', async () => {
    await using server = await startFakeBuildkit(({ send, end }) => {
      for (const number of [1, 2, 3]) send(message([1, number]));
      end();
    });
    using client = new GrpcClient(server.endpoint);
    const numbers: number[] = [];
    for await (const each of client.stream(method, {})) numbers.push(each.integer(1));
    assert.deepEqual(numbers, [1, 2, 3]);
  });

  for (const [status, code] of [
    [1, 'cancelled'],
    [2, 'refused'],
    [5, 'not-found'],
    [7, 'denied'],
    [8, 'limit-exceeded'],
    [12, 'unsupported'],
    [14, 'unreachable'],
    [16, 'unauthorized'],
  ] as const)
    it(`says what status ${status} means`, async () => {
      await using server = await startFakeBuildkit(({ end }) => {
        end(status, 'caf%C3%A9 100%');
      });
      using client = new GrpcClient(server.endpoint);
      await assert.rejects(client.unary(method, {}), failsWith(code, /^caf%C3%A9 100%$/));
    });

  it('decodes what the server says', async () => {
    await using server = await startFakeBuildkit(({ end }) => {
      end(2, 'no%20caf%C3%A9%0Ahere');
    });
    using client = new GrpcClient(server.endpoint);
    await assert.rejects(client.unary(method, {}), failsWith('refused', /^no café here$/));
  });

  it('takes a status that comes in the headers', async () => {
    await using server = await startFakeBuildkit(() => undefined, 'straight', [method]);
    using client = new GrpcClient(server.endpoint);
    await assert.rejects(client.unary(method, {}), failsWith('unsupported'));
  });

  it('fails when an answer ends without a status', async () => {
    await using server = await startFakeBuildkit(({ stream }) => {
      stream.close();
    });
    using client = new GrpcClient(server.endpoint);
    await assert.rejects(client.unary(method, {}), failsWith('truncated'));
  });

  it('refuses messages longer than asked for', async () => {
    await using server = await startFakeBuildkit(({ send, end }) => {
      send(message([1, 'x'.repeat(1000)]));
      end();
    });
    using client = new GrpcClient(server.endpoint);
    await assert.rejects(client.unary(method, {}, { messageLimit: 100 }), failsWith('limit-exceeded'));
  });

  it('refuses an answer without a message', async () => {
    await using server = await startFakeBuildkit(({ end }) => {
      end();
    });
    using client = new GrpcClient(server.endpoint);
    await assert.rejects(client.unary(method, {}), failsWith('truncated'));
  });

  it('fails when nothing comes for too long', async () => {
    await using server = await startFakeBuildkit(() => undefined);
    using client = new GrpcClient(server.endpoint);
    await assert.rejects(client.unary(method, {}, { idleMs: 50 }), failsWith('unreachable', /said nothing/));
  });

  it('fails with the connection, and connects anew', async () => {
    let breaks = true;
    await using server = await startFakeBuildkit((call: FakeCall) => {
      if (breaks) call.stream.session?.destroy();
      else {
        call.send(message([1, 'well']));
        call.end();
      }
    });
    using client = new GrpcClient(server.endpoint);
    await assert.rejects(client.unary(method, {}), (error) => isEngineError(error));
    breaks = false;
    assert.equal((await client.unary(method, {})).text(1), 'well');
  });

  it('tells the server when it is cancelled', async () => {
    const abort = new AbortController();
    let closed: Promise<unknown> | undefined;
    await using server = await startFakeBuildkit(({ stream, send }) => {
      closed = once(stream, 'close');
      send(message([1, 'first']));
    });
    using client = new GrpcClient(server.endpoint);
    const reading = (async () => {
      for await (const each of client.stream(method, {}, { signal: abort.signal }))
        if (each.text(1) === 'first') abort.abort();
    })();
    await assert.rejects(reading, failsWith('cancelled'));
    await closed;
  });

  it('tells the server when the loop is left', async () => {
    let closed: Promise<unknown> | undefined;
    await using server = await startFakeBuildkit(({ stream, send }) => {
      closed = once(stream, 'close');
      send(message([1, 'first']));
    });
    using client = new GrpcClient(server.endpoint);
    for await (const each of client.stream(method, {})) {
      assert.equal(each.text(1), 'first');
      break;
    }
    await closed;
  });

  it('leaves the connection when nothing was asked for a while, and begins another', async () => {
    await using server = await startFakeBuildkit(({ send, end }) => {
      send(message([1, 'well']));
      end();
    });
    using client = new GrpcClient(server.endpoint, { keptMs: 1 });
    await client.unary(method, {});
    const [session] = server.sessions;
    if (session?.closed === false) await once(session, 'close');
    assert.equal((await client.unary(method, {})).text(1), 'well');
    assert.equal(server.calls.length, 2);
  });

  it('says that nobody is there, or nobody who knows the call', async () => {
    using nobody = new GrpcClient({ kind: 'unix', path: '/nowhere/engine.sock' });
    await assert.rejects(nobody.unary(method, {}), failsWith('unreachable', /does not exist/));
    await using engine = await startFakeEngine((_request, response) =>
      response.writeHead(404).end('page not found'),
    );
    using noBuildkit = new GrpcClient(engine.endpoint);
    await assert.rejects(noBuildkit.unary(method, {}), failsWith('unsupported'));
  });

  it('is not held up by what speaks another protocol', async () => {
    await using other = await startRawEngine((socket) => {
      socket.end('SSH-2.0-OpenSSH\r\n');
    });
    using client = new GrpcClient(other.endpoint);
    await assert.rejects(client.unary(method, {}), failsWith('unreachable'));
  });
});

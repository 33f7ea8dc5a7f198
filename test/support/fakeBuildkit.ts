import { createServer as createHttpServer } from 'node:http';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { encodeProtobuf } from '../../src/engine/sources/grpc/encodeProtobuf.ts';
import { ProtobufMessage } from '../../src/engine/sources/grpc/protobufMessage.ts';
import { toFrame } from '../../src/engine/sources/grpc/grpcFrames.ts';
import type { EngineEndpoint } from '../../src/engine/sources/dockerEngine/endpoint.ts';
import { tempDir } from './tempDir.ts';

/** One call as the fake is asked. */
export interface FakeCall {
  readonly method: string;
  readonly request: ProtobufMessage;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly stream: ServerHttp2Stream;
  /** Sends one message of the answer. */
  readonly send: (message: Uint8Array) => void;
  /** Ends the call. */
  readonly end: (status?: number, message?: string) => void;
}

export interface FakeBuildkit extends AsyncDisposable {
  readonly endpoint: EngineEndpoint & { readonly kind: 'unix' };
  /** `Service/Method` of each call so far. */
  readonly calls: readonly string[];
  /** Connections that speak HTTP/2 now. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

/**
 * A gRPC server that answers as the test says. `upgrade`: as engines before 29, it wants to hand over an HTTP/1.1
 * connection first. What it does not know it refuses in the headers alone, as gRPC's own servers do.
 */
export async function startFakeBuildkit(
  answer: (call: FakeCall) => void,
  way: 'straight' | 'upgrade' = 'straight',
  unknown: readonly string[] = [],
): Promise<FakeBuildkit> {
  const [calls, sessions] = [[] as string[], new Set<ServerHttp2Session>()];
  const http2 = createServer();
  http2.on('session', (session) => {
    sessions.add(session.once('close', () => sessions.delete(session)).on('error', () => undefined));
  });
  http2.on('stream', (stream, headers) => {
    const isUnknown = unknown.includes(String(headers[':path']).slice(1));
    if (isUnknown) stream.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true });
    else void take(stream, headers, calls, answer);
  });
  const server: Server | Http2Server = way === 'straight' ? http2 : upgrading(http2);
  const folder = tempDir();
  const path = folder.file('buildkit.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    endpoint: { kind: 'unix', path },
    ...{ calls, sessions },
    [Symbol.asyncDispose]: async () => {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
      folder[Symbol.dispose]();
    },
  };
}

/** A message of fields in order; one number may come several times. */
export function message(
  ...fields: readonly (readonly [number, string | number | boolean | Uint8Array])[]
): Uint8Array {
  return Buffer.concat(fields.map(([number, value]) => encodeProtobuf({ [number]: value })));
}

/** A `google.protobuf.Timestamp`. */
export function instant(milliseconds: number): Uint8Array {
  const seconds = Math.floor(milliseconds / 1000);
  return message([1, seconds], [2, Math.round((milliseconds - seconds * 1000) * 1e6)]);
}

async function take(
  stream: ServerHttp2Stream,
  headers: Readonly<Record<string, unknown>>,
  calls: string[],
  answer: (call: FakeCall) => void,
): Promise<void> {
  const method = String(headers[':path']).slice(1);
  calls.push(method.replace(/^.*\.(?=[^.]+$)/, ''));
  stream.on('error', () => undefined);
  const pieces: Buffer[] = [];
  for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece);
  const request = ProtobufMessage.parse(Buffer.concat(pieces).subarray(5), 'request');
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  let ending = { 'grpc-status': '0', 'grpc-message': '' };
  stream.once('wantTrailers', () => {
    stream.sendTrailers(ending);
  });
  answer({
    ...{ method, request, headers, stream },
    send: (bytes) => stream.write(toFrame(bytes)),
    end: (status = 0, text = '') => {
      ending = { 'grpc-status': String(status), 'grpc-message': text };
      stream.end();
    },
  });
}

function upgrading(http2: Http2Server): Server {
  const server = createHttpServer((_request, response) => response.writeHead(404).end('page not found'));
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (request, socket) => {
    if (request.url !== '/grpc' || request.headers.upgrade !== 'h2c') return void socket.destroy();
    socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
    http2.emit('connection', socket);
  });
  return server;
}

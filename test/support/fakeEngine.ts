import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { createServer as createRawServer } from 'node:net';
import type { EngineEndpoint } from '../../src/engine/sources/dockerEngine/endpoint.ts';
import { tempDir } from './tempDir.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on a socket that answers as the test says. What real engines do is tested beside real engines. */
export interface FakeEngine extends AsyncDisposable {
  readonly endpoint: EngineEndpoint & { readonly kind: 'unix' };
  /** `METHOD path` of each request so far. */
  readonly requests: readonly string[];
  /** Connections that are open now. */
  readonly connections: ReadonlySet<Socket>;
}

export interface FakeEngineOptions {
  readonly path?: string;
  readonly apiVersion?: string;
  /** Besides those that every engine's ping has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Pings are answered; everything else by `answer`. */
export function startFakeEngine(answer: Answer, options: FakeEngineOptions = {}): Promise<FakeEngine> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`);
    if (request.url !== '/_ping') answer(request, response);
    else
      response.writeHead(200, { 'Api-Version': options.apiVersion ?? '1.56', ...options.headers }).end('OK');
  });
  return listen(server, requests, options);
}

/** A server that speaks no HTTP of its own: the test writes what it wants on each connection. */
export function startRawEngine(onConnection: (socket: Socket) => void): Promise<FakeEngine> {
  return listen(createRawServer(onConnection), [], {});
}

type Server = ReturnType<typeof createRawServer>;

async function listen(server: Server, requests: string[], { path }: FakeEngineOptions): Promise<FakeEngine> {
  const folder = tempDir();
  const place = path ?? folder.file('engine.sock');
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.on('error', () => undefined).once('close', () => connections.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(place, resolve));
  return {
    endpoint: { kind: 'unix', path: place },
    ...{ requests, connections },
    [Symbol.asyncDispose]: async () => {
      for (const socket of connections) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      folder[Symbol.dispose]();
    },
  };
}

/** Sends a body as JSON. */
export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

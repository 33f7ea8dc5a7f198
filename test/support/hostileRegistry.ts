import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A server that answers as a test says, whatever was asked, and remembers what it was sent. */
export interface ScriptedServer {
  readonly port: number;
  /** All requests so far, in order. */
  readonly requests: readonly RecordedRequest[];
  /** How it answers from now on. */
  answer: Answer;
  stop(): Promise<void>;
}

export interface RecordedRequest {
  readonly method: string;
  /** Path and query; of a proxy what it was asked for. */
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** Either what to answer, or an answer made by hand. */
export type Answer = (
  request: RecordedRequest,
  response: http.ServerResponse,
) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>;

export interface ScriptedAnswer {
  /** 200 when left out. */
  readonly status?: number;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Uint8Array;
}

export interface ServerPlace {
  /** 127.0.0.1 when left out. */
  readonly address?: string;
  readonly tls?: { readonly cert: string; readonly key: string };
}

export async function startScriptedServer(answer: Answer, place: ServerPlace = {}): Promise<ScriptedServer> {
  const requests: RecordedRequest[] = [];
  const script = { answer };
  const listener: http.RequestListener = (request, response) => {
    void handle(request, response, requests, (asked, made) => script.answer(asked, made));
  };
  const server =
    place.tls === undefined
      ? http.createServer(listener)
      : https.createServer(
          { cert: readFileSync(place.tls.cert), key: readFileSync(place.tls.key) },
          listener,
        );
  server.listen(0, place.address ?? '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(script, {
    port: (server.address() as AddressInfo).port,
    requests,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}

async function handle(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  requests: RecordedRequest[],
  answer: Answer,
): Promise<void> {
  const { method = '', url = '', headers } = request;
  // One that is broken off has sent what it has sent.
  const body = await buffer(request).catch(() => Buffer.alloc(0));
  const recorded = { method, url, headers, body: body.toString('latin1') };
  requests.push(recorded);
  const made = await answer(recorded, response);
  if (made === undefined || response.destroyed) return;
  response.writeHead(made.status ?? 200, made.headers);
  response.end(method === 'HEAD' ? undefined : made.body);
}

/** The error of a registry, in whose message stands everything that it was sent: nothing of it may show. */
export function echo(
  { url, headers, body }: RecordedRequest,
  status: number,
  code = 'UNKNOWN',
  more: http.OutgoingHttpHeaders = {},
): ScriptedAnswer {
  const message = `you said ${headers.authorization ?? 'nothing'} to ${url} with ${body.slice(0, 300)}`;
  return {
    status,
    headers: {
      'Content-Type': 'application/json',
      Warning: `299 - "${message.replace(/["\\]/g, '')}"`,
      ...more,
    },
    body: JSON.stringify({ errors: [{ code, message, detail: headers }] }),
  };
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { digestOf } from '../../../src/engine/oci/digest.ts';
import type { CaseWorld } from '../buildCaseImages.ts';
import type { BuiltImage } from '../buildImage.ts';

interface Page {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/**
 * A registry in memory that builders pull from and push to, with pages beside it. It speaks plain HTTP, and answers a TLS
 * hello so that clients that may fall back do.
 */
export class LoopbackWorld implements CaseWorld {
  readonly registry: string;
  readonly #server: Server;
  readonly #blobs = new Map<string, Buffer>();
  readonly #manifests = new Map<string, Page>();
  readonly #uploads = new Map<string, Buffer[]>();
  readonly #pages = new Map<string, Page>();
  #uploadCount = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.registry = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<LoopbackWorld> {
    const server = createServer({ keepAliveTimeout: 60_000 });
    server.on('clientError', (_, socket: Socket) => {
      socket.end('HTTP/1.0 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new LoopbackWorld(server);
  }

  publish(name: string, { layers, config, manifest, mediaType }: BuiltImage): void {
    const [, repository = '', tag = ''] = /^[^/]+\/(.+):([^:]+)$/.exec(name) ?? [];
    for (const blob of [...layers.map((layer) => layer.blob), config]) this.#blobs.set(digestOf(blob), blob);
    this.#put(repository, tag, { body: manifest, headers: { 'Content-Type': mediaType } });
  }

  serve(path: string, content: string | Buffer, headers: Readonly<Record<string, string>>): void {
    this.#pages.set(path, { body: Buffer.from(content as string), headers });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const url = new URL(request.url ?? '/', `http://${this.registry}`);
    const { status, headers, body: answer = '' } = this.#route(request, url, body);
    response.writeHead(status, { 'Content-Length': Buffer.byteLength(answer), ...headers });
    response.end(request.method === 'HEAD' ? undefined : answer);
  }

  #route({ method, headers }: IncomingMessage, url: URL, body: Buffer): Answer {
    if (method === 'GET' || method === 'HEAD')
      return this.#read(url.pathname, headers['if-none-match'] ?? '');
    const [, repository = ''] = /^\/v2\/(.+)\/(?:blobs|manifests)\//.exec(url.pathname) ?? [];
    const last = url.pathname.split('/').at(-1) ?? '';
    if (method === 'POST') return this.#beginUpload(repository);
    const pieces = this.#uploads.get(last);
    if (method === 'PATCH') {
      pieces?.push(body);
      return { status: 202, headers: { Location: url.pathname } };
    }
    if (pieces === undefined) {
      this.#put(repository, last, { body, headers: { 'Content-Type': headers['content-type'] ?? '' } });
      return this.#created(url.pathname, digestOf(body));
    }
    const blob = Buffer.concat([...pieces, body]);
    this.#blobs.set(digestOf(blob), blob);
    return this.#created(url.pathname, digestOf(blob));
  }

  #beginUpload(repository: string): Answer {
    const id = `upload-${this.#uploadCount++}`;
    this.#uploads.set(id, []);
    return { status: 202, headers: { Location: `/v2/${repository}/blobs/uploads/${id}` } };
  }

  #created(location: string, digest: string): Answer {
    return { status: 201, headers: { Location: location, 'Docker-Content-Digest': digest } };
  }

  #put(repository: string, reference: string, page: Page): void {
    for (const name of [reference, digestOf(page.body)])
      this.#manifests.set(`/v2/${repository}/manifests/${name}`, page);
  }

  #read(path: string, knownTags: string): Answer {
    if (path === '/v2/') return { status: 200, body: '{}' };
    const page = this.#pages.get(path) ?? this.#manifests.get(path) ?? this.#blobPage(path);
    if (page === undefined) return { status: 404, body: '{"errors":[{"code":"NOT_FOUND"}]}' };
    const { ETag: tag } = page.headers;
    const isKnown = tag !== undefined && knownTags.split(',').some((known) => known.trim() === tag);
    if (isKnown) return { status: 304, headers: { ETag: tag, 'Content-Length': '0' } };
    const digest = path.startsWith('/v2/') ? { 'Docker-Content-Digest': digestOf(page.body) } : {};
    return { status: 200, body: page.body, headers: { ...page.headers, ...digest } };
  }

  #blobPage(path: string): Page | undefined {
    const [, digest = ''] = /^\/v2\/.+\/blobs\/([^/]+)$/.exec(path) ?? [];
    const body = this.#blobs.get(digest);
    return body && { body, headers: { 'Content-Type': 'application/octet-stream' } };
  }
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { unlinkSync } from 'node:fs';
import { tempDir } from '../../support/tempDir.ts';

export interface FakeImage {
  readonly id: string;
  readonly tags: readonly string[];
  readonly size?: number;
  readonly created?: number;
}

export interface FakeContainer {
  readonly id: string;
  readonly name: string;
  readonly imageId: string;
  readonly state?: string;
  readonly status?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Plays an engine on a socket, for what no real one does at will: thousands of images, slowness, garbage, an old API,
 * an end in mid-stream. Counts what it is asked.
 */
export class FakeEngine {
  readonly socket = tempDir().file('engine.sock');
  /** `GET /images/json`, without the API's version and the query. */
  readonly requests: string[] = [];
  images: readonly FakeImage[] = [];
  containers: readonly FakeContainer[] = [];
  apiVersion = '1.44';
  /** What lists are answered after; a slow engine. */
  delayMs = 0;
  /** In place of an answer to a list. */
  garbage: string | undefined;
  #server: Server | undefined;
  readonly #streams = new Set<ServerResponse>();

  get location(): string {
    return `unix://${this.socket}`;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    server.listen(this.socket);
    await once(server, 'listening');
  }

  /** Ends as an engine that is stopped: connections break, and the socket is gone. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    this.#streams.clear();
    try {
      unlinkSync(this.socket);
    } catch {
      // Node has removed it already.
    }
  }

  emit(type: 'image' | 'container', action: string, id: string): void {
    const event = { Type: type, Action: action, Actor: { ID: id, Attributes: {} }, time: 1, timeNano: 1e9 };
    for (const stream of this.#streams) stream.write(`${JSON.stringify(event)}\n`);
  }

  /** What was asked since, apart from the opening of the stream. */
  forgetRequests(): void {
    this.requests.length = 0;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://engine');
    const path = decodeURIComponent(url.pathname.replace(/^\/v\d+\.\d+/, ''));
    this.requests.push(`${request.method ?? ''} ${path}`);
    response.setHeader('Api-Version', this.apiVersion);
    if (path === '/_ping') {
      response.end('OK');
      return;
    }
    if (path === '/events') {
      this.#streams.add(response);
      response.on('close', () => this.#streams.delete(response));
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return;
    }
    const isList = path === '/images/json' || path === '/containers/json';
    if (isList && this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (isList && this.garbage !== undefined) {
      response.end(this.garbage);
      return;
    }
    const [status, body] = this.#bodyOf(path, url);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }

  #bodyOf(path: string, url: URL): readonly [status: number, body: unknown] {
    if (path === '/version')
      return [200, { Version: '99.0', ApiVersion: this.apiVersion, Os: 'linux', Arch: 'amd64' }];
    if (path === '/info')
      return [
        200,
        { ID: 'fake', OSType: 'linux', Architecture: 'x86_64', Driver: 'overlay2', DriverStatus: [] },
      ];
    if (path === '/images/json') return [200, this.images.map(listedImage)];
    if (path === '/containers/json') return [200, this.#wanted(url).map(listedContainer)];
    const [, name] = /^\/images\/(.+)\/json$/.exec(path) ?? [];
    const image = this.images.find(({ id, tags }) => id === name || tags.includes(name ?? ''));
    if (image !== undefined) return [200, inspectedImage(image)];
    return [404, { message: `No such thing: ${path}` }];
  }

  #wanted(url: URL): readonly FakeContainer[] {
    const filters = url.searchParams.get('filters');
    if (filters === null) return this.containers;
    const { id } = JSON.parse(filters) as { readonly id?: unknown };
    const ids = Array.isArray(id) ? id : Object.keys(id ?? {});
    return ids.length === 0 ? this.containers : this.containers.filter((each) => ids.includes(each.id));
  }
}

/** An ID of the right shape for a number. */
export function fakeId(number: number): string {
  return number.toString(16).padStart(64, '0');
}

function listedImage({ id, tags, size = 1000, created = 1_700_000_000 }: FakeImage): unknown {
  return {
    Id: id,
    RepoTags: tags,
    RepoDigests: [],
    Created: created,
    Size: size,
    Labels: null,
    Containers: -1,
  };
}

function inspectedImage({ id, tags, size = 1000, created = 1_700_000_000 }: FakeImage): unknown {
  return {
    Id: id,
    RepoTags: tags,
    RepoDigests: [],
    Created: new Date(created * 1000).toISOString(),
    Size: size,
    Os: 'linux',
    Architecture: 'amd64',
    Config: {},
    RootFS: { Type: 'layers', Layers: [] },
  };
}

function listedContainer(container: FakeContainer): unknown {
  const { id, name, imageId, state = 'running', status = 'Up 3 minutes', labels = {} } = container;
  return {
    Id: id,
    Names: [`/${name}`],
    Image: imageId,
    ImageID: imageId,
    Command: 'sleep',
    Created: 1_700_000_000,
    State: state,
    Status: status,
    Ports: [],
    Labels: labels,
    NetworkSettings: { Networks: {} },
    Mounts: [],
  };
}

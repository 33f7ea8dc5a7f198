import { EngineError } from '../../base/errors.ts';
import { EngineConnection } from '../../sources/dockerEngine/connection.ts';
import { type EngineEndpoint, formatEndpoint } from '../../sources/dockerEngine/endpoint.ts';
import type { ConnectionOptions } from '../../sources/dockerEngine/engineAgents.ts';
import { jsonLimit, readBeginning, readBody } from '../../sources/dockerEngine/readBody.ts';

const ordinaryMs = 60_000;

/** What an engine tells in another version of its API than the newest, or in another API: Podman has one of its own. */
export class EngineDocuments implements Disposable {
  readonly endpoint: EngineEndpoint;
  readonly #connection: EngineConnection;

  constructor(endpoint: EngineEndpoint, options?: ConnectionOptions) {
    this.endpoint = endpoint;
    this.#connection = new EngineConnection(endpoint, options);
  }

  /**
   * @param path with version and query.
   * @throws EngineError as `EngineClient` does.
   */
  async json(path: string, signal?: AbortSignal): Promise<unknown> {
    const { body } = await this.#connection.request({ method: 'GET', path, signal, idleMs: ordinaryMs });
    const text = (await readBody(body, jsonLimit, this.endpoint)).toString('utf8');
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new EngineError('refused', formatEndpoint(this.endpoint), 'its answer is not JSON', { cause });
    }
  }

  /** What a ping tells of Podman: the versions of its own API and of buildah inside. Undefined of another engine. */
  async podman(signal?: AbortSignal): Promise<PodmanVersions | undefined> {
    const { headers, body } = await this.#connection.request({
      method: 'GET',
      path: '/_ping',
      signal,
      idleMs: ordinaryMs,
    });
    await readBeginning(body, 1024);
    const [api, buildah] = [headers['libpod-api-version'], headers['libpod-buildah-version']];
    if (typeof api !== 'string' || !/^\d+(\.\d+){0,3}$/.test(api)) return undefined;
    return { api, ...(typeof buildah === 'string' && { buildah }) };
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

export interface PodmanVersions {
  /** `4.3.1` */
  readonly api: string;
  /** `1.28.2` */
  readonly buildah?: string;
}

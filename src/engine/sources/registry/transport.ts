import * as http from 'node:http';
import * as https from 'node:https';
import { createSecureContext, type SecureContext } from 'node:tls';
import { EngineError } from '../../base/errors.ts';
import type { AddressKind } from './addressKind.ts';
import { exchange, type Route } from './httpExchange.ts';
import type { HttpRequest, HttpResponse } from './httpMessage.ts';
import { checkForeignName, foreignAddresses, type Network } from './network.ts';
import { isLoopbackHost, mayUsePlainHttp } from './plainHttp.ts';
import { proxyAuthorization, proxyFor } from './proxy.ts';
import type { RegistryAccess } from './registryAccess.ts';
import { trustedCertificates, usualCertificateFolders } from './trustedCertificates.ts';
import { tunnelAgent } from './tunnel.ts';

/**
 * Connections to one registry and to where it sends us, on `node:http`: `fetch` lets nobody check the address that a
 * name turns out to be, nor follow redirects by rules of one's own. Connections are kept for the next request; those to
 * other hosts apart from the registry's own, because only the former are checked.
 */
export class Transport {
  readonly #access: RegistryAccess;
  readonly #network: Network;
  readonly #agents = new Map<string, http.Agent>();
  readonly #contexts = new Map<string, Promise<SecureContext | undefined>>();
  readonly #ownHost: string;
  /** Where the registry itself was reached; until then it counts as on the internet, which allows least. */
  #home: AddressKind = 'public';

  /** @param origin the registry's own. */
  constructor(access: RegistryAccess, origin: string, network: Network) {
    this.#access = access;
    this.#network = network;
    this.#ownHost = new URL(origin).hostname;
    if (isLoopbackHost(this.#ownHost)) this.#home = 'loopback';
  }

  /**
   * One request without following redirects.
   *
   * @throws EngineError `insecure` for http where it is not allowed, and for addresses where the registry has no business.
   */
  async send(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const url = new URL(request.url);
    this.#checkScheme(url);
    const isOwn = url.hostname === this.#ownHost;
    if (!isOwn) checkForeignName(this.#network, url.hostname, this.#home);
    const proxy = proxyFor(url, this.#access.environment ?? process.env);
    const response = await exchange(request, await this.#route(url, isOwn, proxy), signal);
    // Only an address that has answered as the registry counts: a name alone may claim any.
    if (isOwn && proxy === undefined && response.address !== undefined)
      this.#home = this.#network.kindOf(response.address);
    return response;
  }

  /** Ends the connections that nobody uses; the others end after their answer. */
  close(): void {
    for (const { freeSockets } of this.#agents.values())
      for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }

  #checkScheme(url: URL): void {
    if (url.protocol === 'https:') return;
    if (url.protocol !== 'http:')
      throw new EngineError('insecure', url.href, `${url.protocol} is no scheme of a registry`);
    if (!mayUsePlainHttp(url, this.#access))
      throw new EngineError(
        'insecure',
        url.href,
        'http is only for this machine and for registries that the setting names',
      );
  }

  async #route(url: URL, isOwn: boolean, proxy: URL | undefined): Promise<Route> {
    const secureContext = url.protocol === 'https:' ? await this.#context(url.host) : undefined;
    if (proxy !== undefined && url.protocol === 'http:')
      return {
        agent: this.#agent(proxy.protocol, isOwn),
        proxy: { url: proxy, authorization: proxyAuthorization(proxy) },
      };
    const agent = this.#agent(url.protocol, isOwn, proxy);
    // Behind a proxy names are looked up by the proxy.
    const lookup = proxy === undefined ? this.#lookup(isOwn) : undefined;
    return { agent, secureContext, lookup };
  }

  #agent(protocol: string, isOwn: boolean, proxy?: URL): http.Agent {
    const key = `${protocol} ${isOwn ? 'own' : 'foreign'} ${proxy?.href ?? ''}`;
    const agent = this.#agents.get(key) ?? newAgent(protocol, proxy);
    this.#agents.set(key, agent);
    return agent;
  }

  #context(host: string): Promise<SecureContext | undefined> {
    const context = this.#contexts.get(host) ?? secureContextFor(host, this.#access);
    this.#contexts.set(host, context);
    return context;
  }

  /** Looks names up where they are connected to, so that the address that was checked is the one that is used. */
  #lookup(isOwn: boolean): Route['lookup'] {
    return (hostname, options, callback) => {
      const found = isOwn
        ? this.#network.lookup(hostname)
        : foreignAddresses(this.#network, hostname, this.#home);
      found.then(
        (addresses) => {
          if (options.all === true) callback(null, [...addresses]);
          else callback(null, addresses[0]?.address ?? '', addresses[0]?.family);
        },
        (error: unknown) => {
          (callback as (error: unknown) => void)(error);
        },
      );
    };
  }
}

const keepAlive = { keepAlive: true, maxFreeSockets: 8 };

function newAgent(protocol: string, proxy: URL | undefined): http.Agent {
  if (protocol === 'http:') return new http.Agent(keepAlive);
  return proxy === undefined ? new https.Agent(keepAlive) : tunnelAgent(proxy, keepAlive);
}

async function secureContextFor(host: string, access: RegistryAccess): Promise<SecureContext | undefined> {
  const ca = await trustedCertificates(host, access.certificateFolders ?? usualCertificateFolders());
  return ca === undefined ? undefined : createSecureContext({ ca: [...ca] });
}

import assert from 'node:assert/strict';
import { mkdirSync, copyFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { proxyFor } from '../../../../src/engine/sources/registry/proxy.ts';
import { makeCertificates } from '../../../machine/certificates.mjs';
import { orSkip } from '../../../machine/missing.mjs';
import { startScriptedServer } from '../../../support/hostileRegistry.ts';
import { canary, failure, watchClient } from '../../../support/registryClients.ts';
import { tempDir } from '../../../support/tempDir.ts';

describe('which proxy', () => {
  const chosen = (url: string, environment: Record<string, string>): string | undefined =>
    proxyFor(new URL(url), environment)?.host;
  const both = { HTTPS_PROXY: 'http://secure.test:3128', http_proxy: 'plain.test:8080' };

  it('goes by the scheme', () => {
    assert.equal(chosen('https://registry.test/v2/', both), 'secure.test:3128');
    assert.equal(chosen('http://registry.test/v2/', both), 'plain.test:8080');
    assert.equal(chosen('https://registry.test/v2/', {}), undefined);
    assert.equal(chosen('https://registry.test/v2/', { HTTPS_PROXY: 'socks5://x:1' }), undefined);
  });

  it('is none for this machine', () => {
    for (const host of ['localhost', '127.0.0.1:5000', '127.9.9.9', '[::1]'])
      assert.equal(chosen(`https://${host}/`, both), undefined, host);
  });

  it('is none for what NO_PROXY names', () => {
    const exempt = (host: string, rules: string): boolean =>
      chosen(`https://${host}/`, { ...both, NO_PROXY: rules }) === undefined;
    assert.ok(exempt('registry.test', '*'));
    assert.ok(exempt('registry.test', 'other.test, registry.test'));
    assert.ok(exempt('a.registry.test', 'registry.test'));
    assert.ok(exempt('a.registry.test', '.registry.test'));
    assert.ok(exempt('a.registry.test', '*.registry.test'));
    assert.ok(!exempt('registry.test', '.registry.test'));
    assert.ok(!exempt('myregistry.test', 'registry.test'));
    assert.ok(exempt('registry.test:5000', 'registry.test:5000'));
    assert.ok(!exempt('registry.test', 'registry.test:5000'));
    assert.ok(exempt('10.1.2.3', '10.0.0.0/8'));
    assert.ok(!exempt('11.1.2.3', '10.0.0.0/8'));
    assert.ok(exempt('[fd00::1]', 'fd00::/8'));
    assert.ok(!exempt('registry.test', ''));
    assert.ok(!exempt('10.1.2.3', '10.0.0.0/99'));
  });
});

describe('through a proxy', function () {
  this.timeout(20_000);
  let certificates: Awaited<ReturnType<typeof makeCertificates>>;
  const folder = tempDir();
  before(async function () {
    certificates = await orSkip(this, () => makeCertificates(folder.file('certificates'), ['registry.test']));
  });

  it('TLS is spoken to the registry itself, in a tunnel', async () => {
    const registry = await startScriptedServer(() => ({ body: '{}' }), { tls: certificates.server });
    const proxy = await startTunnels(registry.port);
    const { client, assertSilent } = clientBehind(proxy.port, 'registry.test', trust('registry.test'));
    await client.ping();
    await client.ping();
    assert.deepEqual(proxy.asked, [
      ['CONNECT registry.test:443 HTTP/1.1', `Basic ${Buffer.from(`me:${canary.token}`).toString('base64')}`],
    ]);
    assert.equal(registry.requests.length, 2);
    assert.equal(registry.requests[0]?.headers['proxy-authorization'], undefined);
    assertSilent();
    client.close();
    await Promise.all([registry.stop(), proxy.stop()]);
  });

  it('a proxy that refuses is told', async () => {
    const proxy = await startTunnels(undefined);
    const { client, assertSilent } = clientBehind(proxy.port, 'registry.test', trust('registry.test'));
    const error = await failure(client.ping(), 'unreachable');
    assert.match(error.detail, /the proxy answers 403/);
    assertSilent(error);
    await proxy.stop();
  });

  it('a registry without TLS is asked whole', async () => {
    const proxy = await startScriptedServer(() => ({ body: '{}' }));
    const { client } = clientBehind(proxy.port, 'plain.test', { plainHttp: ['plain.test'] });
    await client.ping();
    const [request] = proxy.requests;
    assert.equal(request?.url, 'http://plain.test/v2/');
    assert.equal(request.headers.host, 'plain.test');
    assert.equal(
      request.headers['proxy-authorization'],
      `Basic ${Buffer.from(`me:${canary.token}`).toString('base64')}`,
    );
    client.close();
    await proxy.stop();
  });

  function trust(host: string): { readonly certificateFolders: readonly string[] } {
    mkdirSync(folder.file('trusted', host), { recursive: true });
    copyFileSync(certificates.server.ca, folder.file('trusted', host, 'ca.crt'));
    return { certificateFolders: [folder.file('trusted')] };
  }
});

function clientBehind(port: number, domain: string, access: object) {
  const proxy = `http://me:${canary.token}@127.0.0.1:${port}`;
  return watchClient({
    domain,
    access: { ...access, environment: { https_proxy: proxy, http_proxy: proxy } },
  });
}

interface Tunnels {
  readonly port: number;
  /** The first line of each request, and its `Proxy-Authorization`. */
  readonly asked: (readonly [string, string | undefined])[];
  stop(): Promise<void>;
}

/** A proxy that leads every tunnel to one port; it refuses all where there is none. */
async function startTunnels(target: number | undefined): Promise<Tunnels> {
  const asked: Tunnels['asked'] = [];
  const server: Server = createServer((client) => {
    client.on('error', () => undefined);
    client.once('data', (head) => {
      const [first = '', ...lines] = head.toString('latin1').split('\r\n');
      const authorization = lines.find((line) => /^proxy-authorization:/i.test(line));
      asked.push([first, authorization?.replace(/^[^:]*: */, '')]);
      if (target === undefined) {
        client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
        return;
      }
      const far = connect(target, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n');
        client.pipe(far).pipe(client);
      });
      far.on('error', () => client.destroy());
      client.on('close', () => far.destroy());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import type { RegistryAccess } from '../../../../src/engine/sources/registry/registryAccess.ts';
import type { RegistryClient } from '../../../../src/engine/sources/registry/registryClient.ts';
import { makeCertificates } from '../../../machine/certificates.mjs';
import { orSkip } from '../../../machine/missing.mjs';
import {
  type Answer,
  echo,
  type RecordedRequest,
  type ScriptedAnswer,
  type ScriptedServer,
  startScriptedServer,
} from '../../../support/hostileRegistry.ts';
import {
  basicCanary,
  blobOf,
  canary,
  collect,
  failure,
  fakeNetwork,
  type WatchedClient,
  watchClient,
} from '../../../support/registryClients.ts';
import { tempDir } from '../../../support/tempDir.ts';

const blob = Buffer.from('the bytes of a layer');
const digest = digestOf(blob);
const manifest = Buffer.from('{"schemaVersion":2}');
const manifestDigest = digestOf(manifest);
const ociManifest = { 'Content-Type': 'application/vnd.oci.image.manifest.v1+json' };

/*
 * The classes of formats.md §6, "Credential leaks and SSRF". A registry on the internet (so the test's network says of
 * 127.0.0.1) with credentials for it, and servers that it has no business with; they listen, so that a leak is seen.
 */
describe('a hostile registry', function () {
  this.timeout(10_000);
  const folder = tempDir();
  const network = fakeNetwork(
    {
      'registry.test': '127.0.0.1',
      'store.test': '127.0.0.1',
      'inside.test': '127.0.0.2',
      'here.test': '127.0.0.3',
      'metadata.test': '169.254.169.254',
    },
    { '127.0.0.1': 'public', '127.0.0.2': 'private' },
  );
  let certificates: Awaited<ReturnType<typeof makeCertificates>>;
  let registry: ScriptedServer;
  let store: ScriptedServer;
  let plain: ScriptedServer;
  let watched: WatchedClient;
  let client: RegistryClient;
  const errors: unknown[] = [];

  before(async function () {
    const names = ['registry.test', 'store.test', 'inside.test', 'here.test', 'metadata.test'];
    certificates = await orSkip(this, () => makeCertificates(folder.file('certificates'), names));
  });

  beforeEach(async () => {
    const everywhere = { address: '0.0.0.0', tls: certificates.server };
    [registry, store, plain] = await Promise.all([
      startScriptedServer(
        signingIn(() => ({})),
        everywhere,
      ),
      startScriptedServer(() => ({ body: blob }), everywhere),
      startScriptedServer(() => ({ body: blob }), { address: '0.0.0.0' }),
    ]);
    for (const name of ['registry.test', 'store.test', 'inside.test', 'here.test'])
      for (const { port } of [registry, store]) trust(`${name}:${port}`);
    watched = watch();
    client = watched.client;
    errors.length = 0;
  });

  afterEach(async () => {
    watched.assertSilent(...errors);
    client.close();
    await Promise.all([registry.stop(), store.stop(), plain.stop()]);
  });

  function watch(
    access: Partial<RegistryAccess> = {},
    domain = `registry.test:${registry.port}`,
    seen = network,
  ): WatchedClient {
    const certificateFolders = [folder.file('trusted')];
    return watchClient({
      domain,
      credential: basicCanary,
      access: { certificateFolders, ...access },
      network: seen,
    });
  }

  function trust(host: string): void {
    mkdirSync(folder.file('trusted', host), { recursive: true });
    copyFileSync(certificates.server.ca, folder.file('trusted', host, 'ca.crt'));
  }

  /** Lets in who brings the token, which its own token server gives for the password. */
  function signingIn(answer: Answer): Answer {
    return (request, response) => {
      const { authorization } = request.headers;
      if (request.url.startsWith('/token')) {
        const isRight = authorization === basicOf(canary.username, canary.password);
        return isRight ? { body: JSON.stringify({ token: canary.token }) } : echo(request, 401);
      }
      if (authorization !== `Bearer ${canary.token}`) return challenge(request);
      return answer(request, response);
    };
  }

  function challenge(request: RecordedRequest, realm = `https://registry.test:${registry.port}/token`) {
    return echo(request, 401, 'UNAUTHORIZED', {
      'WWW-Authenticate': `Bearer realm="${realm}",service="registry.test",scope="repository:app:pull"`,
    });
  }

  const redirect = (location: string, status = 307): ScriptedAnswer => ({
    status,
    headers: { Location: location },
  });

  async function failing(
    work: (client: RegistryClient) => Promise<unknown>,
    code: Parameters<typeof failure>[1],
  ): Promise<string> {
    const error = await failure(work(client), code);
    errors.push(error);
    assert.ok(error.subject.startsWith(client.domain), error.subject);
    return error.detail;
  }

  const getBlob = async (from: RegistryClient): Promise<Buffer> => read(await from.getBlob('app', digest));
  const getManifest = (from: RegistryClient) => from.getManifest('app', 'latest');
  const assertUntouched = (...servers: readonly ScriptedServer[]): void => {
    for (const { requests } of servers) assert.deepEqual(requests, []);
  };

  describe('redirects', () => {
    const reads = { blob: getBlob, manifest: getManifest } as const;
    for (const [what, get] of Object.entries(reads)) {
      it(`of a ${what} to another host take no credentials along`, async () => {
        store.answer = () => ({ headers: ociManifest, body: what === 'blob' ? blob : manifest });
        registry.answer = signingIn(() =>
          redirect(`https://store.test:${store.port}/there?sig=${canary.token}`),
        );
        await get(client);
        assert.equal(store.requests.length, 1);
        assert.equal(store.requests[0]?.headers.authorization, undefined);
      });

      it(`of a ${what} to another port of the same host take none either`, async () => {
        store.answer = () => ({ headers: ociManifest, body: what === 'blob' ? blob : manifest });
        registry.answer = signingIn(() => redirect(`https://registry.test:${store.port}/there`));
        await get(client);
        assert.equal(store.requests.length, 1);
        assert.equal(store.requests[0]?.headers.authorization, undefined);
      });

      it(`of a ${what} to http are refused`, async () => {
        registry.answer = signingIn(() => redirect(`http://registry.test:${plain.port}/there`));
        assert.match(await failing(get, 'insecure'), /from https to http/);
        assertUntouched(plain);
      });
    }

    it('within the registry keep them', async () => {
      registry.answer = signingIn(({ url }) => (url === '/there' ? { body: blob } : redirect('/there')));
      assert.deepEqual(await getBlob(client), blob);
    });

    it('that come back to the registry do not bring them back', async () => {
      store.answer = () => redirect(`https://registry.test:${registry.port}/back`);
      registry.answer = (request, response) => {
        if (request.url === '/back') return { body: blob };
        return signingIn(() => redirect(`https://store.test:${store.port}/there`))(request, response);
      };
      await getBlob(client);
      const back = registry.requests.find(({ url }) => url === '/back');
      assert.ok(back !== undefined);
      assert.equal(back.headers.authorization, undefined);
    });

    it('do not make a user of the place’s name into credentials', async () => {
      registry.answer = signingIn(() => redirect(`https://you:other@store.test:${store.port}/there`));
      await getBlob(client);
      assert.equal(store.requests[0]?.headers.authorization, undefined);
    });

    it('to whoever asks for credentials there get none (CVE-2020-15157)', async () => {
      store.answer = (request) => challenge(request, `https://store.test:${store.port}/token`);
      registry.answer = signingIn(() => redirect(`https://store.test:${store.port}/there`));
      await failing(getBlob, 'unauthorized');
      assert.deepEqual(
        store.requests.map(({ url }) => url),
        ['/there'],
      );
    });

    it('end after five', async () => {
      registry.answer = signingIn(({ url }) => redirect(`${url}x`));
      assert.match(await failing(getBlob, 'refused'), /more than 5 times/);
      assert.equal(registry.requests.filter(({ url }) => url.startsWith('/v2/')).length, 7);
    });

    it('of what is sent are refused', async () => {
      registry.answer = signingIn(() => redirect(`https://store.test:${store.port}/there`));
      await failing((from) => from.startUpload('app'), 'insecure');
      await failing((from) => from.putManifest('app', 'v1', newManifest()), 'insecure');
      await failing((from) => from.deleteManifest('app', manifestDigest), 'insecure');
      assertUntouched(store);
    });

    for (const host of [
      'inside.test',
      'here.test',
      'metadata.test',
      '127.0.0.2',
      'localhost',
      '[::1]',
      '169.254.169.254',
      '2130706434',
    ])
      it(`to ${host} are refused: the registry is on the internet`, async () => {
        registry.answer = signingIn(() => redirect(`https://${host}:${store.port}/latest/meta-data`));
        assert.match(
          await failing(getBlob, 'insecure'),
          /the registry leads to the (private|loopback|special) address/,
        );
        assertUntouched(store);
      });

    it('to another scheme or to nowhere are refused', async () => {
      for (const [location, code] of [
        ['file:///etc/passwd', 'insecure'],
        ['ftp://store.test/x', 'insecure'],
        ['http://[', 'refused'],
      ] as const) {
        registry.answer = signingIn(() => redirect(location));
        await failing(getBlob, code);
      }
      registry.answer = signingIn(() => ({ status: 302 }));
      await failing(getBlob, 'refused');
    });
  });

  describe('token servers', () => {
    const realms = ['inside.test', 'here.test', 'metadata.test', 'localhost', '127.0.0.2', '169.254.169.254'];
    for (const host of realms)
      it(`on ${host} are not asked`, async () => {
        registry.answer = (request) => challenge(request, `https://${host}:${store.port}/token`);
        assert.match(await failing(getBlob, 'insecure'), /the registry leads to/);
        assertUntouched(store);
      });

    it('without TLS are not asked', async () => {
      for (const host of ['store.test', 'registry.test', 'localhost', '127.0.0.1']) {
        registry.answer = (request) => challenge(request, `http://${host}:${plain.port}/token`);
        assert.match(await failing(getBlob, 'insecure'), /is not reached by https/);
      }
      assertUntouched(plain);
    });

    it('elsewhere on the internet are asked, by TLS', async () => {
      store.answer = () => ({ body: JSON.stringify({ access_token: canary.token }) });
      registry.answer = (request) =>
        request.headers.authorization === undefined
          ? challenge(request, `https://store.test:${store.port}/token?x=1`)
          : { body: blob };
      await getBlob(client);
      assert.equal(store.requests[0]?.headers.authorization, basicOf(canary.username, canary.password));
      assert.match(
        store.requests[0].url,
        /^\/token\?x=1&service=registry\.test&scope=repository%3Aapp%3Apull&account=bird$/,
      );
    });

    it('that redirect lose the credentials', async () => {
      store.answer = () => ({ body: JSON.stringify({ token: canary.token }) });
      registry.answer = (request) => {
        if (request.url.startsWith('/token')) return redirect(`https://store.test:${store.port}/token`);
        return request.headers.authorization === undefined ? challenge(request) : { body: blob };
      };
      await getBlob(client);
      assert.equal(store.requests[0]?.headers.authorization, undefined);
    });

    it('that are no URL, or hold a user, are not asked', async () => {
      for (const [realm, code] of [
        ['nonsense', 'refused'],
        ['', 'refused'],
        [`https://a:b@store.test:${store.port}/`, 'insecure'],
        ['file:///token', 'insecure'],
      ] as const) {
        registry.answer = (request) => challenge(request, realm);
        await failing(getBlob, code);
      }
      assertUntouched(store);
    });

    it('that answer without end, or nonsense, are not believed', async () => {
      const answers: readonly (readonly [string, 'limit-exceeded' | 'refused'])[] = [
        [`{"token":"${'x'.repeat(2 ** 20)}"}`, 'limit-exceeded'],
        [`{"token":"${'x'.repeat(2 ** 19)}"}`, 'refused'],
        ['{"token":"a\\r\\nX-Injected: 1"}', 'refused'],
        ['{"token":"ä"}', 'refused'],
        ['{"token":17}', 'refused'],
        ['{"__proto__":{"token":"x"}}', 'refused'],
        ['[]', 'refused'],
        ['<html>', 'refused'],
        ['['.repeat(50_000), 'refused'],
      ];
      for (const [body, code] of answers) {
        registry.answer = (request) => (request.url.startsWith('/token') ? { body } : challenge(request));
        await failing(getBlob, code);
      }
    });

    it('are asked once, however often the registry refuses', async () => {
      registry.answer = (request) =>
        request.url.startsWith('/token')
          ? { body: JSON.stringify({ token: canary.token }) }
          : challenge(request);
      await failing(getBlob, 'unauthorized');
      assert.deepEqual(
        registry.requests.map(({ url }) => url.split('?')[0]),
        [`/v2/app/blobs/${digest}`, '/token', `/v2/app/blobs/${digest}`],
      );
    });
  });

  describe('uploads', () => {
    const elsewhere = (): readonly string[] => [
      `https://store.test:${store.port}/upload`,
      `https://registry.test:${store.port}/upload`,
      `http://registry.test:${plain.port}/upload`,
      `//store.test:${store.port}/upload`,
      `https://x@registry.test:${registry.port}/upload`,
    ];

    it('elsewhere are refused when they begin (CVE-2026-50151)', async () => {
      for (const location of elsewhere()) {
        registry.answer = signingIn(() => ({ status: 202, headers: { Location: location } }));
        assert.match(await failing((from) => from.startUpload('app'), 'insecure'), /elsewhere/);
        await failing((from) => from.mountBlob('app', digest, 'other'), 'insecure');
      }
      assertUntouched(store, plain);
    });

    it('elsewhere are refused when they move on', async () => {
      for (const location of elsewhere()) {
        registry.answer = signingIn(({ method }) => ({
          status: 202,
          headers: { Location: method === 'POST' ? '/upload?a=1' : location },
        }));
        const upload = await client.startUpload('app');
        await failing((from) => from.uploadStreamed(upload, blobOf(blob)), 'insecure');
      }
      assertUntouched(store, plain);
    });

    it('of another registry are not gone on with', async () => {
      const location = `https://store.test:${store.port}/upload`;
      const foreign = { kind: 'upload', path: 'app', location, offset: 0 } as const;
      await failing((from) => from.uploadMonolithic(foreign, blobOf(blob)), 'insecure');
      await failing((from) => from.uploadStatus(foreign), 'insecure');
      await failing((from) => from.cancelUpload(foreign), 'insecure');
      assertUntouched(store);
    });

    it('that never advance end', async () => {
      registry.answer = signingIn(() => ({ status: 202, headers: { Location: '/upload', Range: '0-0' } }));
      const upload = await client.startUpload('app');
      assert.match(await failing((from) => from.uploadStreamed(upload, blobOf(blob)), 'refused'), /stays at/);
      assert.ok(registry.requests.length < 20);
    });

    it('that claim to have more than there is end', async () => {
      registry.answer = signingIn(() => ({
        status: 202,
        headers: { Location: '/upload', Range: '0-999999' },
      }));
      const upload = await client.startUpload('app');
      await failing((from) => from.uploadStreamed(upload, blobOf(blob)), 'refused');
    });
  });

  describe('lists', () => {
    it('that go on elsewhere are not followed', async () => {
      for (const next of [
        `https://store.test:${store.port}/v2/app/tags/list`,
        `https://registry.test:${store.port}/v2/app/tags/list`,
        `http://registry.test:${plain.port}/v2/app/tags/list`,
        `//store.test:${store.port}/v2`,
      ]) {
        const headers = { Link: `<${next}>; rel="next"` };
        registry.answer = signingIn(() => ({ headers, body: '{"tags":["a"],"repositories":["a"]}' }));
        assert.match(await failing((from) => collect(from.tags('app')), 'insecure'), /elsewhere/);
        await failing((from) => collect(from.catalog()), 'insecure');
        await failing((from) => from.referrers('app', digest), 'insecure');
      }
      assertUntouched(store, plain);
    });

    it('that go on here are followed', async () => {
      registry.answer = signingIn(({ url }) => {
        const last = new URL(url, 'https://here').searchParams.get('last') ?? '';
        const headers = last === 'bb' ? {} : { Link: `</v2/app/tags/list?last=${last}b&n=1>; rel="next"` };
        return { headers, body: JSON.stringify({ tags: [`t${last}`] }) };
      });
      assert.deepEqual(await collect(client.tags('app')), [['t'], ['tb'], ['tbb']]);
    });

    it('that go round in circles end', async () => {
      registry.answer = signingIn(() => ({
        headers: { Link: '<?n=1000>; rel=next' },
        body: '{"tags":["a"]}',
      }));
      await failing((from) => collect(from.tags('app')), 'limit-exceeded');
    });

    it('with names that are none leave them out', async () => {
      const tags = [
        'ok',
        '../../v2/_catalog',
        'a b',
        '',
        'x'.repeat(129),
        17,
        null,
        '-x',
        '__proto__',
        '\u202e',
      ];
      registry.answer = signingIn(() => ({
        body: JSON.stringify({ tags, repositories: ['ok', '../x', 'A', '/'] }),
      }));
      assert.deepEqual(await collect(client.tags('app')), [['ok', '__proto__']]);
      assert.deepEqual(await collect(client.catalog()), [['ok']]);
    });

    it('of nonsense are empty or errors', async () => {
      for (const body of ['{}', '[]', '{"tags":null}', '{"tags":{"a":1}}', '7']) {
        registry.answer = signingIn(() => ({ body }));
        assert.deepEqual(await collect(client.tags('app')), [[]]);
      }
      for (const body of ['<html>', '', '['.repeat(100_000)]) {
        registry.answer = signingIn(() => ({ body }));
        await failing((from) => collect(from.tags('app')), 'invalid-manifest');
      }
    });
  });

  describe('answers', () => {
    it('longer than they may be are cut off', async () => {
      registry.answer = signingIn(pouring(200));
      assert.match(await failing(getManifest, 'limit-exceeded'), /4194304/);
      await failing((from) => collect(from.tags('app')), 'limit-exceeded');
      registry.answer = signingIn(pouring(400));
      await failing(getManifest, 'refused');
    });

    it('that are not what was asked for are refused', async () => {
      registry.answer = signingIn(() => ({ headers: ociManifest, body: manifest }));
      const other = digestOf(Buffer.from('other'));
      await failing((from) => from.getManifest('app', other), 'digest-mismatch');
      await failing((from) => from.getManifest('app', `sha512:${'0'.repeat(128)}`), 'digest-mismatch');
      registry.answer = signingIn(() => ({
        headers: { ...ociManifest, 'Docker-Content-Digest': other },
        body: manifest,
      }));
      await failing(getManifest, 'digest-mismatch');
      await failing((from) => from.getManifest('app', manifestDigest), 'digest-mismatch');
      registry.answer = signingIn(() => ({
        headers: { 'Docker-Content-Digest': '../../x' },
        body: manifest,
      }));
      assert.equal((await getManifest(client)).digest, manifestDigest);
    });

    it('that ignore a range say so', async () => {
      registry.answer = signingIn(() => ({ headers: { 'Content-Length': blob.length }, body: blob }));
      const stream = await client.getBlob('app', digest, { start: 4, end: 9 });
      assert.deepEqual([stream.isPartial, stream.start, stream.totalSize], [false, 0, blob.length]);
      assert.deepEqual(await read(stream), blob);
    });

    it('with another range than was asked are refused', async () => {
      for (const range of [
        'bytes 5-8/20',
        'bytes 4-9/20',
        'bytes 4-8/3',
        'bytes 8-4/20',
        'bytes */20',
        '4-8/20',
        '',
        'bytes 4-99999999999999999999/20',
      ]) {
        const headers = { 'Content-Range': range };
        registry.answer = signingIn(() => ({ status: 206, headers, body: blob.subarray(4, 9) }));
        await failing((from) => from.getBlob('app', digest, { start: 4, end: 9 }), 'refused');
      }
      registry.answer = signingIn(() => ({
        status: 206,
        headers: { 'Content-Range': 'bytes 0-19/20' },
        body: blob,
      }));
      await failing((from) => from.getBlob('app', digest), 'refused');
    });

    it('that end early, or late, break', async () => {
      registry.answer = signingIn((_request, response) => {
        response.writeHead(200, { 'Content-Length': 100 });
        response.write(blob);
        setTimeout(() => response.destroy(), 20);
        return undefined;
      });
      await failing(getBlob, 'unreachable');
      const part = {
        status: 206,
        headers: { 'Content-Range': 'bytes 4-8/20', 'Transfer-Encoding': 'chunked' },
      };
      for (const body of [blob.subarray(4, 7), blob]) {
        registry.answer = signingIn(() => ({ ...part, body }));
        await failing(
          async (from) => read(await from.getBlob('app', digest, { start: 4, end: 9 })),
          'unreachable',
        );
      }
    });

    /** Waits less long than people do. */
    const hurry = (idleMs = 300): void => {
      client.close();
      watched = watch({ timeouts: { documentMs: 500, idleMs } });
      client = watched.client;
    };

    it('that trickle do not hold us', async () => {
      hurry();
      registry.answer = signingIn(trickling);
      const startMs = performance.now();
      await Promise.all([
        failing(getManifest, 'unreachable'),
        failing((from) => collect(from.tags('app')), 'unreachable'),
        failing((from) => from.headManifest('app', 'silent'), 'unreachable'),
      ]);
      assert.ok(performance.now() - startMs < 5000);
    });

    it('that stop do not hold us, unless it is we who are slow', async () => {
      hurry();
      const half = Buffer.alloc(1_000_000, 'x');
      registry.answer = signingIn((_request, response) => {
        response.writeHead(200, { 'Content-Length': half.length * 2 });
        response.write(half);
        return undefined;
      });
      await failing(getBlob, 'unreachable');
      // Long enough that a machine with much to do is not taken for a registry that stopped.
      hurry(1500);
      registry.answer = signingIn(() => ({ body: half }));
      const stream = await client.getBlob('app', digest);
      await sleep(2000);
      assert.equal((await read(stream)).length, half.length);
    });

    it('with hostile errors are told shortly', async () => {
      const bodies = [
        JSON.stringify({ errors: [{ code: 'X'.repeat(2 ** 19), message: 'y'.repeat(2 ** 19) }] }),
        '{"errors":[{"code":"__proto__","message":"__proto__"}],"__proto__":{"x":1}}',
        '{"errors":[null,7,[],{}]}',
        `{"errors":${'['.repeat(100_000)}`,
        '\u0000\u001b]0;x\u0007',
      ];
      for (const body of bodies) {
        registry.answer = signingIn(() => ({ status: 400, body }));
        assert.ok((await failing(getManifest, 'refused')).length < 2500);
      }
    });

    it('with hostile headers are errors or ignored', async () => {
      const long = 'x'.repeat(100_000);
      registry.answer = signingIn(() => ({ headers: { 'X-Long': long }, body: manifest }));
      await failing(getManifest, 'limit-exceeded');
      registry.answer = signingIn((_request, response) => {
        response.socket?.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 7\r\n\r\nhello');
        return undefined;
      });
      assert.match(await failing(getManifest, 'unreachable'), /does not speak HTTP/);
      registry.answer = signingIn(() => ({
        headers: {
          'Content-Type': `${'a/b'.repeat(2000)}; x`,
          'RateLimit-Limit': '1e9;w=-1',
          Warning: '299 - "',
        },
        body: manifest,
      }));
      assert.equal((await getManifest(client)).mediaType.length, 255);
    });

    it('are never unpacked on the way', async () => {
      registry.answer = signingIn(() => ({ body: blob }));
      await getBlob(client);
      assert.equal(registry.requests.at(-1)?.headers['accept-encoding'], 'identity');
      assert.equal(registry.requests.at(-1)?.headers['user-agent'], 'Lamina/test');
    });
  });

  describe('names', () => {
    it('of another grammar reach no URL', async () => {
      const digests = [
        'sha256:..',
        `sha256:${'A'.repeat(64)}`,
        '../../x',
        'sha256:abc',
        `md5:${'0'.repeat(32)}`,
        '',
      ];
      for (const each of digests) {
        const wrong = each as typeof digest;
        await invalid(client.getBlob('app', wrong));
        await invalid(client.headBlob('app', wrong));
        await invalid(client.prepareDownload('app', wrong));
        await invalid(client.deleteBlob('app', wrong));
        await invalid(client.mountBlob('app', wrong, 'other'));
        await invalid(client.referrers('app', wrong));
        await invalid(client.getManifest('app', `${each}@`));
      }
      for (const path of ['', '../app', 'app/..', 'App', 'a//b', '/a', 'a?x', 'a#', 'a b', 'a'.repeat(300)]) {
        await invalid(client.getManifest(path, 'latest'));
        await invalid(client.getBlob(path, digest));
        await invalid(client.startUpload(path));
        await invalid(client.mountBlob('app', digest, path));
        await invalid(collect(client.tags(path)));
      }
      for (const tag of ['', '../x', 'a/b', 'a?b', '-a', 'a'.repeat(129)])
        await invalid(client.getManifest('app', tag));
      assertUntouched(registry);
    });

    it('of registries that are none make no client', () => {
      for (const domain of ['', 'a/b', 'a@b', 'user@host', 'a:b', 'http://a', 'a b', 'a?x', '..'])
        assert.throws(
          () => watchClient({ domain }),
          (error) => isEngineError(error, 'invalid-reference'),
        );
    });

    async function invalid(work: Promise<unknown>): Promise<void> {
      await failure(work, 'invalid-reference');
    }
  });

  describe('without TLS', () => {
    it('is not spoken to, unless the setting says so', async () => {
      const domain = `registry.test:${plain.port}`;
      const secure = watch({}, domain);
      await failure(secure.client.ping(), 'unreachable');
      assertUntouched(plain);
      const open = watch({ plainHttp: [domain] }, domain);
      await open.client.ping();
      assert.equal(plain.requests.length, 1);
      secure.client.close();
      open.client.close();
    });

    it('leads to no http elsewhere', async () => {
      const domain = `registry.test:${plain.port}`;
      watched = watch({ plainHttp: [domain] }, domain);
      client = watched.client;
      const other = await startScriptedServer(() => ({ body: blob }), { address: '0.0.0.0' });
      plain.answer = () => redirect(`http://store.test:${other.port}/there`);
      await failing(getBlob, 'insecure');
      plain.answer = (request) => challenge(request, `http://store.test:${other.port}/token`);
      await failing(getBlob, 'insecure');
      assertUntouched(other);
      await other.stop();
    });
  });

  it('of the user’s own network may lead to others there, and to nothing on this machine', async () => {
    const inside = fakeNetwork(
      { 'registry.test': '127.0.0.1', 'store.test': '127.0.0.1', 'here.test': '127.0.0.3' },
      { '127.0.0.1': 'private' },
    );
    watched = watch({}, `registry.test:${registry.port}`, inside);
    client = watched.client;
    registry.answer = signingIn(() => redirect(`https://store.test:${store.port}/there`));
    await getBlob(client);
    assert.equal(store.requests.length, 1);
    registry.answer = signingIn(() => redirect(`https://here.test:${store.port}/there`));
    await failing(getBlob, 'insecure');
    registry.answer = signingIn(() => redirect(`https://169.254.169.254:${store.port}/there`));
    await failing(getBlob, 'insecure');
    assert.equal(store.requests.length, 1);
  });

  it('with a certificate of someone else is not spoken to', async () => {
    watched = watch({ certificateFolders: [] });
    client = watched.client;
    assert.match(await failing((from) => from.ping(), 'insecure'), /certificate is not trusted/);
    assertUntouched(registry);
  });

  it('that sends back all it was sent, shows nothing of it', async () => {
    registry.answer = (request, response) =>
      signingIn((asked) => echo(asked, 403, 'DENIED', { Location: `/x?token=${canary.token}` }))(
        request,
        response,
      );
    for (const work of [
      getBlob,
      getManifest,
      (from: RegistryClient) => from.headBlob('app', digest),
      (from: RegistryClient) => from.startUpload('app'),
      (from: RegistryClient) => from.putManifest('app', 'v1', newManifest()),
      (from: RegistryClient) => collect(from.catalog()),
    ])
      await failing(work, 'unauthorized');
    registry.answer = (request) =>
      echo(request, 401, 'UNAUTHORIZED', { 'WWW-Authenticate': 'Basic realm=x' });
    await failing(getBlob, 'unauthorized');
    assert.ok(registry.requests.some(({ headers }) => headers.authorization?.startsWith('Basic ')));
    assert.ok(watched.notices.some(({ kind }) => kind === 'warning'));
  });
});

function basicOf(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function newManifest() {
  return { bytes: manifest, mediaType: ociManifest['Content-Type'] };
}

async function read({ body }: { readonly body: AsyncIterable<Buffer> }): Promise<Buffer> {
  return Buffer.concat(await collect(body));
}

/** An answer without end. */
function pouring(status: number): Answer {
  return (_request, response) => {
    response.writeHead(status, ociManifest);
    const piece = Buffer.alloc(256 * 1024, ' ');
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
    };
    response.on('drain', more);
    more();
    return undefined;
  };
}

/** A byte now and then; to the name `silent` not even a head. */
const trickling: Answer = ({ url }, response) => {
  if (url.endsWith('silent')) return undefined;
  response.writeHead(200, ociManifest);
  const timer = setInterval(() => response.write(' '), 100);
  response.on('close', () => {
    clearInterval(timer);
  });
  return undefined;
};

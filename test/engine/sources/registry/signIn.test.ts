import assert from 'node:assert/strict';
import { digestOf } from '../../../../src/engine/oci/digest.ts';
import type { Credential, CredentialStore } from '../../../../src/engine/sources/registry/credentials.ts';
import { joinScopes, parseScopes } from '../../../../src/engine/sources/registry/scopes.ts';
import { openDownload } from '../../../../src/engine/sources/registry/openDownload.ts';
import {
  type Answer,
  type RecordedRequest,
  type ScriptedServer,
  startScriptedServer,
} from '../../../support/hostileRegistry.ts';
import {
  basicCanary,
  canary,
  collect,
  failure,
  type WatchedClient,
  watchClient,
} from '../../../support/registryClients.ts';

const blob = Buffer.from('the bytes of a layer');
const digest = digestOf(blob);

describe('signing in', () => {
  let registry: ScriptedServer;
  let watched: WatchedClient | undefined;
  /** How the token server answers. */
  let giveToken: Answer;
  let tokens: number;

  beforeEach(async () => {
    tokens = 0;
    giveToken = () => ({ body: JSON.stringify({ token: `${canary.token}-${++tokens}`, expires_in: 300 }) });
    registry = await startScriptedServer(tokenRegistry);
  });

  afterEach(async () => {
    watched?.assertSilent();
    watched?.client.close();
    await registry.stop();
  });

  const tokenRegistry: Answer = (request, response) => {
    if (request.url.startsWith('/token')) return giveToken(request, response);
    if (request.headers.authorization !== `Bearer ${canary.token}-${tokens}`) return refuse(request);
    return request.url.includes('/uploads/') ? begun() : { body: blob };
  };

  function refuse({ url, method }: RecordedRequest, scope = scopeOf(url, method)) {
    const realm = `http://127.0.0.1:${registry.port}/token`;
    const header = `Bearer realm="${realm}",service="here"${scope === '' ? '' : `,scope="${scope}"`}`;
    return { status: 401, headers: { 'WWW-Authenticate': header } };
  }

  function scopeOf(url: string, method: string): string {
    const path = /^\/v2\/(.+?)\/(?:blobs|manifests|tags)\//.exec(url)?.[1];
    return path === undefined ? '' : `repository:${path}:${method === 'GET' ? 'pull' : 'pull,push'}`;
  }

  const begun = () => ({ status: 202, headers: { Location: '/v2/app/blobs/uploads/1' } });

  function connect(credential?: Credential): WatchedClient {
    watched = watchClient({ domain: `127.0.0.1:${registry.port}`, ...(credential && { credential }) });
    return watched;
  }

  const asked = (): readonly string[] =>
    registry.requests.filter(({ url }) => url.startsWith('/token')).map(({ url }) => decodeURIComponent(url));

  it('asks for a token as nobody where there are no credentials', async () => {
    const { client } = connect();
    await read(client.getBlob('app', digest));
    assert.deepEqual(asked(), ['/token?service=here&scope=repository:app:pull']);
    assert.ok(registry.requests.every(({ headers }) => !headers.authorization?.startsWith('Basic')));
  });

  it('asks for one token for all who need it, and keeps it', async () => {
    const { client } = connect(basicCanary);
    await client.ping();
    await Promise.all([1, 2, 3, 4].map(() => read(client.getBlob('app', digest))));
    await read(client.getBlob('app', digest));
    assert.equal(asked().length, 2);
    const refused = registry.requests.filter(
      ({ url, headers }) => url.startsWith('/v2') && !headers.authorization,
    );
    assert.equal(refused.length, 1);
  });

  it('asks for others for other scopes; for both when a blob is mounted', async () => {
    const { client } = connect(basicCanary);
    await read(client.getBlob('app', digest));
    await client.mountBlob('app', digest, 'base').catch(() => undefined);
    assert.equal(
      asked().at(-1),
      '/token?service=here&scope=repository:app:pull,push&scope=repository:base:pull&account=bird',
    );
  });

  it('asks anew for a token that has ended, once', async () => {
    const { client } = connect(basicCanary);
    await read(client.getBlob('app', digest));
    // The registry knows only the newest.
    tokens++;
    await read(client.getBlob('app', digest));
    const before = registry.requests.length;
    giveToken = () => ({ body: JSON.stringify({ token: 'of-no-use' }) });
    tokens++;
    await failure(client.getBlob('app', digest), 'unauthorized');
    assert.equal(registry.requests.length - before, 3);
  });

  it('renews a token before it ends', async () => {
    giveToken = () => ({
      body: JSON.stringify({ access_token: `${canary.token}-${++tokens}`, expires_in: -5 }),
    });
    const { client } = connect(basicCanary);
    await read(client.getBlob('app', digest));
    const realNow = Date.now;
    try {
      Date.now = () => realNow() + 55_000;
      const before = registry.requests.length;
      await read(client.getBlob('app', digest));
      // A token lives 60 s at least; nobody had to be refused to learn that.
      assert.equal(registry.requests.length - before, 2);
    } finally {
      Date.now = realNow;
    }
  });

  it('is not given up when one of two who wait cancels', async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const { client } = connect(basicCanary);
    await client.ping();
    const give = giveToken;
    giveToken = async (request, response) => {
      await gate;
      return give(request, response);
    };
    const cancel = new AbortController();
    const cancelled = failure(
      client.getBlob('app', digest, undefined, { signal: cancel.signal }),
      'cancelled',
    );
    const patient = read(client.getBlob('app', digest));
    await new Promise((resolve) => setTimeout(resolve, 50));
    cancel.abort();
    await cancelled;
    release();
    assert.deepEqual(await patient, blob);
  });

  it('exchanges an identity token', async () => {
    const { client } = connect({ kind: 'identity-token', token: canary.identity });
    await read(client.getBlob('app', digest));
    const posted = registry.requests.filter(({ method }) => method === 'POST').at(-1);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(posted?.body)), {
      grant_type: 'refresh_token',
      client_id: 'lamina',
      refresh_token: canary.identity,
      service: 'here',
      scope: 'repository:app:pull',
    });
    assert.equal(posted?.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(posted.headers.authorization, undefined);
  });

  for (const status of [404, 405])
    it(`brings it as a password where the exchange answers ${status}`, async () => {
      const give = giveToken;
      giveToken = (request, response) => (request.method === 'POST' ? { status } : give(request, response));
      const { client } = connect({
        kind: 'identity-token',
        token: canary.identity,
        username: canary.username,
      });
      await read(client.getBlob('app', digest));
      const basic = Buffer.from(`${canary.username}:${canary.identity}`).toString('base64');
      const got = registry.requests.filter(({ url, method }) => url.startsWith('/token') && method === 'GET');
      assert.equal(got.at(-1)?.headers.authorization, `Basic ${basic}`);
    });

  it('brings a registry token as it is', async () => {
    tokens = 7;
    const { client } = connect({ kind: 'registry-token', token: `${canary.token}-7` });
    await read(client.getBlob('app', digest));
    assert.deepEqual(asked(), []);
  });

  it('goes by password where the registry asks for that', async () => {
    registry.answer = ({ headers }) =>
      headers.authorization === `Basic ${Buffer.from(`bird:${canary.password}`).toString('base64')}`
        ? { body: blob }
        : { status: 401, headers: { 'WWW-Authenticate': ['Negotiate', 'Basic realm="here"'] } };
    const { client } = connect(basicCanary);
    await read(client.getBlob('app', digest));
    const before = registry.requests.length;
    await read(client.getBlob('app', digest));
    assert.equal(registry.requests.length - before, 1);
  });

  it('says when credentials are missing or wrong', async () => {
    giveToken = () => ({ status: 401, body: JSON.stringify({ details: 'incorrect username or password' }) });
    assert.match(
      (await failure(connect(basicCanary).client.ping(), 'unauthorized')).detail,
      /incorrect username/,
    );
    registry.answer = () => ({ status: 401, headers: { 'WWW-Authenticate': 'Basic realm="here"' } });
    await failure(connect().client.ping(), 'unauthorized');
    registry.answer = () => ({ status: 401 });
    await failure(connect(basicCanary).client.ping(), 'unauthorized');
  });

  it('looks for credentials again after it was refused', async () => {
    registry.answer = ({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="here"' } }
        : { body: blob };
    const given: Credential[] = [];
    const { client } = watchClient({
      domain: `127.0.0.1:${registry.port}`,
      store: {
        find: () => Promise.resolve({ problems: [], ...(given[0] && { credential: given[0] }) }),
        domains: () => Promise.resolve([]),
      },
    });
    await failure(client.getBlob('app', digest), 'unauthorized');
    given.push(basicCanary);
    assert.deepEqual(await read(client.getBlob('app', digest)), blob);
    client.close();
  });

  it('is forgotten when the client is closed', async () => {
    const given: Credential[] = [basicCanary];
    const store: CredentialStore = {
      find: () => Promise.resolve({ problems: [], ...(given[0] && { credential: given[0] }) }),
      domains: () => Promise.resolve([]),
    };
    registry.answer = ({ headers }) =>
      headers.authorization === undefined
        ? { status: 401, headers: { 'WWW-Authenticate': 'Basic realm="here"' } }
        : { body: blob };
    const { client } = watchClient({ domain: `127.0.0.1:${registry.port}`, store });
    await read(client.getBlob('app', digest));
    given.pop();
    client.close();
    await failure(client.getBlob('app', digest), 'unauthorized');
    client.close();
  });

  it('goes on where a mount is not allowed', async () => {
    const give = giveToken;
    giveToken = (request, response) =>
      request.url.includes('base') ? { status: 403 } : give(request, response);
    const { client } = connect(basicCanary);
    const begun = await client.mountBlob('app', digest, 'base');
    assert.equal(begun.kind, 'upload');
  });

  it('gives a download to be made elsewhere', async () => {
    registry.answer = (request, response) =>
      request.headers.range === 'bytes=4-8' &&
      request.headers.authorization === `Bearer ${canary.token}-${tokens}`
        ? { status: 206, headers: { 'Content-Range': `bytes 4-8/${blob.length}` }, body: blob.subarray(4, 9) }
        : tokenRegistry(request, response);
    const { client } = connect(basicCanary);
    const download = structuredClone(await client.prepareDownload('app', digest));
    const whole = await openDownload(download);
    assert.deepEqual(Buffer.concat(await collect(whole.body)), blob);
    const part = await openDownload({ ...download, range: { start: 4, end: 9 } });
    assert.deepEqual([part.isPartial, part.start, part.totalSize], [true, 4, blob.length]);
    assert.deepEqual(Buffer.concat(await collect(part.body)), blob.subarray(4, 9));
    // A token that has ended is said to have.
    tokens++;
    const error = await failure(openDownload(download), 'unauthorized');
    assert.ok(error.subject.endsWith(`/app@${digest}`));
    watched?.assertSilent(error);
  });

  it('joins scopes by what they are about', () => {
    const joined = joinScopes(
      parseScopes('repository:b:pull,push repository:a:pull'),
      parseScopes(`repository:b:delete,pull registry:catalog:* nonsense x:${'y'.repeat(600)}:pull`),
    );
    assert.deepEqual(joined, ['registry:catalog:*', 'repository:a:pull', 'repository:b:delete,pull,push']);
  });
});

async function read(stream: Promise<{ readonly body: AsyncIterable<Buffer> }>): Promise<Buffer> {
  return Buffer.concat(await collect((await stream).body));
}

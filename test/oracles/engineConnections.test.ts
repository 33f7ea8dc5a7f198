// The ways to a real engine, and what happens when they break: ssh, TLS, permissions, stops and restarts.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isEngineError } from '../../src/engine/base/errors.ts';
import { createEngineClient } from '../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { discoverEndpoints } from '../../src/engine/sources/dockerEngine/discoverEndpoints.ts';
import type { EngineEndpoint, EngineTls } from '../../src/engine/sources/dockerEngine/endpoint.ts';
import { parseEndpoint } from '../../src/engine/sources/dockerEngine/endpoint.ts';
import type { EngineClient } from '../../src/engine/sources/dockerEngine/engineClient.ts';
import { createEngineEvents } from '../../src/engine/sources/dockerEngine/engineEvents.ts';
import { ensureDebianTar } from '../machine/baseImage.mjs';
import type { CertificateFolder } from '../machine/certificates.mjs';
import { type DockerEngine, startDocker20, startDocker29 } from '../machine/dockerEngines.mjs';
import { MissingComponent, orSkip } from '../machine/missing.mjs';
import { startPodmanService } from '../machine/podmanService.mjs';
import { findProgram } from '../machine/programs.mjs';
import { repoRoot } from '../machine/repository.mjs';
import { type Sshd, startSshd } from '../machine/sshd.mjs';

/** Nothing but what it hears brings a client back within the test's time. */
const slow = { firstMs: 300_000, lastMs: 300_000, random: () => 1 };

describe('The ways to a real engine', function () {
  this.timeout(60_000);
  let engine: DockerEngine;
  let debian = '';

  before(async function () {
    this.timeout(180_000);
    engine = await orSkip(this, () => startDocker29({ store: 'classic', tls: true }));
    debian = await ensureDebianTar();
    await engine.docker(['import', debian, 'debian:bookworm']);
  });
  after(() => (engine as DockerEngine | undefined)?.stop());

  describe('through ssh', () => {
    let sshd: Sshd;
    let client: EngineClient;
    before(async function () {
      sshd = await orSkip(this, () => startSshd({ engine }));
      client = createEngineClient(parseEndpoint(sshd.url), { sshProgram: join(sshd.bin, 'ssh') });
    });
    after(async () => {
      (client as EngineClient | undefined)?.[Symbol.dispose]();
      await (sshd as Sshd | undefined)?.stop();
    });

    it('asks over one connection, with docker’s own command', async () => {
      assert.equal((await client.capabilities()).apiVersion, '1.56');
      for (let time = 0; time < 3; time += 1) assert.equal((await client.listImages()).length, 1);
      assert.deepEqual([...new Set(sshd.commands())], ['docker system dial-stdio']);
      assert.equal(sshd.commands().length, 1);
    });

    it('moves archives in both directions', async () => {
      const archive = await buffer(await client.saveImages(['debian:bookworm']));
      assert.ok(archive.length > 50_000_000);
      const { loaded } = await client.loadImages(Readable.from([archive]));
      assert.deepEqual(loaded, ['debian:bookworm']);
    });

    it('executes, with the end of standard input', async () => {
      const { id } = await client.createContainer({
        Image: 'debian:bookworm',
        Cmd: ['sleep', '60'],
        HostConfig: { NetworkMode: 'host' },
      });
      await client.startContainer(id);
      const exec = await client.createExec(id, { command: ['cat'], stdin: true });
      const connection = await client.startExec(exec);
      connection.end('through ssh');
      assert.match(await text(connection), /through ssh/);
      await client.removeContainer(id, { force: true });
    });

    it('cancels', async () => {
      for (const ms of [5, 500, 1500]) {
        const save = client.saveImages(['debian:bookworm'], { signal: AbortSignal.timeout(ms) });
        await fails(save.then(readSlowly), 'cancelled');
      }
      assert.equal((await client.listImages()).length, 1);
    });

    it('knows the names of the user’s own configuration', async () => {
      const endpoint = parseEndpoint(`ssh://${sshd.alias}`);
      using other = createEngineClient(endpoint, { sshProgram: join(sshd.bin, 'ssh') });
      assert.equal(await other.ping(), true);
    });

    it('says that the connection broke, and connects again', async () => {
      using events = createEngineEvents(client, { backoff: { firstMs: 200, lastMs: 400, random: () => 1 } });
      let resyncs = 0;
      events.onNews(({ kind }) => (resyncs += kind === 'resync' ? 1 : 0));
      await waitUntil(() => resyncs === 1);
      await sshd.halt();
      await waitUntil(() => events.state.kind === 'lost');
      await fails(client.listImages(), 'unreachable', /Connection refused \(ssh ended with code 255\)/);
      await sshd.startAgain();
      await waitUntil(() => resyncs === 2);
    });

    it('says in ssh’s words why it cannot', async function () {
      const untrusted = await startSshd({ engine, trusted: false });
      try {
        await fails(versionAt(untrusted), 'unreachable', /Host key verification failed/);
      } finally {
        await untrusted.stop();
      }
      const missing = createEngineClient(parseEndpoint(sshd.url), { sshProgram: '/nonexistent/ssh' });
      await fails(missing.version(), 'unreachable', /ssh could not be started/);
    });

    it('says that there is no docker over there', async () => {
      const bare = await startSshd();
      try {
        await fails(versionAt(bare), 'unreachable', /docker: .*not found \(ssh ended with code 127\)/);
      } finally {
        await bare.stop();
      }
    });

    it('takes Podman where that is what there is', async function () {
      const podman = await orSkip(this, startPodmanService);
      const bare = await startSshd();
      try {
        const program = findProgram('podman') ?? assert.fail('podman was just started');
        const far = join(dirname(bare.configFile), 'far', 'podman');
        writeFileSync(far, `#!/bin/sh\nexec '${program}' --remote --url 'unix://${podman.socket}' "$@"\n`);
        chmodSync(far, 0o755);
        using other = createEngineClient(parseEndpoint(bare.url), { sshProgram: join(bare.bin, 'ssh') });
        assert.equal((await other.capabilities()).kind, 'podman');
        assert.deepEqual(bare.commands(), ['docker system dial-stdio', 'podman system dial-stdio']);
      } finally {
        await bare.stop();
        await podman.stop();
      }
    });
  });

  describe('through TLS', () => {
    const at = (tls: EngineTls | undefined): EngineEndpoint => ({
      ...{ kind: 'tcp', host: '127.0.0.1', port: engine.tls!.port },
      ...(tls && { tls }),
    });
    const ask = async (tls: EngineTls | undefined): Promise<number> => {
      using client = createEngineClient(at(tls));
      return (await client.listImages()).length;
    };

    it('connects with the right certificates', async () => {
      const { client } = engine.tls!.certificates;
      assert.equal(await ask(keysOf(client)), 1);
    });

    it('is found as docker’s environment names it', async () => {
      const env = {
        DOCKER_HOST: engine.tls!.host,
        DOCKER_TLS_VERIFY: '1',
        DOCKER_CERT_PATH: engine.tls!.certificates.client.folder,
      };
      const { endpoints } = await discoverEndpoints({ env, home: '/nonexistent', platform: 'linux' });
      const current = endpoints.find(({ isCurrent }) => isCurrent) ?? assert.fail('none is current');
      using client = createEngineClient(current.endpoint);
      assert.equal(await client.ping(), true);
    });

    it('trusts no other authority', async () => {
      const { client, wrong } = engine.tls!.certificates;
      const tls = { ...keysOf(client), ca: keysOf(wrong).ca! };
      await fails(ask(tls), 'unreachable', /its certificate is not trusted/);
      await fails(ask({}), 'unreachable', /its certificate is not trusted/);
      assert.equal(await ask({ ...tls, skipVerify: true }), 1);
    });

    it('is refused without a certificate, and with a wrong one', async () => {
      const { client, wrong } = engine.tls!.certificates;
      const { ca } = keysOf(client);
      await fails(ask({ ca: ca! }), 'unreachable', /refused our client certificate/);
      await fails(ask({ ...keysOf(wrong), ca: ca! }), 'unreachable', /refused our client certificate/);
    });

    it('says what is wrong without TLS', async () => {
      await fails(ask(undefined), 'refused', /HTTP request to an HTTPS server/);
    });

    it('says that the certificate is another host’s', async () => {
      const { client } = engine.tls!.certificates;
      await fails(ask({ ...keysOf(client), serverName: 'elsewhere.invalid' }), 'unreachable', /not trusted/);
    });
  });

  it('says that the engine’s disk is full, and goes on', async function () {
    this.timeout(180_000);
    const small = await orSkip(this, () => startDocker29({ store: 'classic', diskMegabytes: 60 }));
    using from = createEngineClient({ kind: 'unix', path: engine.socket });
    using to = createEngineClient({ kind: 'unix', path: small.socket });
    try {
      const archive = await from.saveImages(['debian:bookworm']);
      await fails(to.loadImages(archive), 'no-space', /no space left on device/);
      assert.deepEqual(await to.listImages(), []);
    } finally {
      await small.stop();
    }
  });

  it('says that permission is denied', async () => {
    assert.match(await askAsNobody(engine.socket), /^denied unix:.*permission denied \(EACCES\)$/);
  });
});

const restartable = {
  'Docker Engine 20.10': startDocker20,
  'Docker Engine 29': () => startDocker29({ store: 'containerd' }),
};

for (const [name, start] of Object.entries(restartable))
  describe(`A client of ${name} that stops and starts`, function () {
    this.timeout(90_000);
    let engine: DockerEngine;
    let client: EngineClient;
    before(async function () {
      this.timeout(180_000);
      engine = await orSkip(this, start);
      client = createEngineClient({ kind: 'unix', path: engine.socket });
      await engine.docker(['import', await ensureDebianTar(), 'debian:bookworm']);
    });
    after(async () => {
      (client as EngineClient | undefined)?.[Symbol.dispose]();
      await (engine as DockerEngine | undefined)?.stop();
    });

    it('notices both through its events', async () => {
      using events = createEngineEvents(client, { backoff: slow });
      let resyncs = 0;
      events.onNews(({ kind }) => (resyncs += kind === 'resync' ? 1 : 0));
      await waitUntil(() => resyncs === 1);
      await engine.halt();
      await waitUntil(() => events.state.kind === 'lost');
      await fails(client.listImages(), 'unreachable', /does not exist|nothing listens/);
      await engine.startAgain();
      await waitUntil(() => resyncs === 2);
      assert.equal((await client.listImages()).length, 1);
    });

    it('fails a save that is cut, and saves again', async () => {
      const body = await client.saveImages(['debian:bookworm']);
      const taken = readSlowly(body);
      await engine.kill();
      await fails(taken, /^(truncated|unreachable)$/);
      await engine.startAgain();
      const archive = await buffer(await client.saveImages(['debian:bookworm']));
      assert.ok(archive.length > 50_000_000);
    });
  });

function keysOf({ ca, cert, key }: CertificateFolder): EngineTls {
  const [caText, certText, keyText] = [ca, cert, key].map((file) => readFileSync(file, 'utf8'));
  return { ca: caText!, cert: certText!, key: keyText! };
}

async function versionAt(sshd: Sshd): Promise<unknown> {
  using client = createEngineClient(parseEndpoint(sshd.url), { sshProgram: join(sshd.bin, 'ssh') });
  return await client.version();
}

/** A process that gives up root's rights when everything is read, and then asks. */
async function askAsNobody(socket: string): Promise<string> {
  if (!existsSync('/proc')) throw new MissingComponent('another user', 'only Linux has user 65534');
  const module = pathToFileURL(join(repoRoot, 'src/engine/sources/dockerEngine/createEngineClient.ts')).href;
  const script = `
    const { createEngineClient } = await import(${JSON.stringify(module)});
    process.seteuid(65534);
    const client = createEngineClient({ kind: 'unix', path: ${JSON.stringify(socket)} });
    await client.version().then(console.log, (error) => console.log(error.code, error.message));`;
  const child = spawn(process.execPath, ['--no-warnings', '--input-type=module', '-e', script]);
  return (await text(child.stdout)).trim();
}

async function fails(call: Promise<unknown>, code: string | RegExp, words = /./): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(isEngineError(error), String(error));
    assert.match(error.code, typeof code === 'string' ? new RegExp(`^${code}$`) : code, error.message);
    assert.match(error.message, words);
    return true;
  });
}

async function readSlowly(body: Readable): Promise<void> {
  for await (const chunk of body as AsyncIterable<Buffer>) await sleep(chunk.length > 0 ? 20 : 0);
}

async function waitUntil(isTrue: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!isTrue()) {
    assert.ok(Date.now() < end, 'it did not come true in time');
    await sleep(20);
  }
}

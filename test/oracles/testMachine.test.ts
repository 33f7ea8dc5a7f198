import assert from 'node:assert/strict';
import path from 'node:path';
import { startDocker20, startDocker29, type DockerEngine } from '../machine/dockerEngines.mjs';
import { startFlakyProxy } from '../machine/flakyProxy.mjs';
import { ensureLessonImages, lessonNames } from '../machine/lessonImages.mjs';
import { orSkip } from '../machine/missing.mjs';
import { startPodmanService } from '../machine/podmanService.mjs';
import { finish, run } from '../machine/processes.mjs';
import { startRegistry, type Registry } from '../machine/registry.mjs';
import { startSshd, type Sshd } from '../machine/sshd.mjs';
import { ensureTenImages } from '../machine/tenImages.mjs';
import { fixture } from '../support/fixtures.ts';

const archive = fixture('images/dive/test-docker-image.tar');

/** That the parts other tests stand on are what they say. */
describe('the test machine', function () {
  this.timeout(300_000);

  describe('a Docker Engine with more than a socket', () => {
    let engine: DockerEngine;
    before(async function () {
      engine = await orSkip(this, () => startDocker20({ tls: true }));
      await engine.docker(['load', '-i', archive]);
    });
    after(() => (engine as DockerEngine | undefined)?.stop());

    it('takes TLS clients with its certificates only', async () => {
      const { host, certificates } = engine.tls!;
      const ask = ({ folder }: { folder: string }): Promise<{ code: number | null; stderr: string }> =>
        finish(engine.cli, ['version'], {
          env: { ...engine.env, DOCKER_HOST: host, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder },
        });
      assert.equal((await ask(certificates.client)).code, 0);
      assert.match((await ask(certificates.wrong)).stderr, /unknown authority/);
    });

    it('keeps its images when it is halted or crashes', async () => {
      for (const end of [engine.halt, engine.kill]) {
        await end();
        await assert.rejects(engine.docker(['image', 'ls']));
        await engine.startAgain();
        assert.match(await engine.docker(['image', 'ls']), /dive-test/);
      }
    });

    it('can run out of disk', async () => {
      const small = await startDocker20({ diskMegabytes: 2 });
      try {
        await assert.rejects(small.docker(['load', '-i', archive]), /no space left on device/);
      } finally {
        await small.stop();
      }
    });
  });

  describe('sshd', () => {
    let engine: DockerEngine;
    let sshd: Sshd;
    before(async function () {
      engine = await orSkip(this, () => startDocker20());
      sshd = await orSkip(this, () => startSshd({ engine }));
    });
    after(async () => {
      await (sshd as Sshd | undefined)?.stop();
      await (engine as DockerEngine | undefined)?.stop();
    });

    it('has the docker of an engine on the far side', async () => {
      for (const host of [sshd.url, `ssh://${sshd.alias}`]) {
        const env = { ...sshd.env, DOCKER_HOST: host, DOCKER_CONFIG: engine.env['DOCKER_CONFIG'] };
        const version = await run(engine.cli, ['version', '--format', '{{.Server.Version}}'], { env });
        assert.equal(version.trim(), engine.version);
      }
      assert.deepEqual(sshd.commands(), ['docker system dial-stdio', 'docker system dial-stdio']);
    });

    it('cuts who is connected when it is halted', async () => {
      const asked = finish(path.join(sshd.bin, 'ssh'), [sshd.alias, 'echo ready; sleep 60']);
      while (sshd.commands().length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
      await sshd.halt();
      assert.equal((await asked).code, 255);
      await sshd.startAgain();
      assert.equal(await run(path.join(sshd.bin, 'ssh'), [sshd.alias, 'echo again']), 'again\n');
    });

    it('may be one whose key the client does not know', async () => {
      const stranger = await startSshd({ trusted: false });
      try {
        const { code, stderr } = await finish(path.join(stranger.bin, 'ssh'), [stranger.alias, 'true']);
        assert.equal(code, 255);
        assert.match(stderr, /Host key verification failed/);
      } finally {
        await stranger.stop();
      }
    });
  });

  describe('a registry', () => {
    it('asks for a password over TLS', async function () {
      const auth = { user: 'someone', password: 'pass: word' };
      const registry = await orSkip(this, () => startRegistry({ auth, tls: true }));
      try {
        const ask = ['-sS', '-o', '/dev/null', '-w', '%{http_code}', `${registry.url}/v2/`];
        assert.match((await finish('curl', ask)).stderr, /self-signed|unable to get local issuer/);
        const trusting = ['--cacert', registry.ca!, ...ask];
        assert.equal(await run('curl', trusting), '401');
        assert.equal(await run('curl', ['-u', `${auth.user}:${auth.password}`, ...trusting]), '200');
      } finally {
        await registry.stop();
      }
    });

    it('may refuse to be written', async function () {
      const registry = await orSkip(this, () => startRegistry({ readOnly: true }));
      try {
        await assert.rejects(push(registry), /405/);
      } finally {
        await registry.stop();
      }
    });
  });

  describe('a proxy that counts and hinders', () => {
    let registry: Registry;
    before(async function () {
      registry = await orSkip(this, () => startRegistry({ proxied: true }));
      await push(registry);
    });
    after(() => (registry as Registry | undefined)?.stop());

    it('cuts an answer once, after so many bytes', async () => {
      const proxy = registry.proxy!;
      const url = await anyBlob(registry);
      const before = proxy.snapshot();
      proxy.setFault({ cutAfterAnswered: 50_000, times: 1 });
      assert.notEqual((await finish('curl', ['-sS', '-o', '/dev/null', url])).code, 0);
      assert.equal(proxy.traffic.answered - before.answered, 50_000);
      assert.equal((await finish('curl', ['-sS', '-o', '/dev/null', url])).code, 0);
      assert.equal(proxy.traffic.cut, 1);
    });

    it('slows down, waits, stalls and refuses', async () => {
      const proxy = registry.proxy!;
      const url = `${registry.url}/v2/`;
      const took = async (): Promise<number> => {
        const start = performance.now();
        await run('curl', ['-sS', url]);
        return performance.now() - start;
      };
      proxy.setFault({ delayMs: 300 });
      assert.ok((await took()) >= 290);
      proxy.setFault({ bytesPerSecond: 1000 });
      assert.ok((await took()) >= 200);
      proxy.setFault({ stalled: true });
      assert.equal((await finish('curl', ['-sS', '-m', '1', url])).code, 28);
      proxy.setFault({ refuse: true });
      assert.notEqual((await finish('curl', ['-sS', url])).code, 0);
      proxy.setFault();
      assert.ok((await took()) < 1000);
    });

    it('stands before a unix socket too', async function () {
      const podman = await orSkip(this, startPodmanService);
      const socket = `${podman.socket}.proxy`;
      const proxy = await startFlakyProxy({ path: podman.socket }, { socket });
      try {
        assert.equal(await run('curl', ['-sS', '--unix-socket', socket, 'http://d/_ping']), 'OK');
        assert.ok(proxy.traffic.asked > 0);
      } finally {
        await proxy.stop();
        await podman.stop();
      }
    });
  });

  const engines = {
    'Docker Engine 20.10': startDocker20,
    'Docker Engine 29, containerd store': () => startDocker29({ store: 'containerd' }),
    'Docker Engine 29, classic store': () => startDocker29({ store: 'classic' }),
  };
  for (const [name, start] of Object.entries(engines))
    it(`loads the ten images into ${name}`, async function () {
      const engine = await orSkip(this, start);
      try {
        const { images } = await ensureTenImages(engine);
        assert.equal(images.length, 10);
        const ids = await engine.docker(['image', 'ls', '-aq', '--no-trunc']);
        assert.equal(new Set(ids.split('\n').filter(Boolean)).size, 10);
      } finally {
        await engine.stop();
      }
    });

  it('serves the same from Podman, without a docker CLI of its own', async function () {
    const service = await orSkip(this, startPodmanService);
    try {
      const { images } = await ensureTenImages(service);
      const ask = ['-sS', '--unix-socket', service.socket, 'http://d/v1.41/images/json'];
      const listed = JSON.parse(await run('curl', ask)) as { readonly Id: string }[];
      assert.deepEqual(listed.map(({ Id }) => Id).sort(), images.map(({ id }) => id).sort());
      await service.halt();
      await assert.rejects(run('curl', ask));
      await service.startAgain();
      await run('curl', ask);
    } finally {
      await service.stop();
    }
  });

  it('shares in the lesson what a lesson teaches', async function () {
    const engine = await orSkip(this, () => startDocker20());
    try {
      await ensureLessonImages(engine);
      const layers = async (name: string): Promise<readonly string[]> =>
        JSON.parse(await engine.docker([...inspectLayers, name])) as string[];
      const [base, hello, config, preConfig] = await Promise.all(Object.values(lessonNames).map(layers));
      assert.deepEqual(hello!.slice(0, -1), base);
      assert.deepEqual(config!.slice(0, -1), hello);
      assert.deepEqual(preConfig!.slice(0, -2), base);
      assert.notEqual(preConfig!.at(-2), config!.at(-2));
    } finally {
      await engine.stop();
    }
  });
});

const inspectLayers = ['image', 'inspect', '--format', '{{json .RootFS.Layers}}'];

function push(registry: Registry): Promise<string> {
  const to = `docker://${registry.host}/made:1`;
  const skopeo = ['copy', '--insecure-policy', '--dest-tls-verify=false', `docker-archive:${archive}`, to];
  return run('skopeo', skopeo);
}

async function anyBlob(registry: Registry): Promise<string> {
  const accept = 'Accept: application/vnd.docker.distribution.manifest.v2+json';
  const manifest = await run('curl', ['-sS', '-H', accept, `${registry.url}/v2/made/manifests/1`]);
  const { layers } = JSON.parse(manifest) as { readonly layers: readonly { readonly digest: string }[] };
  return `${registry.url}/v2/made/blobs/${layers[0]?.digest}`;
}

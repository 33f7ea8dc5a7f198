// Every call of the engine client once, on every engine that people have.
import assert from 'node:assert/strict';
import { type Duplex, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { extract } from 'tar-stream';
import { isEngineError } from '../../src/engine/base/errors.ts';
import { createEngineClient } from '../../src/engine/sources/dockerEngine/createEngineClient.ts';
import { demultiplexOutput } from '../../src/engine/sources/dockerEngine/demultiplexOutput.ts';
import type { EngineEvent, TransferEvent } from '../../src/engine/sources/dockerEngine/engineApi.ts';
import type { EngineClient } from '../../src/engine/sources/dockerEngine/engineClient.ts';
import { ensureDebianTar } from '../machine/baseImage.mjs';
import { startDocker20, startDocker29 } from '../machine/dockerEngines.mjs';
import { orSkip } from '../machine/missing.mjs';
import { startPodmanService } from '../machine/podmanService.mjs';
import { type Registry, startRegistry } from '../machine/registry.mjs';
import { encodeTar } from '../support/tarBytes.ts';

interface RunningEngine {
  /** That the engine takes although it speaks plain http. */
  readonly registry: Registry;
  readonly socket: string;
  readonly cli: (args: readonly string[]) => Promise<string>;
  readonly stop: () => Promise<void>;
}

interface EngineCase {
  readonly start: () => Promise<RunningEngine>;
  readonly apiVersion: string;
  readonly imageStore: string;
}

const engines: Readonly<Record<string, EngineCase>> = {
  'Docker Engine 20.10': {
    start: async () => ofDocker(await startDocker20()),
    apiVersion: '1.41',
    imageStore: 'classic',
  },
  'Docker Engine 29, containerd store': {
    start: async () => ofDocker(await startDocker29({ store: 'containerd' })),
    apiVersion: '1.56',
    imageStore: 'containerd',
  },
  'Docker Engine 29, classic store': {
    start: async () => ofDocker(await startDocker29({ store: 'classic' })),
    apiVersion: '1.56',
    imageStore: 'classic',
  },
  Podman: {
    start: async () => {
      const registry = await startRegistry();
      const { socket, podman, stop } = await startPodmanService({ insecureRegistries: [registry.host] });
      return { registry, socket, cli: podman, stop };
    },
    apiVersion: '1.41',
    imageStore: 'podman',
  },
};

for (const [name, { start, apiVersion, imageStore }] of Object.entries(engines))
  describe(`The engine client with ${name}`, function () {
    this.timeout(60_000);
    const isPodman = imageStore === 'podman';
    let engine: RunningEngine;
    let client: EngineClient;
    let container = '';

    before(async function () {
      this.timeout(180_000);
      engine = await orSkip(this, start);
      client = createEngineClient({ kind: 'unix', path: engine.socket });
      await engine.cli(['import', await ensureDebianTar(), 'docker.io/library/debian:bookworm']);
    });
    after(async () => {
      (client as EngineClient | undefined)?.[Symbol.dispose]();
      await (engine as RunningEngine | undefined)?.registry.stop();
      await (engine as RunningEngine | undefined)?.stop();
    });

    it('negotiates', async () => {
      assert.equal(await client.ping(), true);
      const capabilities = await client.capabilities();
      assert.equal(capabilities.apiVersion, apiVersion);
      assert.equal(capabilities.imageStore, imageStore);
      assert.deepEqual(capabilities.platform, { os: 'linux', architecture: 'amd64' });
      assert.equal(capabilities.tellsManifests, imageStore === 'containerd');
      const version = await client.version();
      assert.equal(version.kind, isPodman ? 'podman' : 'docker');
      assert.equal(version.os, 'linux');
      assert.match((await client.info()).serverVersion, /^\d+\.\d+\.\d+/);
    });

    it('lists, inspects and tells the history of images', async () => {
      const [image] = await client.listImages({ all: true, manifests: true, sharedSize: true });
      assert.ok(image);
      assert.ok(image.repoTags.some((tag) => /(^|\/)debian:bookworm$/.test(tag)));
      assert.ok(image.sizeBytes > 10_000_000);
      assert.equal(image.manifests.length > 0, imageStore === 'containerd');
      assert.equal(image.target !== undefined, imageStore === 'containerd');
      const details = await client.inspectImage('debian:bookworm', { manifests: true });
      assert.equal(details.id.replace('sha256:', ''), image.id.replace('sha256:', ''));
      assert.equal(details.diffIds.length, 1);
      assert.deepEqual(details.platform, { os: 'linux', architecture: 'amd64' });
      assert.deepEqual(JSON.parse(Buffer.from(details.bytes).toString()), details.json);
      const history = await client.imageHistory('debian:bookworm');
      assert.equal(history.length, 1);
      assert.ok(history[0]!.sizeBytes > 10_000_000);
    });

    it('says what is not there', async () => {
      await fails(client.inspectImage('lamina/absent:1'), 'not-found', engine.socket);
      await fails(client.imageHistory('lamina/absent:1'), 'not-found', engine.socket);
      await fails(client.inspectContainer('absent'), 'not-found', engine.socket);
      await fails(client.startContainer('absent'), 'not-found', engine.socket);
      await fails(client.removeImage('lamina/absent:1'), 'not-found', engine.socket);
    });

    it('tags, saves, removes and loads', async () => {
      await client.tagImage('debian:bookworm', 'lamina/tagged:1');
      const tagged = await client.inspectImage('lamina/tagged:1');
      assert.ok(tagged.repoTags.some((tag) => tag.endsWith('lamina/tagged:1')));
      const archive = await buffer(await client.saveImages(['lamina/tagged:1']));
      assert.ok((await namesOf(archive)).includes('manifest.json'));
      const removal = await client.removeImage('lamina/tagged:1');
      assert.equal(removal.untagged.length >= 1, true);
      await fails(client.inspectImage('lamina/tagged:1'), 'not-found', engine.socket);
      const said: TransferEvent[] = [];
      const loaded = await client.loadImages(Readable.from(pieces(archive)), {
        onEvent: (event) => said.push(event),
      });
      assert.deepEqual(
        loaded.loaded.map((each) => each.replace(/^(docker\.io|localhost)\//, '')),
        ['lamina/tagged:1'],
      );
      assert.deepEqual(loaded.warnings, []);
      assert.ok(said.length > 0);
      const again = await client.inspectImage('lamina/tagged:1');
      assert.deepEqual(again.diffIds, tagged.diffIds);
    });

    it('refuses an archive that is none, in the engine’s words', async () => {
      await assert.rejects(
        client.loadImages(Readable.from([encodeTar([{ name: 'x', content: 'x' }])])),
        (error) => {
          assert.ok(isEngineError(error), String(error));
          assert.match(error.subject, /docker\.sock|podman\.sock/);
          return true;
        },
      );
    });

    it('gives a sender’s own failure back', async () => {
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield encodeTar([{ name: 'manifest.json', content: '[]' }]).subarray(0, 512);
        await sleep(10);
        throw Object.assign(new Error('the disk is gone'), { code: 'EIO' });
      }
      await assert.rejects(client.loadImages(broken()), /the disk is gone/);
    });

    it('cancels a save', async () => {
      const stop = new AbortController();
      const body = await client.saveImages(['debian:bookworm'], { signal: stop.signal });
      const taken = (async () => {
        for await (const chunk of body as AsyncIterable<Uint8Array>) if (chunk.length > 0) stop.abort();
      })();
      await fails(taken, 'cancelled', engine.socket);
      await fails(client.listImages({ signal: AbortSignal.abort() }), 'cancelled', engine.socket);
      assert.equal((await client.listImages()).length > 0, true);
    });

    it('runs a container', async function () {
      const { id } = await client.createContainer(
        {
          Image: 'debian:bookworm',
          Cmd: [
            'sh',
            '-c',
            'echo out; echo err >&2; touch /made; rm /etc/debian_version; while :; do sleep 1; done',
          ],
          Labels: { 'lamina.test': 'yes' },
          HostConfig: { NetworkMode: 'host' },
        },
        { name: 'lamina-one' },
      );
      container = id;
      await fails(
        client.createContainer({ Image: 'debian:bookworm', Cmd: ['true'] }, { name: 'lamina-one' }),
        isPodman ? 'refused' : 'busy',
        engine.socket,
      );
      await client.startContainer(id);
      await client.startContainer(id);
      const [listed] = await client.listContainers({ all: true, size: true });
      assert.equal(listed?.id, id);
      assert.deepEqual(listed.names, ['lamina-one']);
      assert.equal(listed.state, 'running');
      assert.equal(listed.labels['lamina.test'], 'yes');
      const details = await client.inspectContainer(id, { size: true });
      assert.equal(details.name, 'lamina-one');
      assert.equal(details.state, 'running');
      assert.equal(details.tty, false);
      assert.ok((details.pid ?? 0) > 0);
      await sleep(300);
      const lines: string[] = [];
      for await (const { stream, bytes } of client.logs(id, { tail: 10 }))
        lines.push(`${stream}: ${Buffer.from(bytes).toString()}`);
      assert.deepEqual(lines.sort(), ['stderr: err\n', 'stdout: out\n']);
      const top = await client.topContainer(id);
      assert.ok(top.titles.includes('PID'));
      assert.ok(top.processes.length >= 1);
    });

    it('tells a container’s changes', async () => {
      const changes = await client.containerChanges(container);
      const told = changes.map(({ kind, path }) => `${kind} ${path}`);
      assert.ok(told.includes('added /made'), told.join());
      assert.ok(told.includes('deleted /etc/debian_version'), told.join());
    });

    it('executes, with standard input and its end', async () => {
      const spec = { command: ['sh', '-c', 'cat; echo done; exit 3'], stdin: true };
      const exec = await client.createExec(container, spec);
      const connection = await client.startExec(exec);
      connection.end('hello\n');
      assert.deepEqual(await outputOf(connection), { stdout: 'hello\ndone\n', stderr: '' });
      await waitUntil(async () => !(await client.inspectExec(exec)).isRunning);
      assert.equal((await client.inspectExec(exec)).exitCode, 3);
    });

    it('gives a terminal', async () => {
      const exec = await client.createExec(container, {
        command: ['sh', '-c', 'read x; stty size; exit 0'],
        stdin: true,
        tty: true,
      });
      const connection = await client.startExec(exec, { tty: true });
      await waitUntil(async () =>
        client.resizeExec(exec, 93, 31).then(
          () => true,
          () => false,
        ),
      );
      connection.write('x\n');
      assert.match(await text(connection), /31 93/);
    });

    it('moves files', async () => {
      await client.putArchive(
        container,
        '/tmp',
        Readable.from([encodeTar([{ name: 'put.txt', content: 'put here', mode: 0o640 }])]),
      );
      const stat = await client.statArchive(container, '/tmp/put.txt');
      assert.deepEqual([stat.name, stat.sizeBytes, stat.goMode & 0o777], ['put.txt', 8, 0o640]);
      await fails(client.statArchive(container, '/tmp/absent'), 'not-found', engine.socket);
      await fails(client.getArchive(container, '/tmp/absent'), 'not-found', engine.socket);
      const archive = await buffer((await client.getArchive(container, '/tmp/put.txt')).body);
      assert.deepEqual(await namesOf(archive), ['put.txt']);
    });

    it('pauses, stops, restarts, kills, waits and renames', async function () {
      if (!isPodman) {
        await client.pauseContainer(container);
        assert.equal((await client.inspectContainer(container)).state, 'paused');
        await client.unpauseContainer(container);
      }
      await client.renameContainer(container, 'lamina-two');
      assert.equal((await client.inspectContainer(container)).name, 'lamina-two');
      await client.restartContainer(container, { graceSeconds: 0 });
      assert.equal((await client.inspectContainer(container)).state, 'running');
      const waiting = client.waitContainer(container);
      await sleep(200);
      await client.killContainer(container, { signalName: 'SIGKILL' });
      assert.equal(await waiting, 137);
      await client.startContainer(container);
      await client.stopContainer(container, { graceSeconds: 0 });
      await client.stopContainer(container);
      const details = await client.inspectContainer(container);
      assert.equal(details.state, 'exited');
      assert.equal(details.exitCode, 137);
    });

    it('commits and exports', async () => {
      const id = await client.commitContainer(container, {
        repository: 'lamina/committed',
        tag: '1',
        comment: 'made',
      });
      assert.match(id, /^(sha256:)?[0-9a-f]{64}$/);
      const details = await client.inspectImage('lamina/committed:1');
      assert.equal(details.diffIds.length, 2);
      const names = await namesOf(await buffer(await client.exportContainer(container)));
      assert.ok(names.includes('made'));
    });

    it('attaches', async () => {
      const { id } = await client.createContainer({
        Image: 'debian:bookworm',
        Cmd: ['sh', '-c', 'cat >&2; echo end'],
        OpenStdin: true,
        StdinOnce: true,
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        HostConfig: { NetworkMode: 'host' },
      });
      const connection = await client.attachContainer(id, { stdin: true });
      await client.startContainer(id);
      connection.end('to cat\n');
      // Each in an order of its own: the engine reads two pipes.
      assert.deepEqual(await outputOf(connection), { stdout: 'end\n', stderr: 'to cat\n' });
      await client.removeContainer(id, { force: true, volumes: true });
      await fails(client.inspectContainer(id), 'not-found', engine.socket);
    });

    it('follows the logs of a terminal', async () => {
      const { id } = await client.createContainer({
        Image: 'debian:bookworm',
        Cmd: ['sh', '-c', 'echo one; sleep 0.3; echo two'],
        Tty: true,
        HostConfig: { NetworkMode: 'host' },
      });
      await client.startContainer(id);
      let all = '';
      for await (const { bytes } of client.logs(id, { follow: true })) all += Buffer.from(bytes).toString();
      assert.equal(all, 'one\r\ntwo\r\n');
      await client.removeContainer(id, { force: true });
    });

    it('counts the disk', async () => {
      const usage = await client.diskUsage();
      if (isPodman) assert.equal(usage.layersBytes, undefined);
      else assert.ok(usage.layersBytes! > 10_000_000, String(usage.layersBytes));
      assert.ok(usage.images.length >= 2);
      assert.deepEqual(
        usage.containers.map(({ id }) => id),
        [container],
      );
      const some = await client.diskUsage({ types: ['image'] });
      assert.ok(some.images.length >= 2);
    });

    it('tells events as they come', async () => {
      const stop = new AbortController();
      const heard: EngineEvent[] = [];
      let opened = (): void => undefined;
      const open = new Promise<void>((resolve) => {
        opened = resolve;
      });
      const hearing = (async () => {
        const options = { signal: stop.signal, filters: { type: ['image'] }, onOpen: opened };
        for await (const event of client.events(options)) heard.push(event);
      })();
      await open;
      await client.tagImage('debian:bookworm', 'lamina/event:1');
      await waitUntil(() => heard.some(({ action }) => action === 'tag'));
      stop.abort();
      await fails(hearing, 'cancelled', engine.socket);
      const event = heard.find(({ action }) => action === 'tag')!;
      assert.equal(event.type, 'image');
      assert.ok(Math.abs(event.timeMs - Date.now()) < 60_000);
      await client.removeImage('lamina/event:1');
    });

    it('removes', async () => {
      await fails(
        client
          .removeImage('debian:bookworm', { noPrune: false })
          .then(() => client.removeImage('lamina/committed:1'))
          .then(async () => client.removeContainer('absent')),
        'not-found',
        engine.socket,
      );
      await client.removeContainer(container, { force: true, volumes: true });
      assert.deepEqual(await client.listContainers({ all: true }), []);
    });

    describe('and a registry', () => {
      before(async () => {
        await engine.cli(['import', await ensureDebianTar(), 'docker.io/library/debian:bookworm']);
      });

      it('pushes, asks about and pulls', async () => {
        const { host } = engine.registry;
        const name = `${host}/lamina/pushed:1`;
        await client.tagImage('debian:bookworm', name);
        const said: TransferEvent[] = [];
        const auth = { username: 'someone', password: 'secret' };
        const pushed = await client.pushImage(name, { auth, onEvent: (event) => said.push(event) });
        assert.match(pushed.digest ?? '', /^sha256:/);
        assert.ok(said.length > 0);
        if (!isPodman) assert.ok(said.some(({ total }) => (total ?? 0) > 0));
        const asking = client.distributionInspect(name, { auth });
        if (isPodman) await fails(asking, 'unsupported', engine.socket);
        else assert.equal((await asking).descriptor.digest, pushed.digest);
        await client.removeImage(name);
        const pulled = await client.pullImage(name, {
          auth,
          platform: { os: 'linux', architecture: 'amd64' },
        });
        if (!isPodman) assert.equal(pulled.digest, pushed.digest);
        await client.pullImage(`${host}/lamina/pushed@${pushed.digest!}`);
        await fails(client.pullImage(`${host}/lamina/absent:1`), 'not-found', engine.socket);
      });
    });
  });

async function ofDocker(engine: Awaited<ReturnType<typeof startDocker20>>): Promise<RunningEngine> {
  // Docker takes plain http from loopback.
  return { registry: await startRegistry(), socket: engine.socket, cli: engine.docker, stop: engine.stop };
}

async function fails(call: Promise<unknown>, code: string, socket: string): Promise<void> {
  await assert.rejects(call, (error) => {
    assert.ok(isEngineError(error), String(error));
    assert.equal(`${error.code} ${error.subject}`, `${code} unix://${socket}`, error.message);
    return true;
  });
}

async function namesOf(tar: Buffer): Promise<readonly string[]> {
  const names: string[] = [];
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    names.push(header.name.replace(/^\.?\//, ''));
    stream.on('end', next).resume();
  });
  await pipeline(Readable.from(pieces(tar)), reader);
  return names;
}

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += 2 ** 18) yield bytes.subarray(at, at + 2 ** 18);
}

async function outputOf(connection: Duplex): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const all = { stdout: '', stderr: '' };
  for await (const { stream, bytes } of demultiplexOutput(connection as AsyncIterable<Uint8Array>, 'test'))
    all[stream] += Buffer.from(bytes).toString();
  return all;
}

async function waitUntil(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 15_000;
  while (!(await isTrue())) {
    assert.ok(Date.now() < end, 'it did not come true in time');
    await sleep(50);
  }
}

// The files of containers of real engines: in every state, with and without programs in them.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { byteName, type LayerPath } from '../../../src/engine/base/layerPath.ts';
import type {
  ContainerFile,
  ContainerFileChange,
  ContainerFiles,
} from '../../../src/engine/containers/containerFiles.ts';
import { runProgram } from '../../../src/engine/containers/runProgram.ts';
import type { UnionView } from '../../../src/engine/rootfs/rootfs.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import type { Engine, EngineConnection } from '../../../src/engine/engineContract.ts';
import { silentLogger } from '../../../src/engine/base/log.ts';
import { orSkip } from '../../machine/missing.mjs';
import { contractLayers, describeContainerFiles } from '../../contracts/containerFilesContract.ts';
import type { BuiltImage } from '../../support/buildImage.ts';
import { bareImage, busyboxImage } from '../../support/containerImages.ts';
import { isFullRun } from '../../support/fullRun.ts';
import { tempDir } from '../../support/tempDir.ts';
import { dockerArchiveBytes } from '../../support/writeDockerArchive.ts';
import { type RunningEngine, runningEngines } from '../runningEngines.ts';

for (const [name, start] of Object.entries(runningEngines))
  describe(`Containers of ${name}`, function () {
    this.timeout(240_000);
    let running: RunningEngine;
    const opened: Engine[] = [];

    before(async function () {
      running = await orSkip(this, start);
      const connection = connect();
      await load(connection.client, await busyboxImage('docker.io/lamina/busy:1', contractLayers));
      await load(
        connection.client,
        bareImage('docker.io/lamina/bare:1', [{ 'etc/base': 'below' }, ...contractLayers]),
      );
    });
    afterEach(async () => {
      for (const engine of opened.splice(0)) await engine[Symbol.asyncDispose]();
    });
    after(() => (running as RunningEngine | undefined)?.stop());

    function newEngine(): Engine {
      const engine = createEngine({ log: silentLogger, storeDirectory: tempDir().path });
      opened.push(engine);
      return engine;
    }

    function connect(): EngineConnection {
      return newEngine().connectEngine({ kind: 'unix', path: running.socket });
    }

    /** A running container in which a script was run to its end. */
    async function containerAfter(
      connection: EngineConnection,
      script: string,
      spec: Readonly<Record<string, unknown>> = {},
    ): Promise<string> {
      const { client } = connection;
      const HostConfig = { NetworkMode: 'host', ...(spec['HostConfig'] as object | undefined) };
      const { id } = await client.createContainer({ Image: 'lamina/busy:1', ...spec, HostConfig });
      await client.startContainer(id);
      const ended = await runProgram(client, id, { command: ['sh', '-ec', script], subject: 'a script' });
      assert.equal(ended?.exitCode, 0, ended?.errors);
      return id;
    }

    it('shows what is in a container that has no program, and leads no link out of it', async () => {
      const { client, containerFiles } = boundTo(connect());
      await load(client, bareImage('docker.io/lamina/one:1', [oneFile]));
      const { id } = await client.createContainer({
        Image: 'lamina/one:1',
        HostConfig: { NetworkMode: 'host' },
      });
      const files = containerFiles(id);
      const names = (await files.list(at('/'))).map(({ name: each }) => each);
      for (const each of ['static', 'up', 'absolute'])
        assert.ok(names.includes(byteName(each)), String(names));
      assert.equal(await textAt(files, '/static'), 'only this');
      assert.equal(await textAt(files, '/up'), 'only this');
      assert.equal((await files.resolve(at('/absolute')))?.path, '/static');
      await files.writeFile(at('/static'), Buffer.from('changed'));
      assert.equal(await textAt(files, '/absolute'), 'changed');
      assert.deepEqual(linesOf(await files.changes()), ['modified /static content,mtime']);
      await assert.rejects(files.remove(at('/static')), { code: 'unsupported', detail: /not running/ });
      await client.removeContainer(id);
    });

    it('shows what lies in mounts, and counts it among no changes', async () => {
      const folder = tempDir();
      writeFileSync(folder.file('from-host'), 'of the host');
      const { client, containerFiles } = boundTo(connect());
      const HostConfig = { Binds: [`${folder.path}:/mnt/host`], Tmpfs: { '/mnt/memory': '' } };
      const id = await containerAfter(connect(), 'echo x > /mnt/memory/x; echo y > /mnt/host/y', {
        HostConfig,
      });
      const files = containerFiles(id);
      for (const runs of [true, false]) {
        if (!runs) await client.stopContainer(id, { graceSeconds: 0 });
        assert.deepEqual(
          (await files.list(at('/mnt/host'))).map(({ path }) => path),
          ['/mnt/host/from-host', '/mnt/host/y'],
        );
        assert.equal(await textAt(files, '/mnt/host/from-host'), 'of the host');
        const inside = (await files.changes()).filter(({ path }) => /^\/mnt\/(host|memory)\/./.test(path));
        assert.deepEqual(inside, []);
        if (runs) assert.equal((await files.list(at('/mnt/memory'))).length, 1);
      }
      await client.removeContainer(id, { force: true });
    });

    it('lists ten thousand files, and reads the end of a large one', async function () {
      this.timeout(600_000);
      const { client, containerFiles } = boundTo(connect());
      const script =
        'mkdir /many; cd /many; seq 10000 | xargs touch; dd if=/dev/zero of=/large bs=1M count=300 2>&1; echo end >> /large';
      const id = await containerAfter(connect(), script);
      const files = containerFiles(id);
      assert.equal((await files.list(at('/many'))).length, 10_000);
      await client.stopContainer(id, { graceSeconds: 0 });
      assert.equal((await files.list(at('/many'))).length, 10_000);
      const { size = 0 } = (await files.lookup(at('/large'))) ?? {};
      assert.equal(size, 300 * 2 ** 20 + 4);
      const end = await buffer(files.read(at('/large'), { start: size - 5, end: size }));
      assert.equal(end.toString(), '\0end\n');
      await assert.rejects(files.readFile(at('/large'), 1000), { code: 'too-large' });
      await client.removeContainer(id, { force: true });
    });

    it('says why files differ: bytes, modes, owners, times, types', async () => {
      const { client, containerFiles } = boundTo(connect());
      const id = await containerAfter(connect(), changesOf(name));
      const files = containerFiles(id);
      const inRun = linesOf(await files.changes()).filter((line) => line.includes(' /srv'));
      assert.deepEqual(inRun, reasonsIn(name));
      await client.stopContainer(id, { graceSeconds: 0 });
      const stopped = linesOf(await files.changes()).filter((line) => line.includes(' /srv'));
      assert.deepEqual(stopped, reasonsIn(name));
      await client.removeContainer(id, { force: true });
    });

    it('copies a container into the store, with all its changes; a copy that is stopped leaves nothing', async () => {
      const engine = newEngine();
      const connection = engine.connectEngine({ kind: 'unix', path: running.socket });
      const id = await containerAfter(connection, changesOf(name));
      const files = connection.containerFiles(id);
      const config = await files.copyIntoStore({ name: 'copied' });
      const copy = await engine.containers.open(config.id);
      const own = await files.changes();
      assert.deepEqual(kindsOf(await copy.changes()), kindsOf(own));
      for (const { path, after } of own)
        if (after?.type === 'file') {
          const [one, other] = [await copy.readFile(path, 1e6), await files.readFile(path, 1e6)];
          assert.deepEqual(Buffer.from(one), Buffer.from(other), path);
        }
      for (const { path, after } of own.filter(({ path: each }) => each.startsWith('/srv'))) {
        const copied = await copy.lookup(path);
        assert.deepEqual(
          [copied?.type, copied?.mode, copied?.uid],
          [after?.type, after?.mode, after?.uid],
          path,
        );
      }
      const before = await engine.containers.list();
      await assert.rejects(files.copyIntoStore({ name: 'copied' }), { code: 'already-exists' });
      const stop = new AbortController();
      const onProgress = (): void => {
        stop.abort();
      };
      await assert.rejects(files.copyIntoStore({}, { signal: stop.signal, onProgress }), {
        code: 'cancelled',
      });
      assert.deepEqual(await engine.containers.list(), before);
      await connection.client.removeContainer(id, { force: true });
    });

    it('opens what the engine commits: the same tree as the container’s', async () => {
      const engine = newEngine();
      const connection = engine.connectEngine({ kind: 'unix', path: running.socket });
      const id = await containerAfter(connection, changesOf(name));
      const image = await connection.client.commitContainer(id, {
        ...{ repository: 'lamina/committed', tag: '1', comment: 'said', author: 'Somebody' },
        ...{ pause: false, changes: ['ENV GREETING=hello'] },
      });
      const source = await connection.source();
      const found = await source.find(image);
      assert.ok(
        (await source.list()).some(({ names }) => names.some((each) => each.includes('lamina/committed:1'))),
      );
      const [variant] = found.variants;
      assert.ok(variant !== undefined);
      const opened = await engine.image(source, found, variant);
      const view = await engine.rootfs(opened);
      const files = connection.containerFiles(id);
      await compareFolder(view, files, '/srv');
      await connection.client.removeContainer(id, { force: true });
    });

    const containers = {
      'that runs': { image: 'lamina/busy:1', runs: true, isImageHere: true },
      'that never ran': { image: 'lamina/busy:1', runs: false, isImageHere: true },
      'without a program': { image: 'lamina/bare:1', runs: false, isImageHere: false },
    };
    for (const [what, { image, runs, isImageHere }] of Object.entries(containers)) {
      if (!isFullRun && isLeftToFullRuns(name, what)) continue;
      describeContainerFiles(`of ${name}, ${what}`, {
        ...(!runs && { cannot: ['remove', 'rename'] }),
        copiedUp: isImageHere ? 'known' : 'unknown',
        // Podman has no events of files that are copied in, only of programs that end.
        newsOfOthers: name === 'Podman' && !runs ? 'none' : 'root',
        open: async () => {
          const [own, other] = [connect(), connect()];
          const { id } = await own.client.createContainer({
            Image: image,
            HostConfig: { NetworkMode: 'host' },
          });
          if (runs) await own.client.startContainer(id);
          const files = own.containerFiles(id);
          // Fetches the image's layers.
          if (isImageHere) await files.changes();
          return {
            files,
            others: other.containerFiles(id),
            layersBelow: 1,
            removeContainer: () => other.client.removeContainer(id, { force: true }),
            [Symbol.asyncDispose]: async () => {
              await other.client.removeContainer(id, { force: true }).catch(() => undefined);
            },
          };
        },
      });
    }

    it('says that the engine is gone', async () => {
      const { client, containerFiles } = boundTo(connect());
      const { id } = await client.createContainer({
        Image: 'lamina/bare:1',
        HostConfig: { NetworkMode: 'host' },
      });
      const files = containerFiles(id);
      await files.lookup(at('/srv'));
      await running.halt();
      await assert.rejects(files.list(at('/srv')), { code: 'unreachable' });
      await assert.rejects(files.changes(), { code: 'unreachable' });
      await assert.rejects(files.writeFile(at('/srv/x'), Buffer.from('x')), { code: 'unreachable' });
      await running.startAgain();
      assert.equal((await files.lookup(at('/srv')))?.type, 'dir');
    });
  });

const oneFile = {
  static: { content: 'only this', mode: 0o755 },
  up: { type: 'symlink', link: '../../../../static' },
  absolute: { type: 'symlink', link: '/static' },
} as const;

const everyChange = `
  umask 022
  cd /srv
  echo changed > index.html
  printf OLD > old.txt
  chmod 600 large.bin
  chown 5:6 empty
  rm deep/a/b.txt
  mkdir deep/new
  echo new > deep/new/x
  ln deep/new/x deep/new/y
  ln -s nowhere deep/new/dangling
  mkfifo deep/new/pipe
  rm dangling
  ln -s elsewhere dangling
`;

/** At which `podman diff` fails. */
const otherType = `
  rm link
  mkdir link
  echo inside > link/inside
`;

const everyReason = [
  'modified /srv ',
  'modified /srv/dangling content,mtime',
  'modified /srv/deep ',
  'modified /srv/deep/a ',
  'removed /srv/deep/a/b.txt ',
  'added /srv/deep/new ',
  'added /srv/deep/new/dangling ',
  'added /srv/deep/new/pipe ',
  'added /srv/deep/new/x ',
  'added /srv/deep/new/y ',
  'modified /srv/empty owner',
  'modified /srv/index.html content,mtime',
  'modified /srv/large.bin mode',
  'modified /srv/link type,mode',
  'added /srv/link/inside ',
  'modified /srv/old.txt content,mtime',
];

function changesOf(engine: string): string {
  return engine === 'Podman' ? everyChange : everyChange + otherType;
}

/** Podman's list lacks folders that have only another owner. */
function reasonsIn(engine: string): readonly string[] {
  return engine === 'Podman' ? everyReason.filter((line) => !/\/(link|empty)/.test(line)) : everyReason;
}

function linesOf(changes: readonly ContainerFileChange[]): readonly string[] {
  return changes.map(({ kind, path, differs }) => `${kind} ${path} ${differs.join()}`);
}

function kindsOf(changes: readonly ContainerFileChange[]): readonly string[] {
  return changes.map(({ kind, path }) => `${kind} ${path}`);
}

/** Bound, so that they can be taken apart. */
function boundTo(connection: EngineConnection): Pick<EngineConnection, 'client' | 'containerFiles'> {
  return { client: connection.client, containerFiles: (id) => connection.containerFiles(id) };
}

async function compareFolder(view: UnionView, files: ContainerFiles, path: string): Promise<void> {
  const [inImage, inContainer] = [view.list(at(path)), await files.list(at(path))];
  const asText = ({ path: each, type, mode, uid, size, linkTarget }: ContainerFile): string =>
    [each, type, mode, uid, type === 'file' ? size : 0, linkTarget ?? ''].join(' ');
  assert.deepEqual(inImage.map(asText), inContainer.map(asText));
  for (const { path: each, type } of inContainer) if (type === 'dir') await compareFolder(view, files, each);
}

async function textAt(files: ContainerFiles, path: string): Promise<string> {
  return Buffer.from(await files.readFile(at(path), 10_000)).toString();
}

function at(path: string): LayerPath {
  return path as LayerPath;
}

async function load(client: EngineConnection['client'], image: BuiltImage): Promise<void> {
  await client.loadImages(
    (async function* () {
      yield await Promise.resolve(dockerArchiveBytes(image));
    })(),
  );
}

/** One engine is asked for containers in every state, the others for what they do otherwise. */
function isLeftToFullRuns(engine: string, state: string): boolean {
  if (engine === 'Docker Engine 29, containerd store') return false;
  return engine === 'Docker Engine 29, classic store' || state === 'that never ran';
}

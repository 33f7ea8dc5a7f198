import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { silentLogger } from '../../../src/engine/base/log.ts';
import type { LayerPath } from '../../../src/engine/base/layerPath.ts';
import type { ContainerFiles } from '../../../src/engine/containers/containerFiles.ts';
import { createEngine } from '../../../src/engine/engine.ts';
import { sendJson, startFakeEngine } from '../../support/fakeEngine.ts';
import { encodeTar, type TarEntrySpec } from '../../support/tarBytes.ts';
import { tempDir } from '../../support/tempDir.ts';

const id = 'c'.repeat(64);
const at = (path: string): LayerPath => path as LayerPath;

/** A stopped container whose image is gone, so that the archive endpoint alone tells: each path's tar. */
interface Playing {
  readonly tars: Readonly<Record<string, Buffer>>;
  readonly changes?: readonly { readonly Path: string; readonly Kind: number }[];
  readonly onPut?: (path: string, tar: Buffer) => void;
}

async function withContainer(
  playing: Playing,
  use: (files: ContainerFiles, requests: readonly string[]) => Promise<void>,
): Promise<void> {
  await using server = await startFakeEngine((request, response) => {
    answer(playing, request, response).catch(() => response.destroy());
  });
  await using engine = createEngine({ log: silentLogger, storeDirectory: tempDir().path });
  await use(engine.connectEngine(server.endpoint).containerFiles(id), server.requests);
}

async function answer(playing: Playing, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '', 'http://engine');
  const path = url.searchParams.get('path') ?? '';
  if (url.pathname.endsWith('/version')) sendJson(response, { Version: '29.0.0', ApiVersion: '1.56' });
  else if (url.pathname.endsWith('/info')) sendJson(response, { ID: 'engine' });
  else if (url.pathname.endsWith(`/containers/${id}/json`))
    sendJson(response, { Id: id, Image: 'sha256:gone', State: { Status: 'exited' }, Config: {}, Mounts: [] });
  else if (url.pathname.endsWith('/changes')) sendJson(response, playing.changes ?? null);
  else if (!url.pathname.endsWith('/archive')) sendJson(response, { message: 'No such image: gone' }, 404);
  else if (request.method === 'PUT') {
    playing.onPut?.(path, await buffer(request));
    response.end();
  } else if (playing.tars[path] === undefined)
    sendJson(response, { message: `Could not find the file ${path} in container ${id}` }, 404);
  else {
    response.setHeader('X-Docker-Container-Path-Stat', statOf(playing.tars[path]));
    response.end(request.method === 'HEAD' ? undefined : playing.tars[path]);
  }
}

/** What HEAD tells, as far as the tar's first header does. */
function statOf(tar: Buffer): string {
  const type = tar.toString('latin1', 156, 157);
  const mode = type === '5' ? 2 ** 31 + 0o755 : type === '2' ? 2 ** 27 + 0o777 : 0o644;
  const stat = { name: 'x', size: 1, mode, mtime: '2023-11-14T22:13:20.5Z', linkTarget: '' };
  const link = tar.toString('latin1', 157, 257).replace(/\0.*$/, '');
  return Buffer.from(JSON.stringify({ ...stat, linkTarget: link })).toString('base64');
}

const tar = (...entries: readonly TarEntrySpec[]): Buffer => encodeTar(entries);
const root = tar({ name: '/', type: 'dir' });

describe('Files of an engine’s container', () => {
  it('are what tar and stat tell together', async () => {
    const tars = {
      '/f': tar({ name: 'f', content: 'hello', mode: 0o4750, uid: 7, gid: 8, mtime: 1_700_000_000 }),
    };
    await withContainer({ tars }, async (files) => {
      const file = await files.lookup(at('/f'));
      const { mtime, mode, uid, gid, size } = file ?? {};
      assert.deepEqual([mtime, mode, uid, gid, size], ['1700000000.500000000', 0o4750, 7, 8, 5]);
      assert.equal(await files.lookup(at('/none')), undefined);
      assert.equal(Buffer.from(await files.readFile(at('/f'), 5)).toString(), 'hello');
      await assert.rejects(files.readFile(at('/f'), 4), { code: 'too-large' });
    });
  });

  it('are in a list only when they are directly in the folder, whatever names the engine sends', async () => {
    const tars = {
      '/': root,
      '/d': tar(
        { name: 'd/', type: 'dir' },
        { name: 'd/b', content: 'b' },
        { name: 'd/../../outside', content: 'x' },
        { name: '/etc/passwd', content: 'x' },
        { name: 'd/c/', type: 'dir' },
        { name: 'd/c/deep', content: 'x' },
        { name: 'd/a', type: 'hardlink', link: 'd/b' },
        { name: 'd/z', type: 'hardlink', link: 'd/never-came' },
      ),
    };
    await withContainer({ tars }, async (files) => {
      const listed = await files.list(at('/d'));
      assert.deepEqual(
        listed.map(({ path, size }) => `${path} ${size}`),
        ['/d/a 1', '/d/b 1', '/d/c 0'],
      );
    });
  });

  it('are not given from a tar that is cut, or is none', async () => {
    const whole = tar({ name: 'f', content: 'x'.repeat(5000) });
    const tars = {
      '/cut': whole.subarray(0, 3000),
      '/none': Buffer.from('this is no tar'.repeat(100)),
      '/empty': tar(),
    };
    await withContainer({ tars }, async (files) => {
      await assert.rejects(files.readFile(at('/cut'), 10_000), { code: 'truncated' });
      await assert.rejects(files.readFile(at('/none'), 10_000), { code: 'invalid-archive' });
      await assert.rejects(files.readFile(at('/empty'), 10_000), { code: 'not-found' });
    });
  });

  it('write one file into its folder, with what the file before had, and nothing else', async () => {
    const put: { path: string; names: string[]; mode: number; uid: number }[] = [];
    const onPut = (path: string, bytes: Buffer): void => {
      const field = (from: number, to: number): string =>
        bytes.toString('latin1', from, to).replace(/\0.*$/, '');
      put.push({
        path,
        names: [field(0, 100)],
        mode: Number.parseInt(field(100, 108), 8),
        uid: Number.parseInt(field(108, 116), 8),
      });
    };
    const tars = {
      '/d': tar({ name: 'd/', type: 'dir' }),
      '/d/-rf': tar({ name: '-rf', content: 'old', mode: 0o640, uid: 5 }),
    };
    await withContainer({ tars, onPut }, async (files) => {
      await files.writeFile(at('/d/-rf'), Buffer.from('new'));
      await files.writeFile(at('/d/made'), Buffer.from('new'));
      await assert.rejects(files.writeFile(at('/absent/x'), Buffer.from('new')), { code: 'not-found' });
      assert.deepEqual(put, [
        { path: '/d', names: ['-rf'], mode: 0o640, uid: 5 },
        { path: '/d', names: ['made'], mode: 0o644, uid: 0 },
      ]);
    });
  });

  it('have changes without reasons when the image is gone, sorted', async () => {
    const tars = { '/d': tar({ name: 'd/', type: 'dir' }), '/d/f': tar({ name: 'f', content: 'x' }) };
    const changes = [
      { Path: '/d/f', Kind: 1 },
      { Path: '/gone', Kind: 2 },
      { Path: '/d', Kind: 0 },
    ];
    await withContainer({ tars, changes }, async (files) => {
      assert.deepEqual(
        (await files.changes()).map(({ kind, path, differs, after }) => [kind, path, differs, after?.type]),
        [
          ['modified', '/d', [], 'dir'],
          ['added', '/d/f', [], 'file'],
          ['removed', '/gone', [], undefined],
        ],
      );
    });
  });

  it('cost no request before they are asked for', async () => {
    await withContainer({ tars: {} }, async (_files, requests) => {
      await Promise.resolve();
      assert.deepEqual(requests, []);
    });
  });
});

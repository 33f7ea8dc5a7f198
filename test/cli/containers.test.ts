import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buildImage } from '../support/buildImage.ts';
import { collectTar } from '../support/collectTar.ts';
import { samplePath } from '../support/makeSample.ts';
import {
  type CliResult,
  type CliOptions,
  laminaJson,
  runLamina,
  runProgram,
  spawnLamina,
} from '../support/runLamina.ts';
import { encodeTar } from '../support/tarBytes.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeDockerArchive } from '../support/writeDockerArchive.ts';

const page = '/usr/share/nginx/html/index.html';

describe('Containers on the command line', function () {
  this.timeout(60_000);
  const directory = tempDir();
  let store = '';
  let here = '';
  let count = 0;
  const run = (...args: readonly string[]): Promise<CliResult> => runLamina(args, { store });
  const runWith = (options: Partial<CliOptions>, ...args: readonly string[]): Promise<CliResult> =>
    runLamina(args, { store, ...options });
  const done = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, `lamina ${args.join(' ')}`);
    return stdout;
  };
  const text = (name: string): string => readFileSync(path.join(here, name), 'utf8');
  const place = (name: string): string => path.join(here, name);

  beforeEach(async () => {
    count += 1;
    store = directory.file(`store-${count}`);
    here = directory.file(`here-${count}`);
    mkdirSync(here);
    await run('create', `${samplePath}:hello-nginx`, '--name', 'web');
  });

  it('tell the lesson', async function () {
    this.timeout(300_000);
    // By the program itself, as a person runs it.
    const lamina = async (...args: readonly string[]): Promise<string> => {
      const { code, stdout, stderr } = await runProgram(args, store);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' }, `lamina ${args.join(' ')}`);
      return stdout;
    };
    await lamina('import', `${samplePath}:config-nginx`);
    await lamina('create', 'hello-nginx', '--name', 'two');
    writeFileSync(place('index.html'), '<h1>Edited</h1>\n');
    await lamina('cp', place('index.html'), `web:${page}`);

    assert.equal(await lamina('cat', `container:web:${page}`), '<h1>Edited</h1>\n');
    const image = await lamina('cat', `hello-nginx:${page}`);
    assert.match(image, /Hello from a layer/);
    assert.equal(await lamina('cat', `container:two:${page}`), image);
    assert.equal(
      await lamina('diff', 'web'),
      ['/usr', '/usr/share', '/usr/share/nginx', '/usr/share/nginx/html', page]
        .map((at) => `C ${at}\n`)
        .join(''),
    );
    assert.equal(await lamina('diff', 'two'), '');
    const touches = (await lamina('blame', `container:web:${page}`)).trimEnd().split('\n').slice(1);
    assert.deepEqual(
      touches.map((line) => line.split(/ {3,}/).at(-1)?.replace(/ .*/, '')),
      ['container', 'COPY', 'RUN'],
    );

    await lamina('commit', 'web', 'my-nginx', '-m', 'Edited the page', '-a', 'Someone');
    const layers = (await lamina('diff', '--layers', 'hello-nginx', 'my-nginx')).trimEnd().split('\n');
    assert.deepEqual(
      layers.map((line) => line.charAt(0)),
      [...Array.from({ length: layers.length - 1 }, () => '='), '+'],
    );
    assert.equal(await lamina('cat', `my-nginx:${page}`), '<h1>Edited</h1>\n');
    assert.match((await lamina('history', 'my-nginx')).split('\n')[1] ?? '', /Edited the page$/);
    assert.equal((await lamina('verify', 'my-nginx')).trim(), 'ok');

    await lamina('create', 'config-nginx', '--name', 'three');
    const sharing = (await lamina('diff', '--layers', 'container:web', 'container:three')).split('\n');
    assert.ok(sharing.filter((line) => line.startsWith('=')).length >= 6);
    assert.ok(sharing.some((line) => line === '-   7 <unknown>    container web'));
  });

  it('are listed, oldest first, and removed with their image kept', async () => {
    const second = (await done('create', 'hello-nginx')).trim();
    assert.match(second, /^[0-9a-f]{32}$/);
    const list = await laminaJson<{ id: string; name: string; image: { name: string } }[]>(
      ['containers', '--json'],
      { store },
    );
    assert.deepEqual(
      list.map(({ name, image }) => [name, image.name]),
      [
        ['web', 'docker.io/library/hello-nginx:latest'],
        ['hello-nginx-1', 'docker.io/library/hello-nginx:latest'],
      ],
    );
    const table = (await done('containers')).split('\n');
    assert.match(table[0] ?? '', /^CONTAINER ID {3}IMAGE {16}CREATED {9,}NAME$/);
    assert.match(
      table[1] ?? '',
      /^[0-9a-f]{12} {3}hello-nginx:latest {3}Less than a second ago +web$|seconds? ago +web$/,
    );
    assert.equal(await done('containers', '-q'), `${list[0]?.id ?? ''}\n${second}\n`);
    assert.equal(await done('rm', second.slice(0, 12), 'container:web'), `${second.slice(0, 12)}\nweb\n`);
    assert.deepEqual(await laminaJson(['containers', '--json'], { store }), []);
    assert.match(await done('images'), /^hello-nginx:latest/m);
    assert.equal((await run('rm', 'web')).code, 3);
    assert.deepEqual(await run('rm', '-f', 'web'), {
      code: 0,
      stdout: '',
      bytes: Buffer.alloc(0),
      stderr: '',
    });
  });

  it('keep the layers of an image whose name is gone', async () => {
    const gone = await run('rmi', 'hello-nginx');
    assert.equal(gone.code, 0);
    assert.match(gone.stderr, /^lamina: its layers stay: containers are made of it: web\n$/);
    await done('gc');
    assert.match(await done('cat', `container:web:${page}`), /Hello from a layer/);
    assert.match(await done('containers'), /hello-nginx:latest/);
    await done('rm', 'web:/etc/motd');
    await done('commit', 'web', 'back');
    assert.match(await done('cat', `back:${page}`), /Hello from a layer/);
  });

  it('are read as images are', async () => {
    await done('rm', '-r', 'web:/docker-entrypoint.d');
    writeFileSync(place('new'), 'new');
    await done('cp', place('new'), 'web:/etc');
    assert.match(await done('ls', 'container:web:/etc'), /^new$/m);
    assert.match(await done('ls', '-l', 'container:web:/etc/new'), / 3 [-0-9]+ [0-9:]+ {3}7 new$/m);
    assert.equal(await done('ls', '-R', '--layer', '7', 'container:web:/etc'), 'A /etc/new\n');
    assert.match(await done('ls', '--layer', '7', 'container:web:/'), /^D docker-entrypoint\.d$/m);
    assert.match(await done('ls', '--upto', '6', 'container:web:/'), /^docker-entrypoint\.d$/m);
    assert.equal(await done('find', 'container:web', '*/new'), '/etc/new\n');
    assert.equal(await done('find', '--all-layers', 'container:web', page), `  6   ${page}\n  1 - ${page}\n`);
    const [entry] = await laminaJson<Record<string, unknown>[]>(
      ['ls', '--json', '--hash', 'container:web:/etc/new'],
      { store },
    );
    assert.deepEqual(
      [entry?.['path'], entry?.['layer'], entry?.['sha256']],
      ['etc/new', 7, '11507a0e2f5e69d5dfa40a62a1bd7b6ee57e6bcd85c67c9b8431b36fff21c437'],
    );
    const [touch] = await laminaJson<Record<string, unknown>[]>(
      ['blame', '--json', 'container:web:/etc/new'],
      { store },
    );
    assert.deepEqual([touch?.['layer'], touch?.['change'], touch?.['container']], [7, 'added', 'web']);
  });

  it('say what differs as JSON, from their image and from any other', async () => {
    writeFileSync(place('page'), 'page');
    await done('cp', place('page'), `web:${page}`);
    await done('rm', 'web:/etc/motd');
    const changes = await laminaJson<Record<string, unknown>[]>(['diff', '--json', 'web'], { store });
    const change = changes.find(({ path: at }) => at === page.slice(1));
    assert.deepEqual([change?.['change'], change?.['differs']], ['modified', ['content', 'mtime']]);
    assert.equal((change?.['after'] as { size: number }).size, 4);
    assert.deepEqual(
      changes.filter(({ change: kind }) => kind === 'removed').map(({ path: at }) => at),
      ['etc/motd'],
    );
    assert.equal(await done('diff', 'hello-nginx', 'container:web'), await done('diff', 'web'));
    const back = (await done('diff', 'container:web', 'hello-nginx')).split('\n');
    assert.ok(back.includes('A /etc/motd') && back.includes(`C ${page}`));
    assert.equal(await done('diff', 'container:web', 'container:web'), '');
  });

  describe('edit', () => {
    const editor = (script: string): Partial<CliOptions> => ({ env: { EDITOR: script, VISUAL: '' } });

    it('keeps what an editor saves, and makes what is not there', async () => {
      const edited = await runWith(editor("sed -i 's/Hello/Goodbye/'"), 'edit', `web:${page}`);
      assert.deepEqual({ code: edited.code, stderr: edited.stderr }, { code: 0, stderr: '' });
      assert.match(await done('cat', `container:web:${page}`), /Goodbye from a layer/);
      await runWith(editor('echo made >'), 'edit', 'web:/etc/made');
      assert.equal(await done('cat', 'container:web:/etc/made'), 'made\n');
      assert.match(await done('ls', '-l', `container:web:${page}`), /^-rw-r--r-- 0:0/);
    });

    it('tells on a terminal that the file was copied up', async () => {
      const { stderr } = await runWith(
        { ...editor("sed -i 's/Hello/Goodbye/'"), isTerminal: true },
        'edit',
        `web:${page}`,
      );
      assert.match(stderr, /copied up from layer 6 \(185B\)/);
    });

    it('changes nothing when nothing was saved, or the editor fails', async () => {
      const same = await runWith(editor('true'), 'edit', `web:${page}`);
      assert.deepEqual([same.code, same.stderr], [0, `lamina: ${page}: not changed\n`]);
      const failed = await runWith(editor('echo x > "$1"; false'), 'edit', `web:${page}`);
      assert.equal(failed.code, 1);
      assert.match(failed.stderr, /the editor ended with 1; nothing was changed/);
      assert.equal(await done('diff', 'web'), '');
    });

    it('keeps the copy when somebody else has changed the file meanwhile', async () => {
      const other = `${process.execPath} -e "require('fs').writeFileSync(process.argv[1], 'mine')"`;
      writeFileSync(place('theirs'), 'theirs');
      const started = path.join(here, 'started');
      const wait = `touch ${started}; while [ ! -e ${started}.go ]; do sleep 0.05; done; ${other}`;
      const editing = runWith(editor(wait), 'edit', `web:${page}`);
      while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 20));
      await done('cp', place('theirs'), `web:${page}`);
      writeFileSync(`${started}.go`, '');
      const { code, stderr } = await editing;
      assert.equal(code, 1);
      const kept =
        /somebody else has changed it meanwhile; what you wrote is in (\S+)\n$/.exec(stderr)?.[1] ?? '';
      assert.equal(readFileSync(kept, 'utf8'), 'mine');
      assert.equal(await done('cat', `container:web:${page}`), 'theirs');
    });

    it('says so where there is neither an editor nor a terminal', async () => {
      const none = { env: { EDITOR: '', VISUAL: '' } };
      const { code, stderr } = await runWith(none, 'edit', `web:${page}`);
      assert.equal(code, 2);
      assert.match(stderr, /no terminal, and no editor in VISUAL or EDITOR/);
      assert.equal((await runWith(editor('true'), 'edit', 'web:/etc')).code, 2);
    });
  });

  describe('cp', () => {
    it('copies out by the rules of docker cp', async () => {
      await done('cp', 'web:/etc/motd', place('motd'));
      assert.match(text('motd'), /./);
      writeFileSync(place('motd'), 'mine');
      await done('cp', 'web:/etc/motd', here);
      assert.notEqual(text('motd'), 'mine');
      await done('cp', 'web:/etc/nginx', place('new'));
      assert.deepEqual(readdirSync(place('new')).sort(), ['conf.d', 'mime.types', 'modules', 'nginx.conf']);
      await done('cp', 'web:/etc/nginx', here);
      await done('cp', 'web:/etc/nginx/.', here);
      assert.ok(existsSync(place('nginx/nginx.conf')) && existsSync(place('nginx.conf')));
      assert.equal(readlinkSync(place('modules')), '/usr/lib/nginx/modules');
      assert.equal(statSync(place('nginx.conf')).mtime.toISOString(), '2025-10-08T22:07:12.000Z');
      for (const [from, to, why] of [
        ['web:/etc/motd', place('absent/'), /no such folder/],
        ['web:/etc/motd', place('absent/x'), /./],
        ['web:/etc/motd/', here, /not a folder/],
        ['web:/etc', place('motd'), /onto a file/],
        ['web:/nowhere', here, /does not have it/],
      ] as const) {
        const { code, stderr } = await run('cp', from, to);
        assert.ok(code !== 0, from);
        assert.match(stderr, why);
      }
    });

    it('follows no link of the container out of where the person chose, nor one that is there', async () => {
      const layer = { 'd/f': 'theirs', 'd/out': { type: 'symlink', link: '../../..' } } as const;
      const archive = writeDockerArchive(
        buildImage([layer], { names: ['a:1'] }),
        directory.file(`a${count}.tar`),
      );
      await run('create', archive, '--name', 'evil');
      const secret = path.join(here, 'secret');
      writeFileSync(secret, 'secret');
      mkdirSync(place('to/d'), { recursive: true });
      symlinkSync(secret, place('to/d/f'));
      await done('cp', 'evil:/d', place('to'));
      assert.equal(readFileSync(secret, 'utf8'), 'secret');
      assert.ok(lstatSync(place('to/d/f')).isFile());
      assert.equal(text('to/d/f'), 'theirs');
      assert.equal(readlinkSync(place('to/d/out')), '../../..');
    });

    it('copies what a link leads to, when that is wanted', async () => {
      await done('cp', 'web:/etc/nginx/modules', here);
      assert.ok(lstatSync(place('modules')).isSymbolicLink());
      symlinkSync('real', place('link'));
      writeFileSync(place('real'), 'real');
      await done('cp', place('link'), 'web:/opt/link');
      await done('cp', '-L', place('link'), 'web:/opt/file');
      const list = await done('ls', '-l', 'container:web:/opt');
      assert.match(list, /^l.* link -> real$/m);
      assert.match(list, /^-.* file$/m);
      await done('cp', '-L', 'web:/opt/file', place('again'));
      assert.equal(text('again'), 'real');
    });

    it('copies in with modes, times, links and root as the owner, in one step', async () => {
      mkdirSync(place('tree/sub'), { recursive: true });
      writeFileSync(place('tree/run.sh'), '#!/bin/sh\n');
      chmodSync(place('tree/run.sh'), 0o4750);
      utimesSync(place('tree/run.sh'), 1_700_000_000, 1_700_000_000.25);
      linkSync(place('tree/run.sh'), place('tree/sub/other'));
      symlinkSync('../run.sh', place('tree/sub/link'));
      writeFileSync(place('tree/empty'), '');
      await done('cp', place('tree'), 'web:/opt');
      const entries = await laminaJson<Record<string, unknown>[]>(
        ['ls', '-R', '--json', 'container:web:/opt'],
        {
          store,
        },
      );
      const of = (name: string): Record<string, unknown> =>
        entries.find(({ path: at }) => at === `opt/tree/${name}`) ?? {};
      const { mode, uid, gid, mtime } = of('run.sh');
      assert.deepEqual([mode, uid, gid, mtime], ['4750', 0, 0, '1700000000.250000000']);
      assert.equal(of('sub/other')['hardlinkOf'], 'opt/tree/run.sh');
      assert.equal(of('sub/link')['link'], '../run.sh');
      assert.equal(of('empty')['size'], 0);
      const [id] = readdirSync(path.join(store, 'containers'));
      const contents = readdirSync(path.join(store, 'containers', id ?? '', 'contents'));
      assert.equal(contents.length, 1, 'small files share one');
    });

    it('replaces files, goes into folders, and lets neither take the place of the other', async () => {
      mkdirSync(place('etc/nginx'), { recursive: true });
      writeFileSync(place('etc/nginx/nginx.conf'), 'mine');
      chmodSync(place('etc'), 0o700);
      await done('cp', place('etc'), 'web:/');
      assert.equal(await done('cat', 'container:web:/etc/nginx/nginx.conf'), 'mine');
      assert.match(await done('ls', 'container:web:/etc/nginx'), /^mime\.types$/m);
      assert.match(await done('ls', '-l', 'container:web:/'), /^drwxr-xr-x .* etc$/m);
      await done('cp', `${place('etc/nginx')}/.`, 'web:/opt');
      assert.equal(await done('ls', 'container:web:/opt'), 'nginx.conf\n');
      writeFileSync(place('nginx'), 'a file');
      for (const [from, to] of [
        [place('nginx'), 'web:/etc/'],
        [place('etc'), 'web:/etc/motd'],
        [place('etc'), 'web:/nowhere/below'],
        [place('nowhere'), 'web:/'],
        [place('nginx'), 'web:/nowhere/'],
      ] as const) {
        const before = await done('diff', 'web');
        const { code, stderr } = await run('cp', from, to);
        assert.ok(code === 1 || code === 2 || code === 3, `${from} ${to}`);
        assert.match(stderr, /^lamina: .+\n$/);
        assert.equal(await done('diff', 'web'), before);
      }
    });

    it('takes and gives tars, byte for byte what is in them', async () => {
      const tar = encodeTar([
        { name: 'd/', type: 'dir', mode: 0o750, uid: 5, gid: 6 },
        { name: 'd/f\uF7FF', content: 'text', mode: 0o640, uid: 5, gid: 6, mtime: 1_600_000_000 },
        { name: 'd/hard', type: 'hardlink', link: 'd/f\uF7FF', mode: 0o640, uid: 5, gid: 6 },
        { name: 'd/sym', type: 'symlink', link: '/etc/motd' },
      ]);
      const taken = await runWith({ stdin: tar }, 'cp', '-', 'web:/opt');
      assert.deepEqual([taken.code, taken.stderr], [0, '']);
      const given = await run('cp', 'web:/opt/d', '-');
      const about = async (bytes: Buffer): Promise<unknown> =>
        (await collectTar(bytes)).entries.map((each) => [
          each.name,
          each.linkName,
          each.mode,
          each.uid,
          each.contentHash,
        ]);
      assert.deepEqual(await about(given.bytes), await about(tar));
      assert.match(await done('ls', '-l', 'container:web:/opt/d'), /^-rw-r----- 5:6 /m);
      const again = await runWith({ stdin: given.bytes }, 'cp', '-', 'web:/tmp');
      assert.equal(again.code, 0);
      assert.equal((await run('cp', 'web:/tmp/d', '-')).bytes.equals(given.bytes), true);
    });

    it('refuses tars that lead out, that are damaged, and places that are no folder', async () => {
      const out = encodeTar([{ name: '../../x', content: 'x' }]);
      assert.equal((await runWith({ stdin: out }, 'cp', '-', 'web:/opt')).code, 2);
      assert.equal((await runWith({ stdin: Buffer.alloc(2000, 'x') }, 'cp', '-', 'web:/opt')).code, 4);
      const whole = encodeTar([{ name: 'a', content: 'a'.repeat(5000) }]);
      assert.equal((await runWith({ stdin: whole.subarray(0, 3000) }, 'cp', '-', 'web:/opt')).code, 4);
      assert.equal((await runWith({ stdin: whole }, 'cp', '-', 'web:/etc/motd')).code, 2);
      assert.equal((await runWith({ stdin: whole }, 'cp', '-', 'web:/nowhere')).code, 3);
      assert.equal(await done('diff', 'web'), '');
      const terminal = await runWith({ isTerminal: true }, 'cp', 'web:/etc', '-');
      assert.match(terminal.stderr, /this is a terminal/);
      assert.deepEqual(readdirSync(path.join(store, 'tmp')), []);
    });
  });

  it('does not wait for the rest of a tar that it does not take', async () => {
    for (const [to, code] of [
      ['web:/opt', 4],
      ['web:/nowhere', 3],
    ] as const) {
      const child = spawnLamina(['cp', '-', to], store, 'pipe');
      // More than the pipe holds, and never its end.
      child.stdin?.on('error', () => undefined);
      child.stdin?.write(Buffer.alloc(1 << 20, 'no tar\n'));
      const [ended] = (await once(child, 'close')) as [number];
      assert.equal(ended, code);
    }
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const interrupted = new AbortController();
    const tar = Readable.from(
      (async function* () {
        yield encodeTar([{ name: 'large', content: Buffer.alloc(4 << 20) }]).subarray(0, 3 << 20);
        interrupted.abort();
        await new Promise((resolve) => setTimeout(resolve, 20));
        yield Buffer.alloc(1 << 20);
      })(),
    );
    const stopped = await runWith({ stdin: tar, signal: interrupted.signal }, 'cp', '-', 'web:/opt');
    assert.equal(stopped.code, 130);
    assert.equal(await done('diff', 'web'), '');
    assert.deepEqual(readdirSync(path.join(store, 'tmp')), []);
  });

  it('escapes names on a terminal', async () => {
    const tar = encodeTar([{ name: 'a\x1b[31mb', content: '' }]);
    await runWith({ stdin: tar }, 'cp', '-', 'web:/opt');
    assert.ok((await done('diff', 'web')).includes('\x1b[31m'));
    const shown = await runWith({ isTerminal: true }, 'diff', 'web');
    assert.ok(!shown.stdout.includes('\x1b[31m'));
    assert.match(shown.stdout, /^A \/opt\/a.+b$/m);
  });

  it('are committed with changes of the config', async () => {
    const committed = await done('commit', 'web', 'plain', '-c', 'CMD ["x"]', '--change', 'ENV A=1');
    assert.match(
      committed,
      /^no new layer: the container changed nothing\nplain:latest sha256:[0-9a-f]{64}\n$/,
    );
    const [inspected] = await laminaJson<{ Config: { Cmd: string[]; Env: string[] } }[]>(
      ['inspect', 'plain'],
      {
        store,
      },
    );
    assert.deepEqual(inspected?.Config.Cmd, ['x']);
    assert.ok(inspected.Config.Env.includes('A=1'));
    assert.equal((await run('commit', 'web', 'bad', '-c', 'RUN x')).code, 2);
    assert.equal((await run('commit', 'web', 'Not A Name')).code, 2);
    assert.ok(!(await done('images')).includes('bad'));
  });
});

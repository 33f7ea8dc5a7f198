import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { buildImage } from '../support/buildImage.ts';
import { fixture } from '../support/fixtures.ts';
import { samplePath } from '../support/makeSample.ts';
import { type CliResult, laminaJson, runLamina } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeDockerArchive } from '../support/writeDockerArchive.ts';
import { writeOciArchive, writeOciLayout } from '../support/writeOciLayout.ts';

const hello = `${samplePath}:hello-nginx`;
const config = `docker-archive:${samplePath}:config-nginx:latest`;

describe('lamina', () => {
  const directory = tempDir();
  const store = directory.file('store');
  const run = (...args: readonly string[]): Promise<CliResult> => runLamina(args, { store });

  it('explains itself', async () => {
    const help = await run('help');
    assert.equal(help.code, 0);
    for (const name of ['images', 'history', 'ls', 'cat', 'blame', 'verify', 'docker-archive:PATH'])
      assert.ok(help.stdout.includes(name), name);
    assert.deepEqual(await run('--help'), help);
    assert.match(
      (await run('ls', '--help')).stdout,
      /^Usage: lamina ls \[OPTIONS\] IMAGE\[:PATH\]\n[^]*--upto N/,
    );
    assert.deepEqual(await run('help', 'ls'), await run('ls', '--help'));
    assert.equal((await run('--version')).stdout, '0.0.0\n');
  });

  const wrong: readonly (readonly [args: readonly string[], why: RegExp])[] = [
    [[], /Usage: lamina/],
    [['lss'], /^lamina: lss: there is no such command/],
    [['ls'], /^lamina: ls: something is missing; usage: lamina ls/],
    [['ls', 'a', 'b'], /^lamina: ls: b is too much/],
    [['ls', '--nope', 'a'], /^lamina: --nope: there is no such option/],
    [['ls', '--layer', 'x', hello], /^lamina: --layer: x is not a number/],
    [['ls', '--layer', '1', '--upto', '1', hello], /--layer/],
    [['history', '--like', 'podman', hello], /podman is not one of classic, containerd/],
    [['cat', hello], /a path is missing/],
    [['history', 'container:web'], /this is a container/],
    [['cp', 'a', 'b'], /one of the two must be in a container/],
    [['cp', 'a:/x', 'b:/x'], /one of the two must be on this machine/],
    [['rm', 'container:'], /the name of a container is missing/],
    [['commit', 'web:/etc', 'x'], /without a path/],
    [['edit', 'web'], /name a file/],
    [['edit', 'web:/etc/'], /name a file/],
    [['diff', '--layers', 'web'], /it takes two operands/],
    [['images', '--engine', 'nginx.tar'], /does not go together with nginx.tar/],
    [['images', '--engine', '--host', 'nowhere'], /an engine is at unix/],
    [['images', '--engine', '--host', 'unix:///x', '--context', 'y'], /does not go together with --context/],
    [['diff'], /usage: lamina diff/],
    [['sharing'], /usage: lamina sharing/],
    [['load'], /pipe it in/],
    [['save', hello], /-o FILE/],
    [
      ['ls', samplePath],
      /there are: @0 hello-nginx:latest, @1 config-nginx:latest, @2 pre-config-nginx:latest/,
    ],
    [['ls', hello, '--platform', 'a/b/c/d'], /not a platform/],
    [['cat', `${hello}:/etc`], /it is a directory/],
    [['ls', '-R', `${hello}:/../etc`], /climbs above the root/],
  ];
  for (const [args, why] of wrong)
    it(`ends with 2: lamina ${args.join(' ').replaceAll(samplePath, 'SAMPLE')}`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual({ code, stdout }, { code: 2, stdout: '' });
      assert.match(stderr, why);
    });

  const absent: readonly (readonly string[])[] = [
    ['ls', 'nowhere.tar'],
    ['ls', './nowhere.tar'],
    ['ls', 'docker-archive:nowhere.tar'],
    ['ls', `${samplePath}:other`],
    ['ls', `${samplePath}:@3`],
    ['ls', `${hello}:/nowhere`],
    ['cat', `${hello}:/nowhere`],
    ['cat', '--layer', '0', `${hello}:/etc/nginx/nginx.conf`],
    ['ls', '--layer', '99', hello],
    ['ls', hello, '--platform', 'linux/s390x'],
    ['ls', 'store:nginx'],
    ['rmi', 'nginx'],
    ['tag', 'nginx', 'other'],
    ['blame', `${hello}:/nowhere`],
    ['ls', 'container:web'],
    ['diff', 'web'],
    ['rm', 'web'],
    ['commit', 'web', 'x'],
    ['create', 'nowhere'],
    ['cp', 'web:/etc', '.'],
  ];
  for (const args of absent)
    it(`ends with 3: lamina ${args.join(' ').replaceAll(samplePath, 'SAMPLE')}`, async () => {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual({ code, stdout }, { code: 3, stdout: '' });
      assert.match(stderr, /^lamina: .+: .+\n$/);
    });

  it('names one image in many ways', async () => {
    const [first] = await laminaJson<{ digest: string }[]>(['images', '--json', samplePath], { store });
    const names = [
      'hello-nginx',
      'hello-nginx:latest',
      'docker.io/library/hello-nginx:latest',
      '@0',
      first!.digest,
    ];
    const short = first!.digest.slice(7, 19);
    const expected = (await run('ls', hello)).stdout;
    for (const name of [...names, `@${first!.digest}`, short])
      assert.equal((await run('ls', `${samplePath}:${name}`)).stdout, expected, name);
  });

  describe('ls', () => {
    it('lists a directory, all below it, one entry, one layer and a lower union', async () => {
      assert.equal((await run('ls', `${hello}:/usr/share/nginx/html`)).stdout, '50x.html\nindex.html\n');
      assert.equal((await run('ls', `${hello}:/etc/nginx/nginx.conf`)).stdout, 'nginx.conf\n');
      assert.equal((await run('ls', '-R', `${hello}:/docker-entrypoint.d`)).stdout.split('\n').length, 4);
      assert.equal(
        (await run('ls', '-R', '--layer', '8', `${config}:/etc/nginx`)).stdout,
        'M /etc/nginx/conf.d\nD /etc/nginx/conf.d/default.conf\n',
      );
      assert.equal((await run('ls', `${config}:/etc/nginx/conf.d`)).stdout, '');
      assert.equal((await run('ls', '--upto', '7', `${config}:/etc/nginx/conf.d`)).stdout, 'default.conf\n');
    });

    it('follows links on the way, inside the image', async () => {
      assert.match((await run('ls', `${hello}:/bin`)).stdout, /^bash\ncat\n/);
    });

    it('prints all about an entry', async () => {
      assert.equal(
        (await run('ls', '-l', `${hello}:/usr/bin/su`)).stdout,
        '-rwsr-xr-x 0:0             8000 2025-09-29 00:00   0 su\n',
      );
    });

    it('prints JSON as an array or a line each, with changes for one layer', async () => {
      const path = `${config}:/etc/nginx/conf.d`;
      assert.deepEqual(await laminaJson(['ls', '--json', '--layer', '8', path], { store }), [
        { path: 'etc/nginx/conf.d/default.conf', type: 'file', layer: 8, change: 'removed' },
      ]);
      const lines = (await run('ls', '--jsonl', `${hello}:/etc`)).stdout.trimEnd().split('\n');
      const array = await laminaJson(['ls', '--json', `${hello}:/etc`], { store });
      assert.deepEqual(
        lines.map((line): unknown => JSON.parse(line)),
        array,
      );
      assert.equal((await run('ls', '--json', path)).stdout, '[]\n');
    });
  });

  describe('cat', () => {
    it('prints bytes as they are, of the union or of one layer', async () => {
      const page = '/usr/share/nginx/html/index.html';
      assert.match((await run('cat', `${hello}:${page}`)).stdout, /Hello from a layer/);
      assert.match((await run('cat', '--layer', '1', `${hello}:${page}`)).stdout, /Welcome to nginx!/);
      const { bytes } = await run('cat', `${hello}:/usr/bin/cat`);
      assert.equal(bytes.length, 9000);
      assert.deepEqual(bytes.subarray(0, 4), Buffer.from('\x7fELF', 'latin1'));
    });

    it('follows links', async () => {
      assert.match((await run('cat', `${hello}:/etc/os-release`)).stdout, /ID=debian/);
    });
  });

  describe('find', () => {
    it('finds by a part of the name and by a glob', async () => {
      assert.equal((await run('find', hello, 'index.html')).stdout, '/usr/share/nginx/html/index.html\n');
      assert.equal(
        (await run('find', hello, '/etc/**/*.conf')).stdout,
        '/etc/nginx/conf.d/default.conf\n/etc/nginx/nginx.conf\n',
      );
      assert.deepEqual(await run('find', hello, 'no-such-name'), {
        code: 0,
        stdout: '',
        bytes: Buffer.alloc(0),
        stderr: '',
      });
    });

    it('finds what is hidden', async () => {
      const found = await laminaJson<{ path: string; layer: number; visible: boolean }[]>(
        ['find', '--json', '--all-layers', config, 'default.conf'],
        { store },
      );
      assert.deepEqual(
        found.map(({ path, layer, visible }) => ({ path, layer, visible })),
        [{ path: 'etc/nginx/conf.d/default.conf', layer: 1, visible: false }],
      );
    });
  });

  describe('blame', () => {
    it('names every layer that touched a path, newest first', async () => {
      const touches = await laminaJson<
        { layer: number; change: string; differs: string[]; instruction: string }[]
      >(['blame', '--json', `${config}:/etc/nginx/conf.d/default.conf`], { store });
      assert.deepEqual(
        touches.map(({ layer, change }) => ({ layer, change })),
        [
          { layer: 8, change: 'removed' },
          { layer: 1, change: 'added' },
        ],
      );
      assert.match(touches[0]!.instruction, /rm \/etc\/nginx\/conf\.d\/default\.conf/);
      const { stdout } = await run('blame', `${hello}:/usr/share/nginx/html/index.html`);
      assert.match(
        stdout,
        /^LAYER +CHANGE [^]*\n6 +modified +-rw-r--r-- +\d+ +content, mtime +COPY index\.html/,
      );
    });
  });

  it('lists layers', async () => {
    const layers = await laminaJson<Record<string, unknown>[]>(['layers', '--json', config], { store });
    assert.deepEqual(
      layers.map(({ index }) => index),
      [0, 1, 2, 3, 4, 5, 6, 7, 8],
    );
    const keys =
      'index diffId chainId digest mediaType compressedSize size contentSize createdBy created entries added modified removed problems';
    for (const layer of layers) assert.deepEqual(Object.keys(layer), keys.split(' '));
    const { size, added, modified, removed } = layers[8]!;
    assert.deepEqual({ size, added, removed }, { size: 0, added: 0, removed: 1 });
    assert.equal(typeof modified, 'number');
    assert.match((await run('layers', config)).stdout, /^LAYER +DIFF ID +SIZE/);
    const onTerminal = await runLamina(['layers', config], { store, isTerminal: true });
    for (const line of onTerminal.stdout.split('\n')) assert.ok(line.length <= 80);
  });

  it('prints history in the forms docker has', async () => {
    const now = new Date('2025-12-01T00:00:00Z');
    const table = await runLamina(['history', hello], { store, now });
    assert.match(
      table.stdout,
      /^IMAGE {10}CREATED {8}CREATED BY {38}SIZE {6}COMMENT\n[0-9a-f]{12} {3}3 weeks ago {4}CMD \["nginx"/,
    );
    const quiet = await run('history', '-q', '--no-trunc', hello);
    assert.match(quiet.stdout, /^sha256:[0-9a-f]{64}\n(<missing>\n){13}$/);
    const plain = await run('history', '--human=false', '--format', 'json', hello);
    assert.equal((JSON.parse(plain.stdout.split('\n')[1]!) as { Size: string }).Size, '185');
  });

  it('inspects what can be found, and says what cannot', async () => {
    const { code, stdout, stderr } = await run('inspect', hello, `${samplePath}:other`, config);
    assert.equal(code, 3);
    assert.match(stderr, /other: no such image/);
    const documents = JSON.parse(stdout) as { RepoTags: string[] }[];
    assert.deepEqual(
      documents.map(({ RepoTags }) => RepoTags),
      [['hello-nginx:latest'], ['config-nginx:latest']],
    );
  });

  it('reads every form of image by its transport and by its content alone', async () => {
    const image = buildImage([{ 'etc/motd': 'hello' }], {
      names: ['docker.io/library/motd:1'],
      compression: 'gzip',
    });
    const layout = writeOciLayout(image, directory.file('layout'));
    const archive = writeOciArchive(image, directory.file('oci.tar'));
    const kaniko = writeDockerArchive(image, directory.file('kaniko.tar'), { shape: 'kaniko' });
    for (const name of [
      `oci:${layout}`,
      layout,
      `oci-archive:${archive}:1`,
      archive,
      `docker-archive:${kaniko}:motd:1`,
    ])
      assert.equal((await run('cat', `${name}:/etc/motd`)).stdout, 'hello', name);
  });

  it('chooses a platform, the own one unless told', async () => {
    const arm = buildImage([{ arm: '' }], { architecture: 'arm', variant: 'v7' });
    const s390x = buildImage([{ s390x: '' }], { architecture: 's390x' });
    const file = writeOciArchive(
      { names: ['docker.io/library/m:1'], platforms: [arm, s390x] },
      directory.file('multi.tar'),
    );
    assert.equal((await run('ls', file, '--platform', 'linux/arm')).stdout, 'arm\n');
    assert.equal((await run('ls', file, '--platform', 'linux/s390x')).stdout, 's390x\n');
    const { code, stderr } = await run('ls', file);
    assert.equal(code, 2);
    assert.match(stderr, /there are: linux\/arm\/v7, linux\/s390x/);
  });

  it('shows what is left of a damaged image, and ends with 4', async () => {
    const image = buildImage([{ kept: '1' }, { lost: 'x'.repeat(5000), after: '2' }]);
    const file = directory.file('cut.tar');
    const bytes = readFileSync(writeDockerArchive(image, file, { shape: 'podman' }));
    const at = bytes.indexOf('x'.repeat(100));
    bytes.fill(0xff, at - 512, at - 300);
    writeFileSync(file, bytes);
    const { code, stdout, stderr } = await run('ls', file);
    assert.deepEqual({ code, stdout }, { code: 4, stdout: 'kept\n' });
    assert.match(stderr, /^lamina: warning: .*tar-damaged/);
  });

  it('keeps a hostile layer inside the root', async () => {
    const image = buildImage([readFileSync(fixture('images/osv-scalibr/unpack/escape.tar'))]);
    const file = writeDockerArchive(image, directory.file('escape.tar'));
    const { stdout } = await run('ls', '-R', file);
    assert.notEqual(stdout, '');
    for (const path of stdout.trimEnd().split('\n'))
      assert.ok(path.startsWith('/') && !path.includes('/../'), path);
  });

  it('escapes names on a terminal, and only there', async () => {
    const image = buildImage([
      { 'a\x1b[31m\u202eb': '', 'f\uf7ff': '', 'l\n': { type: 'symlink', link: '\x07' } },
    ]);
    const file = writeDockerArchive(image, directory.file('names.tar'));
    const terminal = { store, isTerminal: true };
    assert.equal((await runLamina(['ls', file], terminal)).stdout, 'a\\x1b[31m\\u202eb\nf\\xff\nl\\n\n');
    assert.match((await runLamina(['ls', '-l', file], terminal)).stdout, /l\\n -> \\x07\n$/);
    const raw = await runLamina(['ls', '--raw', file], terminal);
    assert.deepEqual(raw.bytes, Buffer.from('a\x1b[31m\xe2\x80\xaeb\nf\xff\nl\n\n', 'latin1'));
    assert.deepEqual((await run('ls', file)).bytes, raw.bytes);
    assert.match((await runLamina(['ls', '--json', file], terminal)).stdout, /a\\u001b\[31m\\u202eb/);
    const { stderr } = await run('ls', `${file}:/\x1b]0;x\x07`);
    assert.ok(!stderr.includes('\x1b'));
  });

  describe('with a store', () => {
    const own = directory.file('own-store');
    const inStore = (...args: readonly string[]): Promise<CliResult> => runLamina(args, { store: own });

    it('imports, lists, tags, saves, loads, removes and collects, digests kept', async () => {
      const imported = await inStore('import', hello);
      assert.match(imported.stdout, /^hello-nginx:latest sha256:[0-9a-f]{64}\n$/);
      const digest = imported.stdout.trim().split(' ')[1]!;
      assert.equal((await inStore('tag', 'hello-nginx', 'mine:1')).code, 0);
      assert.match((await inStore('images')).stdout, /^NAME[^\n]*\nhello-nginx:latest +[^\n]*\nmine:1 /);
      const expected = (await run('ls', '-R', '--json', '--hash', hello)).stdout;
      assert.equal((await inStore('ls', '-R', '--json', '--hash', 'mine:1')).stdout, expected);
      assert.equal((await inStore('ls', '-R', '--json', '--hash', `store:${digest}`)).stdout, expected);

      for (const format of ['oci-archive', 'docker-archive']) {
        const file = directory.file(`${format}-saved.tar`);
        assert.equal((await inStore('save', 'mine:1', '-o', file, '--format', format)).code, 0);
        assert.equal((await run('ls', '-R', '--json', '--hash', `${format}:${file}`)).stdout, expected);
      }
      const other = directory.file('other-store');
      const loaded = await runLamina(['load', '-i', directory.file('oci-archive-saved.tar')], {
        store: other,
      });
      assert.equal(loaded.stdout, 'Loaded image: mine:1\n');
      const listed = await laminaJson<{ digest: string }[]>(['images', '--json'], { store: other });
      assert.deepEqual(
        listed.map((entry) => entry.digest),
        [digest],
      );

      assert.deepEqual(await inStore('verify'), {
        code: 0,
        stdout: 'ok\n',
        bytes: Buffer.from('ok\n'),
        stderr: '',
      });
      assert.equal((await inStore('rmi', 'hello-nginx')).stdout, 'Untagged: hello-nginx:latest\n');
      assert.match((await inStore('rmi', 'mine:1')).stdout, /^Untagged: mine:1\nRemoved: sha256:/);
      assert.equal((await inStore('images', '--json')).stdout, '[]\n');
    }).timeout(20_000);

    it('says what garbage would go', async () => {
      const { stdout } = await inStore('gc', '--dry-run', '--json');
      const report = JSON.parse(stdout) as { removed: unknown[]; dryRun: boolean };
      assert.equal(report.dryRun, true);
      assert.equal((await inStore('gc')).code, 0);
    });

    it('loads every image of an archive', async () => {
      assert.equal(
        (await inStore('load', samplePath)).stdout,
        'Loaded image: hello-nginx:latest\nLoaded image: config-nginx:latest\nLoaded image: pre-config-nginx:latest\n',
      );
      assert.equal((await inStore('history', '-q', 'pre-config-nginx')).code, 0);
    });
  });

  it('verifies an image, and ends with 4 when a blob is not what it claims', async () => {
    assert.equal((await run('verify', hello, config)).stdout, 'ok\n');
    const image = buildImage([{ file: 'content' }]);
    const layout = writeOciLayout(image, directory.file('flipped'));
    const blob = `${layout}/blobs/sha256/${image.layers[0]!.digest.slice(7)}`;
    const bytes = readFileSync(blob);
    bytes[515] = bytes[515]! ^ 1;
    writeFileSync(blob, bytes);
    const { code, stderr } = await run('verify', layout);
    assert.equal(code, 4);
    assert.match(stderr, /digest-mismatch/);
  });

  it('stops when it is interrupted', async () => {
    const { code, stderr } = await runLamina(['ls', hello], { store, signal: AbortSignal.abort() });
    assert.deepEqual({ code, stderr }, { code: 130, stderr: '' });
  });
});

import assert from 'node:assert/strict';
import { startDocker20, startDocker29 } from '../machine/dockerEngines.mjs';
import { orSkip } from '../machine/missing.mjs';
import { startPodmanService } from '../machine/podmanService.mjs';
import { startRegistry, type Registry } from '../machine/registry.mjs';
import { ensureTenArchive } from '../machine/tenImages.mjs';
import { requireTool } from '../machine/oracleTools.mjs';
import { run } from '../machine/processes.mjs';
import { normalizeName } from '../../src/engine/index.ts';
import { buildImage } from '../support/buildImage.ts';
import { type CliResult, laminaJson, runLamina } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';
import { writeOciArchive } from '../support/writeOciLayout.ts';
import { DockerAnswers, historyForms, withoutEngineMembers } from './dockerAnswers.ts';

const folder = tempDir();

/** What the tests need of an engine, Docker or Podman. */
interface Engine {
  readonly env: NodeJS.ProcessEnv;
  readonly stop: () => Promise<void>;
  /** Its own command line. */
  readonly own: (args: readonly string[]) => Promise<string>;
}

const engines: Readonly<Record<string, () => Promise<Engine>>> = {
  'Docker Engine 20.10': async () => withOwn(await startDocker20()),
  'Docker Engine 29, classic store': async () => withOwn(await startDocker29({ store: 'classic' })),
  'Docker Engine 29, containerd store': async () => withOwn(await startDocker29({ store: 'containerd' })),
  Podman: async () => {
    const service = await startPodmanService();
    return { env: service.env, stop: service.stop, own: (args) => service.podman(args) };
  },
};

const images = ['ten/base:1', 'ten/twice:1', 'ten/child:1', 'ten/squashed:1'];

/** The command line on engines and registries, against their own command line and the archive the images came from. */
describe('lamina with docker-daemon: and docker://', function () {
  this.timeout(600_000);
  let archive = '';
  before(async function () {
    archive = (await orSkip(this, ensureTenArchive)).archive;
  });

  for (const [name, start] of Object.entries(engines))
    describe(name, () => {
      const store = folder.file(`store ${name}`);
      let engine: Engine | undefined;
      const lamina = (args: readonly string[], now?: Date): Promise<CliResult> =>
        runLamina(args, { store, env: engine!.env, ...(now && { now }) });
      before(async function () {
        engine = await orSkip(this, start);
        await engine.own(['load', '-i', archive]);
      });
      after(() => engine?.stop());

      it('lists what the engine lists', async () => {
        const { stdout } = await lamina(['images', '--engine', '--json']);
        const listed = JSON.parse(stdout) as { names: string[]; id: string }[];
        const names = listed.flatMap((each) => each.names).sort();
        const wanted = await engine!.own(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}']);
        const tags = wanted.split('\n').filter((line) => line !== '' && !line.includes('<none>'));
        assert.deepEqual(names, tags.map(normalizeName).sort());
        assert.match(
          (await lamina(['images', '--engine'])).stdout,
          /^NAME +ID +CREATED +SIZE[^]*\n(?:localhost\/)?ten\/base:1 /,
        );
      });

      it('lists the files that the archive holds, and their contents', async () => {
        const listing = ['ls', '-R', '--json', '--hash'];
        for (const image of images) {
          const ours = await lamina([...listing, `docker-daemon:${image}`]);
          assert.equal(ours.code, 0, ours.stderr);
          assert.deepEqual(
            JSON.parse(ours.stdout),
            JSON.parse((await lamina([...listing, `docker-archive:${archive}:${image}`])).stdout),
            image,
          );
        }
        const file = 'ten/base:1:/b';
        const { bytes } = await lamina(['cat', `docker-daemon:${file}`]);
        assert.equal(bytes.length, 22_222);
        assert.deepEqual(bytes, (await lamina(['cat', `docker-archive:${archive}:${file}`])).bytes);
      });

      it('completes names as docker does, and takes a bare name', async () => {
        const { stdout } = await lamina(['ls', 'docker-daemon:ten/base:1']);
        // Podman keeps what was loaded under a short name on `localhost`.
        const fullName = `docker-daemon:${name === 'Podman' ? 'localhost' : 'docker.io'}/ten/base`;
        for (const form of ['ten/base', fullName, 'docker-daemon:ten/base:latest'])
          assert.equal((await lamina(['ls', form])).stdout, stdout, form);
      });

      it('ends with 3 for an image that is not there', async () => {
        for (const command of ['ls', 'history', 'inspect', 'layers']) {
          const { code, stderr } = await lamina([command, 'docker-daemon:ten/nothing:1']);
          assert.equal(code, 3, command);
          assert.match(stderr, /^lamina: [^\n]+\n$/);
        }
      });

      it('compares images, and counts what they share', async () => {
        const pair = ['docker-daemon:ten/base:1', 'docker-daemon:ten/longer:1'];
        assert.equal((await lamina(['diff', ...pair])).stdout, 'A /c\nA /d\n');
        const report = JSON.parse((await lamina(['sharing', '--json', ...pair])).stdout) as {
          images: { size: number; shared: number; unique: number }[];
        };
        assert.deepEqual(
          report.images.map(({ size, shared, unique }) => [size, shared, unique]),
          [
            [33_333, 33_333, 0],
            [111_110, 33_333, 77_777],
          ],
        );
      });

      if (name !== 'Podman') {
        it('is found by --host, by --context and by the environment', async () => {
          const env = { ...engine!.env, DOCKER_HOST: undefined };
          const host = engine!.env['DOCKER_HOST']!;
          await engine!.own(['context', 'create', 'tried', '--docker', `host=${host}`]);
          const { stdout } = await lamina(['images', '--engine']);
          for (const [more, where] of [
            [['--host', host], env],
            [['--context', 'tried'], env],
            [[], { ...env, DOCKER_CONTEXT: 'tried' }],
          ] as const) {
            const found = await runLamina(['images', '--engine', ...more], { store, env: where });
            assert.equal(found.stdout, stdout, found.stderr);
          }
        });

        it('prints the history that docker prints there, byte for byte', async () => {
          const docker = await DockerAnswers.of(engine as never);
          for (const image of images)
            for (const form of historyForms) {
              const { answer, asked, answered } = await docker.timed(['image', 'history', ...form, image]);
              const ours = async (now: Date): Promise<string> =>
                (await lamina(['history', ...form, `docker-daemon:${image}`], now)).stdout;
              // An age may have turned while the engine answered.
              const first = await ours(asked);
              assert.equal(first === answer ? first : await ours(answered), answer, form.join(' '));
            }
        });

        it('prints what docker inspects there, but what only an engine has', async () => {
          const docker = await DockerAnswers.of(engine as never);
          for (const image of images)
            assert.equal(
              (await lamina(['inspect', `docker-daemon:${image}`])).stdout,
              withoutEngineMembers(await docker.ask(['image', 'inspect', image])),
            );
        });
      }

      it('imports into the store: the same tree, and the ID that the archive gives', async () => {
        assert.equal((await lamina(['import', 'docker-daemon:ten/child:1', 'kept:1'])).code, 0);
        const listing = ['ls', '-R', '--json', '--hash'];
        assert.equal(
          (await lamina([...listing, 'store:kept:1'])).stdout,
          (await lamina([...listing, `docker-archive:${archive}:ten/child:1`])).stdout,
        );
        const idOf = async (image: string): Promise<string> =>
          (await lamina(['history', '-q', '--no-trunc', '--like', 'classic', image])).stdout.split('\n')[0]!;
        assert.equal(await idOf('store:kept:1'), await idOf(`docker-archive:${archive}:ten/child:1`));
      });
    });

  describe('a registry', () => {
    const [store, other] = [folder.file('store'), folder.file('other-store')];
    let registry: Registry | undefined;
    const lamina = (args: readonly string[], where = store): Promise<CliResult> =>
      runLamina(args, { store: where });
    before(async function () {
      registry = await orSkip(this, startRegistry);
      assert.equal((await lamina(['load', archive])).code, 0);
    });
    after(() => registry?.stop());

    it('is sent an image once: what is there stays, and what another repository has is mounted', async () => {
      const host = registry!.host;
      const first = await lamina(['push', 'ten/longer:1', `${host}/team/longer:1`]);
      assert.match(
        first.stdout,
        /^(\S+) of \1 moved \(0 of 4 layers already there\)\n\S+\/team\/longer:1 sha256:[0-9a-f]{64}\n$/,
      );
      const again = await lamina(['push', 'ten/longer:1', `docker://${host}/team/longer:2`]);
      assert.match(again.stdout, /^[\d.]+k?B of \S+ moved \(4 of 4 layers already there\)\n/);
      const elsewhere = ['push', 'ten/longer:1', `${host}/other/longer:1`, '--mount-from', 'team/longer'];
      assert.match((await lamina(elsewhere)).stdout, /\(0 of 4 layers already there, 4 mounted\)\n/);
    });

    it('tells people on a terminal of every layer', async () => {
      const args = ['push', 'ten/longer:1', `${registry!.host}/team/told:1`, '--mount-from', 'team/longer'];
      const { stderr } = await runLamina(args, { store, isTerminal: true });
      assert.equal(stderr.match(/^sha256:[0-9a-f]{12} mounted from team\/longer$/gm)?.length, 4, stderr);
    });

    it('gives back what it was sent, digests kept', async () => {
      const digestOf = ({ stdout }: CliResult): string => /sha256:[0-9a-f]{64}/.exec(stdout)![0];
      for (const image of images) {
        const name = `${registry!.host}/${image}`;
        const pushed = await lamina(['push', image, name]);
        const pulled = await lamina(['pull', name], other);
        assert.equal(pulled.code, 0, pulled.stderr);
        assert.equal(digestOf(pulled), digestOf(pushed));
        const listing = ['ls', '-R', '--json', '--hash'];
        assert.equal(
          (await lamina([...listing, `store:${name}`], other)).stdout,
          (await lamina([...listing, `docker-archive:${archive}:${image}`])).stdout,
        );
        assert.match((await lamina(['pull', name], other)).stdout, /\((\d+) of \1 layers already here\)/);
      }
    });

    it('gives one platform of several, or all', async () => {
      const platforms = ['amd64', 's390x'].map((architecture) =>
        buildImage([{ [architecture]: '' }], { architecture }),
      );
      const names = ['docker.io/library/several:1'];
      const file = writeOciArchive({ names, platforms }, folder.file('several.tar'));
      const name = `${registry!.host}/several:1`;
      const index = /sha256:\w{64}/.exec((await lamina(['push', file, name])).stdout)![0];
      const fresh = folder.file('platforms');
      const [, s390x] = platforms;
      const one = await lamina(['pull', name, '--platform', 'linux/s390x', '-q'], fresh);
      assert.equal(one.stdout, `${name} ${s390x!.manifestDigest}\n`);
      assert.equal((await lamina(['ls', name], fresh)).stdout, 's390x\n');
      const all = await lamina(['pull', name, '--all-platforms', '-q'], fresh);
      assert.equal(all.stdout, `${name} ${index}\n`);
      assert.equal((await lamina(['ls', name, '--platform', 'linux/amd64'], fresh)).stdout, 'amd64\n');
      const absent = await lamina(['pull', name, '--platform', 'linux/arm64'], fresh);
      assert.equal(absent.code, 3);
      assert.match(absent.stderr, /there are: linux\/amd64, linux\/s390x/);
    });

    it('is read where it is', async () => {
      for (const image of images) {
        const name = `docker://${registry!.host}/${image}`;
        const there = folder.file(`reading ${image.replaceAll(/\W/g, '-')}`);
        const inArchive = `docker-archive:${archive}:${image}`;
        for (const args of [
          ['history', '--no-trunc', '--human=false'],
          ['ls', '-R', '--json', '--hash'],
          ['layers'],
        ])
          assert.equal(
            (await lamina([...args, name], there)).stdout,
            (await lamina([...args, inArchive])).stdout,
            args.join(' '),
          );
      }
      const [document] = await laminaJson<Record<string, unknown>[]>(
        ['inspect', `docker://${registry!.host}/ten/base:1`],
        { store },
      );
      const [wanted] = await laminaJson<Record<string, unknown>[]>(
        ['inspect', `docker-archive:${archive}:ten/base:1`],
        { store },
      );
      for (const member of ['Id', 'Created', 'Config', 'Architecture', 'Os', 'Size', 'RootFS'])
        assert.deepEqual(document![member], wanted![member], member);
    });

    it('says in one line what went wrong, and ends with what it means', async () => {
      const host = registry!.host;
      for (const [args, code] of [
        [['pull', `${host}/team/longer:none`], 3],
        [['ls', `docker://${host}/nothing/here:1`], 3],
        [['pull', `${host}/team/longer@sha256:${'0'.repeat(64)}`], 3],
        [['push', 'nothing:1', `${host}/team/nothing:1`], 3],
        [['push', 'ten/base:1', `${host}/UPPER:1`], 2],
      ] as const) {
        const { code: ended, stdout, stderr } = await lamina(args);
        assert.deepEqual({ ended, stdout }, { ended: code, stdout: '' }, stderr);
        assert.match(stderr, /^lamina: [^\n]+\n$/);
      }
    });

    it('asks for a password that nobody gave: 5', async function () {
      const auth = { user: 'someone', password: 'canary-5f2c' };
      const closed = await orSkip(this, () => startRegistry({ auth }));
      try {
        for (const args of [
          ['pull', `${closed.host}/app:1`],
          ['push', 'ten/base:1', `${closed.host}/app:1`],
          ['ls', `docker://${closed.host}/app:1`],
        ]) {
          const { code, stdout, stderr } = await lamina(args);
          assert.deepEqual({ code, stdout }, { code: 5, stdout: '' }, stderr);
          assert.match(stderr, /^lamina: [^\n]+\n$/);
        }
      } finally {
        await closed.stop();
      }
    });

    for (const [name, start] of Object.entries(engines).filter(([each]) => each !== 'Podman'))
      it(`hands images to ${name} and gets them from it`, async function () {
        const engine = await orSkip(this, start);
        const host = registry!.host;
        try {
          await lamina(['push', 'ten/child:1', `${host}/for/docker:1`]);
          await engine.own(['pull', `${host}/for/docker:1`]);
          const tree = ['ls', '-R', '--json', '--hash'];
          const asked = { store, env: engine.env };
          assert.equal(
            (await runLamina([...tree, `docker-daemon:${host}/for/docker:1`], asked)).stdout,
            (await lamina([...tree, `docker-archive:${archive}:ten/child:1`])).stdout,
          );
          await engine.own(['tag', `${host}/for/docker:1`, `${host}/from/docker:1`]);
          await engine.own(['push', `${host}/from/docker:1`]);
          const fresh = folder.file(`from ${name}`);
          assert.equal((await lamina(['pull', `${host}/from/docker:1`], fresh)).code, 0);
          assert.equal(
            (await lamina([...tree, `store:${host}/from/docker:1`], fresh)).stdout,
            (await lamina([...tree, `docker-archive:${archive}:ten/child:1`])).stdout,
          );
        } finally {
          await engine.stop();
        }
      });

    it('holds what skopeo finds whole', async function () {
      const skopeo = await orSkip(this, () => Promise.resolve(requireTool('skopeo')));
      const name = `docker://${registry!.host}/ten/child:1`;
      await lamina(['push', 'ten/child:1', name]);
      const copied = folder.file('by-skopeo');
      await run(skopeo, ['copy', '--src-tls-verify=false', name, `oci:${copied}:child`]);
      assert.equal(
        (await lamina(['ls', '-R', '--json', '--hash', `oci:${copied}`])).stdout,
        (await lamina(['ls', '-R', '--json', '--hash', `docker-archive:${archive}:ten/child:1`])).stdout,
      );
    });
  });
});

function withOwn(engine: {
  readonly env: NodeJS.ProcessEnv;
  readonly stop: () => Promise<void>;
  readonly docker: (args: readonly string[]) => Promise<string>;
}): Engine {
  return { ...engine, own: (args) => engine.docker(args) };
}

import assert from 'node:assert/strict';
import { get } from 'node:http';
import { type DockerEngine, startDocker20, startDocker29 } from '../machine/dockerEngines.mjs';
import type { BuiltImages } from '../machine/builtImages.mjs';
import { ensureLessonImages, lessonNames } from '../machine/lessonImages.mjs';
import { orSkip } from '../machine/missing.mjs';
import { ensureTenImages } from '../machine/tenImages.mjs';
import { laminaJson, runLamina } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';

const folder = tempDir();
const store = folder.file('store');

const engines = {
  'Docker Engine 20.10': startDocker20,
  'Docker Engine 29, classic store': () => startDocker29({ store: 'classic' }),
};
const sets = { "the lesson's images": ensureLessonImages, 'ten images more': ensureTenImages };

/**
 * `lamina sharing` against `docker system df -v` of engines that hold these images alone. The numbers are those of the
 * classic store; what the containerd store counts are blocks of its disk and compressed layers (formats.md §3.5).
 */
describe('sharing as docker system df -v counts it', function () {
  this.timeout(600_000);

  for (const [engineName, start] of Object.entries(engines))
    for (const [setName, load] of Object.entries(sets))
      describe(`${engineName}, ${setName}`, () => {
        let engine: DockerEngine | undefined;
        let built: BuiltImages;
        before(async function () {
          engine = await orSkip(this, start);
          built = await orSkip(this, () => load(engine!));
        });
        after(() => engine?.stop());

        it('asked of the engine: the same bytes, and the same text', async () => {
          const names = built.images.map(({ id }) => `docker-daemon:${id}`);
          await compare(engine!, names);
        });

        it('asked of the archive they were loaded from: the same bytes', async () => {
          await compare(
            engine!,
            built.images.map((_, at) => `${built.archive}:@${at}`),
          );
        });
      });

  describe('what is built in the engine', () => {
    let engine: DockerEngine | undefined;
    before(async function () {
      engine = await orSkip(this, () => startDocker29({ store: 'classic' }));
      await orSkip(this, () => ensureLessonImages(engine!));
    });
    after(() => engine?.stop());

    // An exemption: an engine counts a layer that its BuildKit built without symlinks, until it has forgotten the build;
    // the archive that it saves says nothing of that.
    it('by BuildKit: the engine is right about itself', async () => {
      const dockerfile = `FROM ${lessonNames.hello}\nRUN ln -s /etc/passwd /link && echo x > /x\n`;
      await engine!.docker(['build', '--network=host', '-t', 'linked', '-'], { input: dockerfile });
      const ids = (await engine!.docker(['image', 'ls', '-q', '--no-trunc'])).split('\n').filter(Boolean);
      await compare(
        engine!,
        [...new Set(ids)].map((id) => `docker-daemon:${id}`),
      );
      const archive = folder.file('linked.tar');
      await engine!.docker(['save', '-o', archive, 'linked', lessonNames.hello]);
      const pair = [`${archive}:linked`, `${archive}:hello-nginx`];
      const [saved] = (await sharingOf(engine!, pair)).images;
      assert.equal(saved!.unique, 'x\n'.length + '/etc/passwd'.length);
    });

    // An exemption: engines after 20.10 count intermediate images, which no list shows, among those that share.
    it('by the classic builder: it leaves images behind that docker counts, and Lamina does when they are named', async () => {
      const dockerfile = `FROM ${lessonNames.hello}\nRUN echo one > /one\nRUN echo two > /two\nCMD ["two"]\n`;
      const env = { DOCKER_BUILDKIT: '0' };
      await engine!.docker(['build', '--network=host', '-t', 'steps', '-'], { input: dockerfile, env });
      const listed = (await diskUsage(engine!)).find(({ RepoTags }) => RepoTags?.includes('steps:latest'))!;
      assert.equal(
        listed.Size - listed.SharedSize,
        0,
        'docker: all is shared with what the build left behind',
      );
      const [alone] = (await sharingOf(engine!, ['docker-daemon:steps', 'docker-daemon:hello-nginx'])).images;
      assert.equal(alone!.unique, 'one\ntwo\n'.length);
      const ids = (await engine!.docker(['image', 'ls', '-aq', '--no-trunc'])).split('\n').filter(Boolean);
      const all = [...new Set(ids)].map((id) => `docker-daemon:${id}`);
      const { images } = await sharingOf(engine!, all);
      assert.equal(images.find(({ id }) => id === listed.Id)!.unique, 0);
    });
  });
});

interface Sharing {
  readonly images: readonly {
    readonly name: string;
    readonly id: string;
    readonly size: number;
    readonly shared: number;
    readonly unique: number;
  }[];
  readonly chainBytes: number;
}

async function compare(engine: DockerEngine, names: readonly string[]): Promise<void> {
  const { images } = await sharingOf(engine, names);
  const usage = await diskUsage(engine);
  assert.ok(usage.length >= 4);
  assert.deepEqual(
    images.map(({ id, size, shared, unique }) => ({ id, size, shared, unique })).sort(byId),
    usage
      .map(({ Id, Size, SharedSize }) => ({
        id: Id,
        size: Size,
        shared: SharedSize,
        unique: Size - SharedSize,
      }))
      .sort(byId),
  );
  await compareText(
    engine,
    names,
    images.map(({ id }) => id),
  );
}

/** The columns that people read: SIZE, SHARED SIZE, UNIQUE SIZE. */
async function compareText(
  engine: DockerEngine,
  names: readonly string[],
  ids: readonly string[],
): Promise<void> {
  const text = await engine.docker(['system', 'df', '-v', '--format', '{{json .}}']);
  const { Images } = JSON.parse(text) as { Images: readonly DockerRow[] };
  const { stdout } = await runLamina(['sharing', ...names], { store, env: engine.env });
  const rows = stdout.split('\n').slice(1, 1 + ids.length);
  ids.forEach((id, at) => {
    const row = Images.find(({ ID }) => ID === id || id.startsWith(`sha256:${ID}`))!;
    const columns = rows[at]!.split(/ {2,}/);
    assert.deepEqual(columns.slice(2, 5), [row.Size, row.SharedSize, row.UniqueSize], rows[at]);
  });
}

interface DockerRow {
  readonly ID: string;
  readonly Size: string;
  readonly SharedSize: string;
  readonly UniqueSize: string;
}

function sharingOf(engine: DockerEngine, names: readonly string[]): Promise<Sharing> {
  return laminaJson<Sharing>(['sharing', '--json', ...names], { store, env: engine.env });
}

interface UsedImage {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly Size: number;
  readonly SharedSize: number;
}

/** Every image, in bytes; the text has four digits only. */
async function diskUsage(engine: DockerEngine): Promise<readonly UsedImage[]> {
  const answer = await new Promise<string>((resolve, reject) => {
    get({ socketPath: engine.socket, path: '/v1.41/system/df' }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => {
        resolve(text);
      });
    }).on('error', reject);
  });
  return (JSON.parse(answer) as { Images: readonly UsedImage[] }).Images;
}

function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : 1;
}

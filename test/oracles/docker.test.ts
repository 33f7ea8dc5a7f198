import assert from 'node:assert/strict';
import { type DockerEngine, startDocker29 } from '../machine/dockerEngines.mjs';
import { orSkip } from '../machine/missing.mjs';
import { runLamina } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';
import { DockerAnswers, historyForms, withoutEngineMembers } from './dockerAnswers.ts';
import { type EngineArchive, engineArchives, makeEngineArchives } from './engineArchives.ts';
import { literalArchives } from './literalArchives.ts';

const folder = tempDir();
const store = folder.file('store');

/** `lamina history` and `lamina inspect` against the engine itself, byte for byte. */
describe('history and inspect as Docker Engine 29 prints them', function () {
  this.timeout(600_000);
  const zone = process.env['TZ'];
  before(async function () {
    // One that shows where a clock is the local one, and that once differed by seconds.
    process.env['TZ'] = 'Asia/Seoul';
    await orSkip(this, () => makeEngineArchives(folder.path));
  });

  after(() => {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  });

  for (const like of ['classic', 'containerd'] as const)
    describe(`with the ${like} store`, () => {
      let engine: DockerEngine;
      let docker: DockerAnswers;
      before(async function () {
        engine = await orSkip(this, () => startDocker29({ store: like }));
        docker = await DockerAnswers.of(engine);
      });
      after(() => (engine as DockerEngine | undefined)?.stop());

      if (like === 'containerd') it('one platform of several', () => comparePlatforms(docker));

      const archives = [...engineArchives, ...literalArchives];
      for (const archive of archives.filter(({ loadsIn }) => loadsIn.includes(like)))
        it(archive.name, () => compareArchive(docker, archive, like));
    });
});

type Like = 'classic' | 'containerd';

async function compareArchive(docker: DockerAnswers, archive: EngineArchive, like: Like): Promise<void> {
  const file = archive.file(folder.path);
  const ids = await docker.loadAlone(file);
  const images = await laminaImages(file, like);
  assert.deepEqual([...images.keys()].sort(), [...ids].sort(), 'the same images');
  for (const [id, image] of images) {
    await compareInspect(docker, id, image, like);
    await (like === 'classic'
      ? compareHistory(docker, id, image)
      : compareSizelessHistory(docker, id, image));
  }
}

/** How Lamina names each image of an archive, by the ID it gives it. */
async function laminaImages(file: string, like: Like): Promise<ReadonlyMap<string, string>> {
  const images = new Map<string, string>();
  for (let position = 0; ; position++) {
    const image = `${file}:@${position}`;
    const { code, stdout } = await runLamina(['inspect', '--like', like, image], { store });
    if (code === 3) return images;
    const [document] = JSON.parse(stdout) as { readonly Id: string }[];
    images.set(document?.Id ?? '', image);
  }
}

async function compareInspect(docker: DockerAnswers, id: string, image: string, like: Like): Promise<void> {
  const answer = withoutEngineMembers(await docker.ask(['image', 'inspect', id]));
  const { stdout } = await runLamina(['inspect', '--like', like, image], { store });
  // What the containerd store gives for Size is mostly blocks of its own disk.
  const compared = like === 'classic' ? (text: string) => text : withoutSize;
  assert.equal(compared(stdout), compared(answer));
}

async function comparePlatforms(docker: DockerAnswers): Promise<void> {
  const file = engineArchives.find(({ name }) => name === 'containerd-platforms-29')!.file(folder.path);
  const [id = ''] = await docker.loadAlone(file);
  for (const platform of ['linux/amd64', 'linux/arm64']) {
    const asked = ['--platform', platform];
    const inspected = withoutEngineMembers(await docker.ask(['image', 'inspect', ...asked, id]));
    const history = await docker.ask(['image', 'history', ...asked, '--human=false', id]);
    const like = ['--like', 'containerd', ...asked];
    const ours = await runLamina(['inspect', ...like, file], { store });
    assert.equal(withoutSize(ours.stdout), withoutSize(inspected));
    const rows = await runLamina(['history', ...like, '--human=false', file], { store });
    assert.equal(withoutSizes(rows.stdout), withoutSizes(history));
  }
}

function withoutSize(inspected: string): string {
  return inspected.replace(/^( {8}"Size": )\d+,$/m, '$1#,');
}

async function compareHistory(docker: DockerAnswers, id: string, image: string): Promise<void> {
  for (const form of historyForms) {
    const { answer, asked, answered } = await docker.timed(['image', 'history', ...form, id]);
    const args = ['history', '--like', 'classic', ...form, image];
    const first = await runLamina(args, { store, now: asked });
    // An age may have turned while the engine answered.
    const { stdout } = first.stdout === answer ? first : await runLamina(args, { store, now: answered });
    assert.equal(stdout, answer, form.join(' '));
  }
}

/** The same but for SIZE, which is a fact of that engine's disk. */
async function compareSizelessHistory(docker: DockerAnswers, id: string, image: string): Promise<void> {
  for (const form of historyForms) {
    const { answer, asked, answered } = await docker.timed(['image', 'history', ...form, id]);
    const args = ['history', '--like', 'containerd', ...form, image];
    const ours = await Promise.all(
      [asked, answered].map(async (now) => (await runLamina(args, { store, now })).stdout),
    );
    const plain = ours.map((text) => withoutSizes(text));
    const wanted = withoutSizes(answer);
    assert.equal(plain.includes(wanted) ? wanted : plain[0], wanted, form.join(' '));
  }
}

/** JSON without its sizes; a table without what stands between three blanks and three blanks and looks like a size. */
function withoutSizes(text: string): string {
  if (text.startsWith('{')) return text.replace(/"Size":"[^"]*"/g, '"Size":"#"');
  return text.replace(/ {3}\d[\d.]*(?:e\+\d+)?(?:[kMGT]?B)? {3,}/g, '   #   ');
}

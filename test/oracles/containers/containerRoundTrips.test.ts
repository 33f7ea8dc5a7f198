import assert from 'node:assert/strict';
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { orSkip } from '../../machine/missing.mjs';
import { ensureOperateProgram } from '../../machine/operateProgram.mjs';
import { operationSequence } from '../../support/operationSequence.ts';
import { runLamina } from '../../support/runLamina.ts';
import { sequencesImage } from '../../support/sequencesImage.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { EngineContainer, shownBy } from './engineContainer.ts';
import { listedByKernel, listedByLamina } from './listedFiles.ts';
import { type RunningEngine, runningEngines } from '../runningEngines.ts';

const sequences = Array.from({ length: 12 }, (_, at) => operationSequence(1001 + at));
const roots = [...sequences.flatMap((sequence) => sequence.roots), '/site'];
const listing = ['ls', '-R', '--json', '--hash'];

/** Images of containers go from Lamina to engines and back, by archives and by the engine itself: the files stay the same. */
describe('commits go round', function () {
  this.timeout(600_000);
  const folder = tempDir();
  let archive = '';
  before(async function () {
    const program = readFileSync(await orSkip(this, ensureOperateProgram));
    const image = sequencesImage('docker.io/library/operated:1', program, sequences);
    archive = writeDockerArchive(image, folder.file('operated.tar'), { shape: 'legacy' });
  });

  for (const [name, start] of Object.entries(runningEngines))
    describe(name, () => {
      const store = folder.file(`store ${name}`);
      let engine: RunningEngine;
      const lamina = async (...args: readonly string[]): Promise<string> => {
        const env = { DOCKER_HOST: `unix://${engine.socket}` };
        const { code, stdout, stderr } = await runLamina(args, { store, env });
        assert.equal(code, 0, `lamina ${args.join(' ')}: ${stderr}`);
        return stdout;
      };
      const listedIn = async (image: string): Promise<readonly string[]> =>
        listedByLamina(await lamina(...listing, image), roots);
      const listedOf = async (image: string): Promise<readonly string[]> =>
        listedByKernel(await shownBy(engine, image, roots));
      before(async function () {
        engine = await orSkip(this, start);
        await engine.cli(['load', '-i', archive]);
      });
      after(() => (engine as RunningEngine | undefined)?.stop());

      it('from Lamina: create, copy, remove, commit, save, load, run', async () => {
        await lamina('import', archive);
        await lamina('create', 'operated:1', '--name', 'one');
        await lamina('cp', makeSite(), 'one:/site');
        await lamina('rm', '-r', 'one:/s1001/c');
        await lamina('commit', 'one', 'committed:1', '-m', 'a site');
        const listed = await listedIn('container:one');
        assert.ok(listed.some((line) => line.startsWith('["site/linked"')));
        assert.deepEqual(await listedIn('committed:1'), listed);
        for (const format of formatsOf(name)) {
          const file = folder.file(`${format} ${name}.tar`);
          await lamina('save', '--format', format, '-o', file, 'committed:1');
          await engine.cli(['load', '-i', file]);
          assert.deepEqual(await listedOf('committed:1'), listed, format);
          await engine.cli(['rmi', '-f', 'committed:1']);
        }
      });

      it('from Lamina: a commit of a commit', async () => {
        await lamina('create', 'committed:1', '--name', 'two');
        await lamina('rm', '-r', 'two:/site/pages');
        const page = folder.file('page.html');
        writeFileSync(page, 'once more');
        await lamina('cp', page, 'two:/site/pages');
        await lamina('commit', 'two', 'committed:2');
        const listed = await listedIn('container:two');
        const file = folder.file(`second ${name}.tar`);
        await lamina('save', '--format', 'docker-archive', '-o', file, 'committed:2');
        await engine.cli(['load', '-i', file]);
        assert.deepEqual(await listedOf('committed:2'), listed);
        const layers = await lamina('diff', '--layers', 'committed:1', 'committed:2');
        assert.match(layers, /^(?:= .*\n)+\+ .*\n$/);
      });

      it('from the engine: run, commit, and open it there and as an archive', async () => {
        let image = 'operated:1';
        // The second one is a commit of a commit.
        for (const [at, some] of [sequences.slice(0, 6), sequences.slice(6)].entries()) {
          await using container = await EngineContainer.run(engine, image, some);
          image = `theirs:${at}`;
          await engine.cli(['commit', container.name, image]);
          const shown = await listedOf(image);
          assert.deepEqual(await listedIn(`docker-daemon:${image}`), shown, image);
          const file = folder.file(`theirs-${at} ${name}.tar`);
          await engine.cli(['save', '-o', file, image]);
          assert.deepEqual(await listedIn(`docker-archive:${file}`), shown, `saved ${image}`);
          await lamina('import', `docker-archive:${file}`, `imported:${at}`);
          assert.deepEqual(await listedIn(`imported:${at}`), shown, `imported ${image}`);
        }
      });
    });

  /** What people copy into a container. */
  function makeSite(): string {
    const site = tempDir().file('site');
    mkdirSync(`${site}/pages/deep`, { recursive: true });
    writeFileSync(`${site}/pages/index.html`, '<h1>Hello</h1>');
    writeFileSync(`${site}/pages/deep/caf\u00e9 \u{1f433}`, Buffer.from([0, 255, 10]));
    writeFileSync(`${site}/run`, '#!/operate\n');
    chmodSync(`${site}/run`, 0o4750);
    linkSync(`${site}/run`, `${site}/linked`);
    symlinkSync('../s1002/a', `${site}/pages/link`);
    return site;
  }
});

/** Docker loads an archive without `manifest.json` only with the containerd store. */
function formatsOf(engine: string): readonly string[] {
  const loadsOci = engine === 'Podman' || engine.includes('containerd');
  return ['docker-archive', ...(loadsOci ? ['oci-archive'] : [])];
}

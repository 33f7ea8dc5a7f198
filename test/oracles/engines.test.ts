import assert from 'node:assert/strict';
import { ensureDebianTar } from '../machine/baseImage.mjs';
import { startDocker20, startDocker29, type DockerEngine } from '../machine/dockerEngines.mjs';
import { orSkip } from '../machine/missing.mjs';

const engines = {
  'Docker Engine 20.10': { start: startDocker20, version: /^20\.10\./ },
  'Docker Engine 29, containerd store': {
    start: () => startDocker29({ store: 'containerd' }),
    version: /^29\./,
  },
  'Docker Engine 29, classic store': { start: () => startDocker29({ store: 'classic' }), version: /^29\./ },
};

for (const [name, { start, version }] of Object.entries(engines)) {
  describe(name, () => {
    let engine: DockerEngine | undefined;
    before(async function () {
      this.timeout(120_000);
      engine = await orSkip(this, start);
    });
    after(() => engine?.stop());

    it('starts', () => {
      assert.match(engine!.version, version);
    });

    it('builds an image and runs it', async () => {
      await engine!.docker(['import', await ensureDebianTar(), 'debian:bookworm']);
      await engine!.docker(['build', '--network=host', '-t', 'made', '-'], {
        input: 'FROM debian:bookworm\nRUN echo hello > /greeting\n',
      });
      assert.equal(
        await engine!.docker(['run', '--rm', '--network=host', 'made', 'cat', '/greeting']),
        'hello\n',
      );
    });
  });
}

import assert from 'node:assert/strict';
import { ensureDebianTar } from '../machine/baseImage.mjs';
import { type DockerEngine, startDocker20, startDocker29 } from '../machine/dockerEngines.mjs';
import { orSkip } from '../machine/missing.mjs';
import { type Registry, startRegistry } from '../machine/registry.mjs';
import { tempDir } from '../support/tempDir.ts';
import {
  engineAt,
  forms,
  layoutOf,
  openLayout,
  openRemote,
  pull,
  pushLayout,
  rawDigest,
  treeOf,
} from './registryTools.ts';

const engines = {
  'Docker Engine 20.10': startDocker20,
  'Docker Engine 29, containerd store': () => startDocker29({ store: 'containerd' }),
  'Docker Engine 29, classic store': () => startDocker29({ store: 'classic' }),
};

for (const [name, start] of Object.entries(engines))
  describe(`${name} and Lamina at one registry`, function () {
    this.timeout(180_000);
    let docker: DockerEngine;
    let registry: Registry;
    before(async function () {
      registry = await orSkip(this, () => startRegistry());
      docker = await orSkip(this, start);
    });
    after(async () => {
      await (docker as DockerEngine | undefined)?.stop();
      await (registry as Registry | undefined)?.stop();
    });

    it('docker pulls what Lamina pushed, with the same digest', async () => {
      await using engine = engineAt();
      for (const form of ['oci, gzip', 'docker, gzip', 'an index with attestations']) {
        const destination = `${registry.host}/lamina/${form.replace(/\W+/g, '-')}:1`;
        const { target } = await pushLayout(engine, layoutOf(forms[form]!), destination);
        assert.match(await docker.docker(['pull', destination]), new RegExp(`Digest: ${target.digest}`));
        const repoDigests = await docker.docker([
          'image',
          'inspect',
          '-f',
          '{{json .RepoDigests}}',
          destination,
        ]);
        assert.match(repoDigests, new RegExp(target.digest));
      }
    });

    it('Lamina opens and pulls what docker pushed; the tree is that of docker save', async () => {
      await using engine = engineAt();
      const reference = `${registry.host}/docker/made:1`;
      await docker.docker(['import', await ensureDebianTar(), 'base:1']);
      const dockerfile =
        'FROM base:1\nRUN rm -rf /usr/share/doc && echo hello > /greeting && mkdir /srv/empty\n';
      await docker.docker(['build', '--network=host', '-t', reference, '-'], { input: dockerfile });
      await docker.docker(['push', reference]);
      const saved = tempDir().file('saved.tar');
      await docker.docker(['save', '-o', saved, reference]);
      const expected = await treeOf(engine, await openLayout(engine, saved), 50);
      assert.deepEqual(await treeOf(engine, await openRemote(engine, reference), 50), expected);
      const { target } = await pull(engine, reference);
      assert.equal(target.digest, await rawDigest(reference));
      assert.deepEqual(await engine.store.verify(), []);
    });

    it('Lamina pushes a docker save archive, and docker pulls the same image', async () => {
      await using engine = engineAt();
      const made = `${registry.host}/docker/made:1`;
      const saved = tempDir().file('saved.tar');
      await docker.docker(['save', '-o', saved, made]);
      const destination = `${registry.host}/lamina/saved:1`;
      await pushLayout(engine, saved, destination);
      await docker.docker(['pull', destination]);
      const ids = await docker.docker([
        'image',
        'inspect',
        '-f',
        '{{json .RootFS.Layers}}',
        made,
        destination,
      ]);
      const [one, other] = ids.trim().split('\n');
      assert.equal(one, other);
    });
  });

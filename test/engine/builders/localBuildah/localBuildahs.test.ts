import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { silentLogger } from '../../../../src/engine/base/log.ts';
import { isEngineError } from '../../../../src/engine/base/errors.ts';
import { createEngine } from '../../../../src/engine/engine.ts';
import { askBuildah } from '../../../../src/engine/builders/localBuildah/buildahProgram.ts';
import { LocalBuildahs } from '../../../../src/engine/builders/localBuildah/localBuildahs.ts';
import { fakeBuildah } from '../../../support/fakeBuildah.ts';
import { tempDir } from '../../../support/tempDir.ts';

describe('the buildah of this machine', function () {
  before(function () {
    if (process.platform === 'win32') this.skip();
  });

  it('tells its version, and the stores that it has images of', async () => {
    const options = ['overlay.mountopt=nodev', 'overlay.imagestore=/usr/lib/shared', '.imagestore=relative'];
    const { file } = fakeBuildah({
      GraphRoot: '/var/store',
      GraphDriverName: 'overlay',
      GraphOptions: options,
    });
    assert.deepEqual(await askBuildah(file, {}), {
      version: '1.28.2',
      imageFolders: ['/var/store/overlay-images', '/usr/lib/shared/overlay-images'],
    });
  });

  it('is no builder when it does not tell of itself', async () => {
    const whole = { GraphRoot: '/var/store', GraphDriverName: 'overlay', GraphOptions: null };
    for (const { file, PATH } of [
      fakeBuildah({ ...whole, GraphDriverName: '../..' }),
      fakeBuildah({ ...whole, GraphRoot: 'relative' }),
      fakeBuildah(null),
      fakeBuildah(whole, 'something else'),
    ]) {
      await assert.rejects(askBuildah(file, {}), (error) => isEngineError(error, 'unsupported'));
      assert.deepEqual(await new LocalBuildahs({ PATH }).builders({}), []);
    }
    assert.deepEqual(await new LocalBuildahs({ PATH: tempDir().path }).builders({}), []);
  });

  it('is named by its version, and known by its store', async () => {
    const root = tempDir().path;
    const store = { GraphRoot: root, GraphDriverName: 'overlay', GraphOptions: null };
    const { PATH, file } = fakeBuildah(store);
    const buildahs = new LocalBuildahs({ PATH });
    const [builder] = await buildahs.builders({});
    assert.match(builder?.identity.id ?? '', /^buildah-[0-9a-f]{16}#buildah$/);
    assert.deepEqual(
      [builder?.identity.name, builder?.identity.version, builder?.program, builder?.endpoint],
      ['buildah 1.28', '1.28.2', file, undefined],
    );
    assert.deepEqual(await buildahs.images(file), []);
    mkdirSync(path.join(root, 'overlay-images'));
    writeFileSync(path.join(root, 'overlay-images', 'images.json'), '[');
    await assert.rejects(buildahs.images(file), (error) => isEngineError(error, 'damaged'));
  });

  it('is not started for a status in restricted mode, and tells why it cannot be read otherwise', async () => {
    const { PATH, file, started } = fakeBuildah({ GraphRoot: '/nowhere', GraphDriverName: '..' });
    const context = tempDir();
    writeFileSync(context.file('Dockerfile'), 'FROM scratch\nLABEL a=b\n');
    const identity = { id: 'b', kind: 'buildah', client: 'buildah', name: 'buildah' } as const;
    const request = {
      ...{ context: context.path, dockerfile: context.file('Dockerfile') },
      ...{ buildArgs: new Map<string, string>(), tags: [] },
    };
    await using engine = createEngine({
      ...{ log: silentLogger, storeDirectory: tempDir().path, environment: { PATH } },
    });
    const codeWhen = async (isOffline: boolean): Promise<string | undefined> => {
      const { steps } = await engine.builds.status({ identity, program: file }, request, { isOffline });
      return steps[1]?.reason.code;
    };
    assert.equal(await codeWhen(true), 'no-builder');
    assert.equal(existsSync(started), false);
    assert.equal(await codeWhen(false), 'list-not-readable');
    assert.equal(existsSync(started), true);
  });
});

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { MissingComponent } from '../machine/missing.mjs';
import { startRegistry } from '../machine/registry.mjs';
import { repoRoot } from '../machine/repository.mjs';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const sample = join(repoRoot, 'media', 'sample', 'nginx-lesson.tar');

describe('registries, as a person', () => {
  let registry: Awaited<ReturnType<typeof startRegistry>>;
  let lamina: OpenLamina;
  let workbench: Workbench;
  before(async function () {
    registry = await startRegistry({ auth: { user: 'ada', password: 'canary-19c4' } }).catch(
      (error: unknown) => {
        if (error instanceof MissingComponent) this.skip();
        throw error;
      },
    );
    // No engine: this suite is about registries.
    const env = { LAMINA_OPEN: sample, DOCKER_HOST: `unix://${sample}.none` };
    lamina = await openLaminaOrSkip(this, { env });
    workbench = lamina.workbench;
    await workbench.page.setViewportSize({ width: 1300, height: 1100 });
    await workbench.openActivity('Lamina');
    await workbench.row('hello-nginx:latest').waitFor();
    await workbench.expandView('Registries');
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(async () => {
    await lamina.close();
    await registry.stop();
  });

  const view = (): ReturnType<Workbench['view']> => workbench.view('Registries');

  it('connects, and signs in where the registry wants that', async () => {
    await workbench.runCommand('Lamina: Connect to Registry…');
    await workbench.pick('Another registry…');
    await workbench.answer(registry.host);
    await workbench.page.locator('.quick-input-title', { hasText: 'Sign In to' }).waitFor();
    await workbench.answer('ada');
    await workbench.page.locator('.quick-input-widget input[type=password]').waitFor();
    await workbench.page.keyboard.type('canary-19c4');
    await workbench.page.keyboard.press('Enter');
    await waitForRow(new RegExp(`^${registry.host} {2}signed in$`));
  });

  it('pushes, and mounts what another repository has', async () => {
    for (const name of ['hello-nginx', 'config-nginx']) {
      await workbench.chooseFromContextMenu(workbench.row(`${name}:latest`), 'Push…');
      await workbench.answer(`${registry.host}/lesson/${name}:1`);
      await waitForRow(new RegExp(`^${name}:1 {2}push · .* moved$`));
    }
    await workbench.expandRow('config-nginx:1', view());
    await waitForRow(/^Layer 0 {2}mounted from lesson\/hello-nginx$/);
  });

  it('lists repositories and tags', async () => {
    await workbench.foldRow('config-nginx:1', view());
    await workbench.expandRow(registry.host, view());
    await workbench.expandRow('lesson/hello-nginx', view());
    await workbench.row('1', view()).waitFor();
  });

  it('opens an image where it is', async () => {
    await workbench.chooseFromContextMenu(workbench.row('1', view()), 'Open Image from Registry…');
    const images = workbench.view('Images');
    await workbench.row('linux/amd64', images).waitFor();
    const rows = await workbench.rows(images);
    const remote = rows.findIndex((row) => row === `hello-nginx:1  ${registry.host}/lesson`);
    assert.notEqual(remote, -1, rows.join('\n'));
    assert.match(rows[remote + 1] ?? '', /^linux\/amd64 {2}/);
  });

  it('pulls into the store', async () => {
    await workbench.chooseFromContextMenu(workbench.row('1', view()), 'Pull into Store…');
    await waitForRow(/^hello-nginx:1 {2}pull · .* moved$/);
    await workbench.row('Lamina Store').waitFor();
  });

  it('shows what images share, as a page', async () => {
    await workbench.runCommand('Lamina: Show What Images Share…');
    for (const name of ['hello-nginx', 'pre-config-nginx']) {
      const label = workbench.page.locator('.label-name', { hasText: new RegExp(`^${name}:latest`) });
      await workbench.page
        .locator('.quick-input-widget .monaco-list-row')
        .filter({ has: label })
        .first()
        .click();
    }
    await workbench.page.keyboard.press('Enter');
    await workbench.tab(/Shared layers hello-nginx:latest, pre-config-nginx:latest/).waitFor();
  });

  it('signs out, and says why nothing can be read then', async () => {
    await workbench.chooseFromContextMenu(workbench.row(registry.host, view()), 'Sign Out');
    await waitForRow(/^Cannot be read {2}.*did not accept the credentials/);
  });

  async function waitForRow(pattern: RegExp): Promise<void> {
    const endMs = Date.now() + 20_000;
    for (;;) {
      const rows = await workbench.rows(view());
      if (rows.some((row) => pattern.test(row))) return;
      assert.ok(Date.now() < endMs, `no row is ${pattern}:\n${rows.join('\n')}`);
      await workbench.page.waitForTimeout(200);
    }
  }
});

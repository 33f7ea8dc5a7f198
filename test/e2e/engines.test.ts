import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DockerEngine } from '../machine/dockerEngine.mjs';
import { startDocker29 } from '../machine/dockerEngines.mjs';
import { orSkip } from '../machine/missing.mjs';
import { repoRoot } from '../machine/repository.mjs';
import { ensureTenImages } from '../machine/tenImages.mjs';
import { tempDir } from '../support/tempDir.ts';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';
import type { Workbench } from './workbench.ts';

const pictures = join(repoRoot, 'test-results');

describe('a container engine, as a person', () => {
  let engine: DockerEngine | undefined;
  let lamina: OpenLamina | undefined;
  let workbench: Workbench;
  before(async function () {
    this.timeout(300_000);
    mkdirSync(pictures, { recursive: true });
    const started = await orSkip(this, () => startDocker29({ store: 'containerd' }));
    engine = started;
    await ensureTenImages(started);
    const chatter = 'i=0; while true; do i=$((i+1)); echo line $i; sleep 1; done';
    await started.docker([
      'run',
      '-d',
      '--network=none',
      '--name',
      'chatty',
      'ten/shell:1',
      '/bin/sh',
      '-c',
      chatter,
    ]);
    await started.docker(['create', '--name', 'bare', 'ten/base:1', 'none']);
    lamina = await openLaminaOrSkip(this, {
      workspace: quietWorkspace(),
      env: { DOCKER_HOST: `unix://${started.socket}` },
    });
    workbench = lamina.workbench;
    await workbench.openActivity('Lamina');
    await workbench.expandView('Containers');
  });
  afterEach(async function () {
    if (lamina !== undefined) await keepPictureOfFailure(this, lamina);
  });
  after(async () => {
    await lamina?.close();
    await engine?.stop();
  });

  it('lists its images and containers without a question', async () => {
    // Version and counts come with the answers, after the names.
    await row(/^Docker {2}29\./);
    await row(/^ten\/shell:1 {2}.* · in use by 1 container/);
    await row(/^chatty {2}ten\/shell:1 · Up /);
    await picture('engine');
  });

  it('unfolds an image to its layers and files', async () => {
    await workbench.expandRow('ten/child:1');
    await workbench.expandRow('Files');
    await row(/^bin$|^bin {2}/);
    await picture('engine-image');
    await workbench.foldRow('ten/child:1');
    await workbench.row('Files').waitFor({ state: 'detached' });
  });

  it('shows the history of an image that was not opened before', async () => {
    await workbench.chooseFromContextMenu(workbench.row('ten/shell:1'), 'Show History');
    await workbench.tab(/image-history/).waitFor();
    await workbench.page.locator('.view-line', { hasText: 'CREATED BY' }).first().waitFor();
    await workbench.closeAllEditors();
  });

  it('runs an image after showing what that is', async () => {
    await workbench.chooseFromContextMenu(workbench.row('ten/shell:1'), 'Run Image…');
    for (const answer of ['second', "/bin/sh -c 'sleep 1000'", '', 'A=1']) {
      await workbench.quickInput.waitFor();
      await workbench.answer(answer);
      await workbench.page.waitForTimeout(400);
    }
    const dialog = workbench.dialog();
    await dialog
      .getByText("docker run --detach --name second --env A=1 ten/shell:1 /bin/sh -c 'sleep 1000'")
      .waitFor();
    await picture('engine-run');
    await dialog.getByRole('button', { name: 'Run' }).click();
    await row(/^second {2}ten\/shell:1 · Up /);
  });

  it('follows the logs of a container', async () => {
    await workbench.chooseFromContextMenu(workbench.row('chatty'), 'Show Container Logs');
    await inTerminal(/line \d+/);
    await picture('engine-logs');
  });

  it('opens a terminal in a container', async () => {
    await workbench.chooseFromContextMenu(workbench.row('chatty'), 'Open Terminal in Container');
    await workbench.page.waitForTimeout(1500);
    await workbench.page.keyboard.type('echo it-$((40+2))-works\n');
    await inTerminal(/it-42-works/);
    await picture('engine-terminal');
    await workbench.runCommand('Terminal: Kill All Terminals');
  });

  it('stops and removes a container, once that is confirmed', async () => {
    await workbench.chooseFromContextMenu(workbench.row('second'), 'Stop Container');
    await row(/^second {2}ten\/shell:1 · Exited/);
    await workbench.chooseFromContextMenu(workbench.row('second'), 'Remove Container…');
    await workbench.dialog().getByText('Remove the container second?').waitFor();
    await workbench.dialog().getByRole('button', { name: 'Remove' }).click();
    await workbench.row('second').waitFor({ state: 'detached' });
  });

  it('says that the engine stopped, and comes back by itself', async () => {
    await engine?.halt();
    await row(/not running/);
    await row(/^Nothing listens at /);
    await picture('engine-stopped');
    await engine?.startAgain();
    await workbench.row('ten/shell:1').waitFor({ timeout: 60_000 });
    await row(/^chatty {2}ten\/shell:1 · Exited/);
  });

  it('filters, and says so', async () => {
    await workbench.runCommand('Lamina: Filter Images');
    await workbench.answer('squash');
    await workbench.row('ten/shell:1').waitFor({ state: 'detached' });
    await workbench.row('ten/squashed:1').waitFor();
    await workbench.runCommand('Lamina: Clear Filter of Images');
    await workbench.row('ten/shell:1').waitFor();
  });

  async function picture(name: string): Promise<void> {
    await workbench.screenshot(join(pictures, `${name}.png`));
  }

  async function row(pattern: RegExp): Promise<void> {
    const endMs = Date.now() + 30_000;
    for (;;) {
      const rows = await workbench.rows();
      if (rows.some((each) => pattern.test(each))) return;
      assert.ok(Date.now() < endMs, `waited for ${String(pattern)} in\n${rows.join('\n')}`);
      await workbench.page.waitForTimeout(200);
    }
  }

  /** What a terminal shows; its text is in the page, see {@link quietWorkspace}. */
  async function inTerminal(pattern: RegExp): Promise<void> {
    await workbench.page.locator('.xterm-rows', { hasText: pattern }).first().waitFor();
  }
});

/** A terminal that a graphics card draws holds no text that a test could read. */
function quietWorkspace(): string {
  const folder = tempDir();
  mkdirSync(folder.file('.vscode'));
  writeFileSync(folder.file('.vscode', 'settings.json'), '{"terminal.integrated.gpuAcceleration": "off"}');
  return folder.path;
}

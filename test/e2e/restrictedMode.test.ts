import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { repoRoot } from '../machine/repository.mjs';
import { type SilentListener, startSilentListener } from '../support/silentListener.ts';
import { tempDir } from '../support/tempDir.ts';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';

const pictures = join(repoRoot, 'test-results');
const programs = ['docker', 'podman', 'buildah', 'buildctl', 'docker-buildx', 'docker-credential-told'];

describe('a Dockerfile in a folder that is not trusted, as a person', () => {
  let lamina: OpenLamina | undefined;
  let engine: SilentListener;
  let registry: SilentListener;
  let folder: string;
  let started: string;
  let untouched: readonly string[];
  before(async function () {
    mkdirSync(pictures, { recursive: true });
    const place = tempDir();
    folder = place.file('lesson');
    started = place.file('started');
    engine = await startSilentListener(place.file('engine.sock'));
    registry = await startSilentListener();
    const name = `127.0.0.1:${(registry.server.address() as AddressInfo).port}`;
    writeLesson(folder, name);
    writePrograms(place.file('bin'), started);
    mkdirSync(place.file('config'));
    writeFileSync(
      join(place.file('config'), 'config.json'),
      JSON.stringify({ credsStore: 'told', auths: { [name]: {} } }),
    );
    untouched = filesOf(folder);
    const env = {
      DOCKER_HOST: `unix://${place.file('engine.sock')}`,
      DOCKER_CONFIG: place.file('config'),
      PATH: `${place.file('bin')}:${process.env['PATH'] ?? ''}`,
    };
    lamina = await openLaminaOrSkip(this, { workspace: folder, env, isRestricted: true });
  });
  afterEach(async function () {
    if (lamina !== undefined) await keepPictureOfFailure(this, lamina);
  });
  after(async () => {
    await lamina?.close();
    engine.server.close();
    registry.server.close();
  });

  it('has the lines that the text alone gives, and says what is missing', async () => {
    const { workbench } = opened();
    const { page } = workbench;
    page.setDefaultTimeout(120_000);
    // VS Code may ask, sooner or later.
    const decline = page.getByRole('button', { name: /No, I don.t trust/ });
    await page.addLocatorHandler(decline, () => decline.click());
    await page.locator('.explorer-folders-view').getByText('Dockerfile', { exact: true }).dblclick();
    await lens(/No builder is asked before you trust this folder/).waitFor();
    await workbench.settled();
    await workbench.screenshot(join(pictures, 'build-cache-restricted.png'));
    const lines = (await workbench.codeLenses()).map((line) =>
      (line.split('|')[0] ?? '').replace(/^\W+/u, '').trim(),
    );
    const unknown = 'unknown: this folder is not trusted';
    assert.deepEqual(lines, [unknown, unknown, unknown, unknown, 'metadata · no layer']);
  });

  it('builds and asks nothing, whatever a person calls', async () => {
    const { workbench } = opened();
    await workbench.runCommand('Lamina: Explain Build Cache');
    await workbench.tab(/Build cache of Dockerfile/).waitFor();
    await workbench.runCommand('View: Close Editor');
    await lens(/Build$/).click();
    await workbench.readNotification(/It needs a folder that you trust/);
    await workbench.runCommand('Lamina: Change How It Is Built…');
    await workbench.pick(/^\W*Builder/);
    await workbench.quickInput.and(workbench.page.locator('[placeholder^="No builder is asked"]')).waitFor();
    await workbench.page.keyboard.press('Escape');
  });

  it('offers to trust the folder', async () => {
    const { workbench } = opened();
    await lens(/No builder is asked before you trust this folder/).click();
    // In a tab, or above all of them.
    await workbench.page.getByText('You are in Restricted Mode').waitFor();
  });

  it('has asked no engine and no registry, started no program, and written nothing beside its own', () => {
    assert.deepEqual([engine.connections(), registry.connections()], [0, 0]);
    assert.equal(existsSync(started) ? readFileSync(started, 'utf8') : '', '');
    assert.deepEqual(filesOf(folder), untouched);
  });

  function opened(): OpenLamina {
    assert.ok(lamina !== undefined);
    return lamina;
  }

  function lens(text: RegExp): ReturnType<OpenLamina['workbench']['row']> {
    return opened().workbench.page.locator('.codelens-decoration a', { hasText: text }).first();
  }
});

function writeLesson(folder: string, registry: string): void {
  mkdirSync(folder);
  const lines = [
    `FROM ${registry}/python`,
    'WORKDIR /app',
    'COPY . .',
    'RUN pip install -r requirements.txt',
    'CMD ["app"]',
  ];
  writeFileSync(join(folder, 'Dockerfile'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'compose.yaml'), 'services:\n  web:\n    build: .\n');
  writeFileSync(join(folder, 'requirements.txt'), 'flask\n');
}

/** Programs that leave a note when they are started. */
function writePrograms(folder: string, note: string): void {
  mkdirSync(folder);
  for (const name of programs)
    writeFileSync(join(folder, name), `#!/bin/sh\necho ${name} "$@" >> ${note}\nexit 1\n`, { mode: 0o755 });
}

function filesOf(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`);
}

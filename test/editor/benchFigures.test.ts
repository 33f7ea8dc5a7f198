import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { fileUri, openArchive } from './support/opened.ts';

// Figures that only a real extension host has; `npm run bench -- --host` runs this suite alone and names the places.
const image = process.env['LAMINA_BENCH_IMAGE'];
const figures = process.env['LAMINA_BENCH_FIGURES'];

if (image !== undefined && figures !== undefined) measure(image, figures);

function measure(archive: string, destination: string): void {
  describe('bench figures of the extension host', function () {
    this.timeout(300_000);

    it('activation, and the longest block while an image is indexed', async () => {
      const extension = vscode.extensions.getExtension('lamina.lamina');
      assert.ok(extension, 'the extension is installed');
      assert.ok(!extension.isActive, 'nothing has activated the extension yet');
      const started = performance.now();
      await extension.activate();
      const activationMs = performance.now() - started;
      const idleBlockMs = await longestBlock(() => new Promise((resolve) => setTimeout(resolve, 3000)));
      const longestBlockMs = await longestBlock(async () => {
        const [id] = await openArchive(archive);
        assert.ok(id !== undefined);
        const root = await vscode.workspace.fs.readDirectory(fileUri(id, '/'));
        assert.ok(root.length > 0);
      });
      writeFileSync(destination, JSON.stringify({ activationMs, idleBlockMs, longestBlockMs }));
    });
  });
}

/** How late the host's timers were at worst, in milliseconds: the longest any code held its thread. */
async function longestBlock(work: () => Promise<void>): Promise<number> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await work();
  delay.disable();
  return delay.max / 1e6;
}

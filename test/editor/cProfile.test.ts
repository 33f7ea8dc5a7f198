import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as vscode from 'vscode';
import { fileUri, openArchive } from './support/opened.ts';
const image = process.env['C_IMAGE'];
if (image !== undefined)
  describe('cprofile', function () {
    this.timeout(300_000);
    it('does', async () => {
      const extension = vscode.extensions.getExtension('lamina.lamina')!;
      const wasActive = extension.isActive;
      const t = performance.now(); const c = process.cpuUsage();
      await extension.activate();
      const ms = performance.now() - t; const d = process.cpuUsage(c);
      await new Promise((r) => setTimeout(r, 2000));
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const [id] = await openArchive(image);
      await vscode.workspace.fs.readDirectory(fileUri(id!, '/'));
      delay.disable();
      writeFileSync('/tmp/c-prof/fig.json', JSON.stringify({ wasActive, ms, cpu: (d.user + d.system) / 1000, block: delay.max / 1e6, p99: delay.percentile(99)/1e6, rss: process.memoryUsage.rss() / 1e6 }));
    });
  });

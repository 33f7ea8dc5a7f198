// `npm start -- --screenshot FILE`: looks at the bundled sample as a person would, and saves a picture.
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repoRoot } from '../machine/repository.mjs';
import { openLamina } from './lamina.ts';

const file = process.argv[2];
if (!file) throw new Error('Name the file of the picture.');
const lamina = await openLamina({ workspace: join(repoRoot, 'media', 'sample') });
try {
  const { workbench } = lamina;
  await workbench.openActivity('Lamina');
  await workbench.runCommand('Lamina: Open Sample Images');
  await workbench.expandRow(/lesson/);
  await workbench.settled();
  mkdirSync(dirname(file), { recursive: true });
  await workbench.screenshot(file);
} finally {
  await lamina.close();
}

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '../machine/repository.mjs';
import { keepPictureOfFailure, openLaminaOrSkip, type OpenLamina } from './lamina.ts';

describe('the first look at Lamina', () => {
  let lamina: OpenLamina;
  before(async function () {
    lamina = await openLaminaOrSkip(this);
  });
  afterEach(async function () {
    await keepPictureOfFailure(this, lamina);
  });
  after(() => lamina.close());

  it('has a place in the activity bar', async () => {
    await lamina.workbench.openActivity('Lamina');
    mkdirSync(join(repoRoot, 'test-results'), { recursive: true });
    await lamina.workbench.screenshot(join(repoRoot, 'test-results', 'first-look.png'));
  });
});

// Real engines for the suites that run inside an extension host, which are told of them by an environment variable.
import { startDocker20, startDocker29 } from './dockerEngines.mjs';
import { inCI, MissingComponent } from './missing.mjs';
import { startPodmanService } from './podmanService.mjs';
import { say } from './say.mjs';
import { ensureTenImages } from './tenImages.mjs';

/**
 * @typedef {object} EditorEngines
 * @property {NodeJS.ProcessEnv} env names the engines for `test/editor/realEngines.test.ts`
 * @property {() => Promise<void>} stop
 */

/**
 * The old engine, today's and Podman, each with ten small images; those that this machine can start.
 * @returns {Promise<EditorEngines>}
 */
export async function startEditorEngines() {
  /** @type {(import('./dockerEngine.mjs').DockerEngine | import('./podmanService.mjs').PodmanService)[]} */
  const engines = [];
  const starts = [startDocker20, () => startDocker29({ store: 'containerd' }), startPodmanService];
  const stop = async () => {
    for (const engine of engines) await engine.stop();
  };
  try {
    for (const start of starts) {
      const engine = await start().catch(sayMissing);
      if (engine === undefined) continue;
      engines.push(engine);
      await ensureTenImages(engine);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  const told = engines.map(({ name, socket }) => ({ name, socket }));
  return { env: { LAMINA_TEST_ENGINES: JSON.stringify(told) }, stop };
}

/** @param {unknown} error */
function sayMissing(error) {
  if (inCI || !(error instanceof MissingComponent)) throw error;
  say(`not found: ${error.message}`);
  return undefined;
}

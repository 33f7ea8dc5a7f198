// What the suites need of the machine, and what of it is set up while the first of them run.
import { ensureDebianTar } from './baseImage.mjs';
import { ensureChromium } from './chromium.mjs';
import { ensureDocker29 } from './dockerEngines.mjs';
import { ensureGoTool } from './goTools.mjs';
import { ensureLessonArchive } from './lessonImages.mjs';
import { MissingComponent } from './missing.mjs';
import { oracleTools } from './oracleTools.mjs';
import { canInstallPackages, installDebianPackages } from './programs.mjs';
import { installServedVsCode } from './servedVsCode.mjs';
import { ensureTenArchive } from './tenImages.mjs';

export async function prepareEditor() {
  await installServedVsCode();
  await ensureChromium();
}

/** With what reads and writes extended attributes, which decide in some caches. */
export async function prepareEngineTests() {
  if (canInstallPackages) await installDebianPackages(['attr', ...oracleTools]);
}

const oraclePackages = [
  'attr',
  'busybox-static',
  'curl',
  'docker.io',
  'docker-registry',
  'openssh-server',
  'apache2-utils',
  'openssl',
];

export async function prepareOracles() {
  if (canInstallPackages) await installDebianPackages([...oraclePackages, ...oracleTools]);
  await asFarAsPossible([...engineParts, ensureDebianTar, ensureTenArchive, ensureLessonArchive]);
}

const engineParts = [
  ensureDocker29,
  () => ensureGoTool('buildx'),
  () => ensureGoTool('docker'),
  () => ensureGoTool('buildkitd'),
];

/**
 * Sets up, while the first suites run, what the later ones need and what takes long. What fails is tried again, and told,
 * where it is needed.
 */
export function setUpAhead() {
  // What is downloaded, and what is computed.
  const both = [[installServedVsCode, ensureChromium, ensureDebianTar], engineParts];
  return Promise.allSettled(both.map(asFarAsPossible));
}

/**
 * Sets up what the machine allows; a test says itself which component it does not find.
 * @param {readonly (() => Promise<unknown>)[]} preparations
 */
async function asFarAsPossible(preparations) {
  for (const prepare of preparations) {
    await prepare().catch((/** @type {unknown} */ error) => {
      if (!(error instanceof MissingComponent)) throw error;
    });
  }
}

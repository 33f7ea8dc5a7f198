// Sets of images that a real engine has built, kept in the cache as the archive that its `save` writes: building
// happens once, in an engine that is thrown away, and every other engine loads the same images.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cached } from './cache.mjs';
import { startDocker20 } from './dockerEngines.mjs';
import { saying } from './say.mjs';

/**
 * @typedef {import('./dockerEngine.mjs').DockerEngine} DockerEngine
 *
 * @typedef {object} BuiltImage
 * @property {string} id the digest of its configuration, which is its ID in Podman and in Docker's classic store
 * @property {readonly string[]} tags none for a dangling one
 *
 * @typedef {object} BuiltImages
 * @property {string} archive the file
 * @property {readonly BuiltImage[]} images
 *
 * @typedef {object} Recipe
 * @property {string} name of the set
 * @property {string} module the URL of the module that holds the recipe: another text of it makes other images
 * @property {Readonly<Record<string, string | Buffer>>} files of the build context
 * @property {(build: Build) => Promise<readonly string[]>} make builds, and gives the names or IDs of what is kept
 *
 * @typedef {object} Build
 * @property {DockerEngine['docker']} docker
 * @property {(tag: string, dockerfile: string, options?: { classic?: boolean }) => Promise<string>} image builds with
 *   BuildKit unless the classic builder is asked for, and gives the ID
 */

/**
 * @param {Recipe} recipe
 * @returns {Promise<BuiltImages>}
 */
export async function ensureBuiltImages(recipe) {
  const folder = await cached(`${recipe.name}-${keyOf(recipe)}`, (place) =>
    saying(`building the images ${recipe.name}`, () => build(recipe, place)),
  );
  return {
    archive: join(folder, 'images.tar'),
    images: JSON.parse(readFileSync(join(folder, 'images.json'), 'utf8')),
  };
}

/**
 * @typedef {(args: readonly string[]) => Promise<string>} Cli
 *
 * Loads a set into an engine.
 * @param {{ readonly docker: Cli } | { readonly podman: Cli }} engine
 * @param {BuiltImages} built
 */
export async function loadBuiltImages(engine, { archive }) {
  const cli = 'docker' in engine ? engine.docker : engine.podman;
  await cli(['load', '-i', archive]);
}

/** @param {Recipe} recipe */
function keyOf({ module }) {
  const hash = createHash('sha256');
  for (const url of [module, import.meta.url]) hash.update(readFileSync(fileURLToPath(url)));
  return hash.digest('hex').slice(0, 8);
}

/** @param {Recipe} recipe @param {string} place */
async function build({ files, make }, place) {
  const context = join(place, 'context');
  writeContext(context, files);
  const engine = await startDocker20();
  try {
    const kept = await make({
      docker: engine.docker,
      image: (...args) => buildImage(engine, context, ...args),
    });
    await engine.docker(['save', '-o', join(place, 'images.tar'), ...kept]);
    writeFileSync(join(place, 'images.json'), JSON.stringify(await describe(engine, kept)));
  } finally {
    await engine.stop();
  }
}

/**
 * Always of one time, so that the layers are the same on every machine.
 * @param {string} context @param {Recipe['files']} files
 */
function writeContext(context, files) {
  const time = new Date('2024-01-02T03:04:05Z');
  for (const [name, content] of Object.entries(files)) {
    const file = join(context, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { mode: name.endsWith('.sh') ? 0o755 : 0o644 });
    utimesSync(file, time, time);
  }
}

/**
 * @param {DockerEngine} engine @param {string} context @param {string} tag @param {string} dockerfile
 * @param {{ classic?: boolean }} [options]
 */
async function buildImage(engine, context, tag, dockerfile, { classic = false } = {}) {
  const env = { DOCKER_BUILDKIT: classic ? '0' : '1' };
  const file = `${context}.Dockerfile`;
  writeFileSync(file, dockerfile);
  await engine.docker(['build', '--network=host', '-f', file, '-t', tag, context], { env });
  return (await engine.docker(['image', 'inspect', '--format', '{{.Id}}', tag])).trim();
}

/**
 * @param {DockerEngine} engine @param {readonly string[]} names
 * @returns {Promise<readonly BuiltImage[]>}
 */
async function describe(engine, names) {
  const format = '{"id":{{json .Id}},"tags":{{json .RepoTags}}}';
  const lines = await engine.docker(['image', 'inspect', '--format', format, ...names]);
  const images = lines.split('\n').filter(Boolean);
  return [...new Set(images)].map((line) => JSON.parse(line));
}

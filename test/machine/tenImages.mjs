// Ten small images that share in every way there is: prefixes, the same layers at other positions or by another
// instruction, empty layers, a squashed copy, several tags, a dangling one, and children.
import { join } from 'node:path';
import { ensureBuiltImages, loadBuiltImages } from './builtImages.mjs';
import { repoRoot } from './repository.mjs';

/**
 * @typedef {import('./builtImages.mjs').BuiltImages} BuiltImages
 * @typedef {import('./builtImages.mjs').Build} Build
 */

/** An image with a shell, from an archive of others. */
const shellArchive = join(repoRoot, 'test', 'fixtures', 'images', 'dive', 'test-docker-image.tar');

const module = import.meta.url;

const files = { a: bytes(1, 11_111), b: bytes(2, 22_222), c: bytes(3, 33_333), d: bytes(4, 44_444) };

/**
 * Loads the ten images into an engine, building them on this machine's first time.
 * @param {Parameters<typeof loadBuiltImages>[0]} engine
 * @returns {Promise<BuiltImages>}
 */
export async function ensureTenImages(engine) {
  const built = await ensureTenArchive();
  await loadBuiltImages(engine, built);
  return built;
}

/** The same, as the archive of one `docker save`. */
export function ensureTenArchive() {
  return ensureBuiltImages({ name: 'ten', module, files, make });
}

/** @param {Build} build */
async function make({ docker, image }) {
  const [a, b, c, d] = ['COPY a /a', 'COPY b /b', 'COPY c /c', 'COPY d /d'];
  await docker(['load', '-i', shellArchive]);
  await image('ten/base:1', `FROM scratch\n${a}\n${b}\n`);
  await docker(['tag', 'ten/base:1', 'ten/base:latest']);
  await docker(['tag', 'ten/base:1', 'other/base:2']);
  // The same layers, in another order and by another instruction.
  await image('ten/reordered:1', `FROM scratch\n${b}\n${a}\n`);
  await image('ten/instruction:1', `FROM scratch\nADD a /a\n${b}\nENV BY=ADD\n`);
  await image('ten/longer:1', `FROM ten/base:1\n${c}\n${d}\n`);
  // The same layer twice in one image.
  await image('ten/twice:1', `FROM ten/base:1\n${a}\n${c}\nLABEL twice=yes\n`);
  await image('ten/squashed:1', 'FROM scratch\nCOPY --from=ten/longer:1 / /\n');
  // Only the classic builder keeps an empty layer among the layers, and who is whose parent.
  const classic = { classic: true };
  await image('ten/shell:1', 'FROM dive-test:latest\nRUN echo made > /made\nWORKDIR /work\n', classic);
  await image('ten/empty:1', `FROM ten/shell:1\nRUN true\n${c}\nRUN true\n`, classic);
  await image('ten/child:1', 'FROM ten/shell:1\nRUN rm /made\nCMD ["true"]\n', classic);
  // Its name moves to another image.
  const dangling = await image('ten/moving:1', `FROM ten/base:1\n${d}\nENV DANGLING=yes\n`);
  await docker(['tag', 'ten/longer:1', 'ten/moving:1']);
  const names = [
    'base',
    'reordered',
    'instruction',
    'longer',
    'twice',
    'squashed',
    'shell',
    'empty',
    'child',
  ];
  const tags = [...names.map((name) => `ten/${name}:1`), 'ten/base:latest', 'other/base:2', 'ten/moving:1'];
  return [...tags, dangling];
}

/**
 * What no compression makes smaller, and always the same.
 * @param {number} seed @param {number} size
 */
function bytes(seed, size) {
  const made = Buffer.alloc(size);
  for (let at = 0, state = seed; at < size; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    made[at] = state >>> 24;
  }
  return made;
}

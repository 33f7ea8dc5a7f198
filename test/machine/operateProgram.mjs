// The program that changes files inside containers for tests, see `go/operate/main.go`: static, so that it runs in an
// image that has nothing else.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.mjs';
import { findGo } from './goToolchain.mjs';
import { run } from './processes.mjs';
import { repoRoot } from './repository.mjs';

const source = join(repoRoot, 'test', 'machine', 'go', 'operate');

/**
 * Builds it, or takes it from the cache.
 * @returns {Promise<string>} the program
 */
export async function ensureOperateProgram() {
  const folder = await cached(`operate-${hashOfSource()}`, async (place) => {
    const go = await findGo('the program that changes files in containers');
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly -trimpath -buildvcs=false' };
    await run(go, ['build', '-ldflags', '-s -w', '-o', join(place, 'operate'), '.'], { cwd: source, env });
  });
  return join(folder, 'operate');
}

function hashOfSource() {
  const hash = createHash('sha256');
  for (const name of readdirSync(source).sort()) hash.update(name).update(readFileSync(join(source, name)));
  return hash.digest('hex').slice(0, 12);
}

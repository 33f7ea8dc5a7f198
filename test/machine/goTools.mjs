// Programs that are built from their Go modules, because no package of Debian has them, each at the version that
// a go.mod pins: `go/engines` for all that share most of what they are compiled from, so that it is compiled once,
// else `go/<tool>`. A build is kept in the cache under a name that carries the pin.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached } from './cache.mjs';
import { findGo } from './goToolchain.mjs';
import { run } from './processes.mjs';
import { canInstallPackages, installDebianPackages } from './programs.mjs';
import { repoRoot } from './repository.mjs';
import { saying } from './say.mjs';

/**
 * @typedef {object} GoTool
 * @property {readonly string[]} packages what is built, each into a program of its last name
 * @property {string} [pins] the folder with its go.mod, where that is not of its own name
 * @property {readonly string[]} [flags]
 * @property {string} [linkerFlags]
 * @property {readonly string[]} [needs] Debian packages of C libraries
 */

/** @satisfies {Record<string, GoTool>} */
export const goTools = {
  dockerd: {
    pins: 'engines',
    packages: ['github.com/moby/moby/v2/cmd/dockerd'],
    linkerFlags: '-X github.com/moby/moby/v2/dockerversion.Version=29.0.0',
  },
  runc: {
    packages: ['github.com/opencontainers/runc'],
    flags: ['-tags', 'seccomp'],
    needs: ['libseccomp-dev', 'pkg-config', 'gcc', 'libc6-dev'],
  },
  containerd: {
    pins: 'engines',
    packages: [
      'github.com/containerd/containerd/v2/cmd/containerd',
      'github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2',
    ],
  },
  buildx: {
    pins: 'engines',
    packages: ['github.com/docker/buildx/cmd/buildx'],
    linkerFlags: '-X github.com/docker/buildx/version.Version=v0.36.1',
  },
  // The CLI of that engine's own time: an older one asks for the older form of every answer.
  docker: {
    pins: 'engines',
    packages: ['github.com/docker/cli/cmd/docker'],
    linkerFlags: '-X github.com/docker/cli/cli/version.Version=29.7.2',
  },
  // BuildKit that stands alone, with the client of its own.
  buildkitd: {
    pins: 'engines',
    packages: ['github.com/moby/buildkit/cmd/buildkitd', 'github.com/moby/buildkit/cmd/buildctl'],
    linkerFlags: '-X github.com/moby/buildkit/version.Version=v0.33.0',
  },
  dive: { packages: ['github.com/wagoodman/dive/cmd/dive'] },
};

/**
 * Builds a tool, or takes it from the cache.
 * @param {keyof typeof goTools} name
 * @returns {Promise<string>} the folder with its programs
 */
export async function ensureGoTool(name) {
  /** @type {GoTool} */
  const tool = goTools[name];
  const pins = join(repoRoot, 'test', 'machine', 'go', tool.pins ?? name);
  return cached(`${name}-${nameOf(pins, tool)}`, async (place) => {
    const go = await findGo(name);
    if (tool.needs && canInstallPackages) await installDebianPackages(tool.needs);
    await saying(`building ${name} from its Go modules`, () => build(go, tool, pins, place));
  });
}

/**
 * @param {string} go @param {GoTool} tool @param {string} pins @param {string} place
 */
async function build(go, tool, pins, place) {
  const env = { ...process.env, GOFLAGS: '-mod=readonly -trimpath -buildvcs=false' };
  const linkerFlags = `-s -w ${tool.linkerFlags ?? ''}`;
  const args = ['build', ...(tool.flags ?? []), '-ldflags', linkerFlags, '-o', `${place}/`, ...tool.packages];
  // Niced, so that a person can go on working while an engine is built.
  await run('nice', ['-n', '10', go, ...args], { cwd: pins, env, timeoutMs: 1_800_000 });
}

/**
 * The version of the tool's module, and a hash of everything that is pinned with it.
 * @param {string} pins @param {GoTool} tool
 */
function nameOf(pins, tool) {
  const modules = readFileSync(join(pins, 'go.mod'), 'utf8');
  const hash = createHash('sha256').update(JSON.stringify(tool)).update(modules);
  hash.update(readFileSync(join(pins, 'go.sum')));
  const required = [...modules.matchAll(/^\s+(\S+) (v\S+)/gm)];
  const version = required.find(
    ([, module]) => tool.packages[0]?.startsWith(`${module}/`) || tool.packages[0] === module,
  )?.[2];
  return `${version}-${hash.digest('hex').slice(0, 8)}`;
}

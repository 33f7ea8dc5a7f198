import { EngineError } from '../base/errors.ts';
import { type JsonObject, textMember } from './json.ts';

/** Where an image runs (image-spec, image-index.md, `platform`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
}

/**
 * Parses `os/arch[/variant]`, or one of the two alone, as docker's `--platform` takes it; what is left out is the host's.
 *
 * @throws EngineError `invalid-reference` for anything else.
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split('/');
  if (parts.length > 3 || !parts.every((part) => /^[A-Za-z0-9_.-]{1,100}$/.test(part)))
    throw new EngineError('invalid-reference', text, 'not a platform such as linux/amd64 or linux/arm64/v8');
  const [first = '', architecture, variant] = parts;
  const host = hostPlatform();
  if (architecture !== undefined)
    return normalizePlatform({ os: first, architecture, ...(variant !== undefined && { variant }) });
  return knownSystems.has(first.toLowerCase())
    ? normalizePlatform({ ...host, os: first })
    : normalizePlatform({ os: host.os, architecture: first });
}

/** `os/arch[/variant]`; empty parts are shown as `unknown`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  const parts = [os || 'unknown', architecture || 'unknown'];
  return (variant === undefined ? parts : [...parts, variant]).join('/');
}

/** One spelling per platform: lower case, docker's names of architectures, `arm64/v8` without and `arm` with its variant. */
export function normalizePlatform(platform: Platform): Platform {
  const named = platform.architecture.toLowerCase();
  const alias = aliases.get(named);
  const architecture = alias?.architecture ?? named;
  const variant = normalVariant(architecture, platform.variant?.toLowerCase() ?? alias?.variant);
  return {
    os: platform.os.toLowerCase() === 'macos' ? 'darwin' : platform.os.toLowerCase(),
    architecture,
    ...(variant !== undefined && { variant }),
    ...(platform.osVersion !== undefined && { osVersion: platform.osVersion }),
  };
}

/** Whether an image for `offered` is what was asked for. */
export function matchesPlatform(wanted: Platform, offered: Platform): boolean {
  const [a, b] = [normalizePlatform(wanted), normalizePlatform(offered)];
  return a.os === b.os && a.architecture === b.architecture && a.variant === b.variant;
}

/**
 * The position of the image an engine on `wanted` would run: the first exact match, else the nearest older variant of
 * the same architecture (`arm/v7` runs `arm/v6`). Undefined when none fits.
 */
export function choosePlatform(
  wanted: Platform,
  offered: readonly (Platform | undefined)[],
): number | undefined {
  for (const candidate of olderVariants(normalizePlatform(wanted))) {
    const at = offered.findIndex((each) => each !== undefined && matchesPlatform(candidate, each));
    if (at >= 0) return at;
  }
  return undefined;
}

/** What this machine's engines run: always linux, as Docker Desktop has it. */
export function hostPlatform(): Platform {
  return normalizePlatform({
    os: 'linux',
    architecture: nodeArchitectures.get(process.arch) ?? process.arch,
  });
}

/** The `platform` member of a descriptor, or the like members of a config; undefined when both names are missing. */
export function platformOf(object: JsonObject): Platform | undefined {
  const os = textMember(object, 'os');
  const architecture = textMember(object, 'architecture');
  if (os === undefined && architecture === undefined) return undefined;
  const variant = textMember(object, 'variant');
  const osVersion = textMember(object, 'os.version');
  return {
    os: os ?? '',
    architecture: architecture ?? '',
    ...(variant !== undefined && { variant }),
    ...(osVersion !== undefined && { osVersion }),
  };
}

function normalVariant(architecture: string, variant: string | undefined): string | undefined {
  const known = variant !== undefined && /^[1-9]$/.test(variant) ? `v${variant}` : variant;
  if (architecture === 'arm64') return known === 'v8' || known === '' ? undefined : known;
  if (architecture === 'arm') return known === undefined || known === '' ? 'v7' : known;
  if (architecture === 'amd64') return known === 'v1' || known === '' ? undefined : known;
  return known === '' ? undefined : known;
}

function olderVariants(platform: Platform): readonly Platform[] {
  const number = Number(/^v([1-9])$/.exec(platform.variant ?? '')?.[1] ?? 0);
  if (platform.architecture !== 'arm') return [platform];
  const older = ['v7', 'v6', 'v5'].filter((variant) => Number(variant.slice(1)) < number);
  return [platform, ...older.map((variant) => ({ ...platform, variant }))];
}

const knownSystems = new Set([
  'linux',
  'windows',
  'darwin',
  'macos',
  'freebsd',
  'openbsd',
  'netbsd',
  'solaris',
  'wasip1',
]);

const aliases = new Map<string, { readonly architecture: string; readonly variant?: string }>([
  ['x86_64', { architecture: 'amd64' }],
  ['x86-64', { architecture: 'amd64' }],
  ['i386', { architecture: '386' }],
  ['i686', { architecture: '386' }],
  ['aarch64', { architecture: 'arm64' }],
  ['armhf', { architecture: 'arm', variant: 'v7' }],
  ['armel', { architecture: 'arm', variant: 'v6' }],
]);

const nodeArchitectures = new Map<string, string>([
  ['x64', 'amd64'],
  ['ia32', '386'],
  ['ppc64', 'ppc64le'],
  ['mipsel', 'mipsle'],
]);

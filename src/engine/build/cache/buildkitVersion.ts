import type { BuilderIdentity } from '../builder.ts';

/** The version of BuildKit; where it does not say, that of the engine around it tells (build-cache.md, "Which BuildKit"). */
export function buildkitVersionOf({
  version,
  engineVersion,
}: Pick<BuilderIdentity, 'version' | 'engineVersion'>): string {
  return version ?? (engineVersion === undefined ? newest : inEngine(engineVersion));
}

const newest = '0.33.0';

function inEngine(version: string): string {
  const [major = 0] = version.replace(/^v/, '').split('.').map(Number);
  return byEngine.find(([since]) => major >= since)?.[1] ?? '0.8.0';
}

const byEngine: readonly (readonly [since: number, buildKit: string])[] = [
  [29, '0.25.0'],
  [28, '0.20.0'],
  [27, '0.14.0'],
  [26, '0.13.0'],
  [25, '0.12.0'],
  [24, '0.11.0'],
  [23, '0.10.0'],
];

import type { SeenBuild } from '../cache/cacheGraph.ts';
import { sha256 } from '../sha256.ts';

/** A build as a file: a line with the version of this form and a hash of the rest, and the build as JSON. */
export function formatSeenBuild(build: SeenBuild): string {
  const json = JSON.stringify(build);
  return `${head(json)}\n${json}`;
}

/** Undefined when it is damaged, or of another version. */
export function parseSeenBuild(text: string): SeenBuild | undefined {
  const end = text.indexOf('\n');
  const json = text.slice(end + 1);
  if (end < 0 || text.slice(0, end) !== head(json)) return undefined;
  // The hash has proved that we wrote it.
  return JSON.parse(json) as SeenBuild;
}

function head(json: string): string {
  return `lamina-build 1 ${sha256(json)}`;
}

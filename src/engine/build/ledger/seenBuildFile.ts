import type { SeenBuild } from '../cache/cacheGraph.ts';
import { sha256 } from '../sha256.ts';

/** A build as a file: a line with the version of this form and a hash of the rest, and the build as JSON. */
export function formatSeenBuild(build: SeenBuild): string {
  return withHead(JSON.stringify(build));
}

/** Undefined when it is damaged, or of another version. */
export function parseSeenBuild(text: string): SeenBuild | undefined {
  const json = withoutHead(text);
  // The hash has proved that we wrote it.
  return json === undefined ? undefined : (JSON.parse(json) as SeenBuild);
}

/** Names and values, in the same form. */
export function formatNotes(notes: readonly (readonly [string, string])[]): string {
  return withHead(JSON.stringify(notes));
}

/** None when it is damaged, or of another version. */
export function parseNotes(text: string): readonly (readonly [string, string])[] {
  const json = withoutHead(text);
  return json === undefined ? [] : (JSON.parse(json) as readonly (readonly [string, string])[]);
}

function withHead(json: string): string {
  return `${head(json)}\n${json}`;
}

function withoutHead(text: string): string | undefined {
  const end = text.indexOf('\n');
  const json = text.slice(end + 1);
  return end < 0 || text.slice(0, end) !== head(json) ? undefined : json;
}

function head(json: string): string {
  return `lamina-build 1 ${sha256(json)}`;
}

import { readFileSync } from 'node:fs';
import { fixture } from './fixtures.ts';

/** A table of `test/fixtures/buildkit`; the caller knows its shape. */
export function buildkitTable(name: string): unknown {
  return JSON.parse(readFileSync(fixture('buildkit', `${name}.json`), 'utf8'));
}

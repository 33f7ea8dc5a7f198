import { EngineError } from '../../base/errors.ts';
import type { EngineConnection } from './connection.ts';
import type { EngineKind } from './engineApi.ts';
import { formatEndpoint } from './endpoint.ts';
import { readBeginning } from './readBody.ts';

/** Docker 20.10 speaks it, and so does Podman 3 and later. */
const oldest = '1.41';
/** Newer engines answer in the shape of this one. */
const newest = '1.56';
/** An engine that takes longer for a ping is stuck. */
const pingMs = 15_000;

/** What an engine's ping tells. */
export interface Negotiated {
  readonly kind: EngineKind;
  /** All calls are pinned to it: without a version engines answer in their newest shape. */
  readonly apiVersion: string;
}

/** Agrees on a version. @throws EngineError `unsupported` when there is none, besides a request's errors. */
export async function negotiate(connection: EngineConnection, signal?: AbortSignal): Promise<Negotiated> {
  const { headers, body } = await connection.request({
    method: 'GET',
    path: '/_ping',
    signal,
    idleMs: pingMs,
  });
  // To its end, so that the next question finds this connection free.
  await readBeginning(body, 1024);
  const theirs = headers['api-version'];
  const isPodman = headers['libpod-api-version'] !== undefined;
  if (typeof theirs !== 'string' || !/^\d{1,3}\.\d{1,3}$/.test(theirs))
    throw unsupported(connection, 'what answers there names no Docker API version');
  if (!isAtLeast(theirs, oldest))
    throw unsupported(connection, `its API is ${theirs}; Lamina needs ${oldest} (Docker 20.10) or later`);
  return { kind: isPodman ? 'podman' : 'docker', apiVersion: isAtLeast(theirs, newest) ? newest : theirs };
}

/** Compares `1.9` and `1.41` as numbers. */
export function isAtLeast(version: string, floor: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = floor.split('.').map(Number);
  return major > floorMajor || (major === floorMajor && minor >= floorMinor);
}

function unsupported(connection: EngineConnection, detail: string): EngineError {
  return new EngineError('unsupported', formatEndpoint(connection.endpoint), detail);
}

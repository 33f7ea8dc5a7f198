import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { digestOf } from '../../src/engine/oci/digest.ts';
import { BlobCache } from '../../src/engine/sources/blobCache.ts';
import { fetchInPlace } from '../../src/engine/sources/fetchWork.ts';
import { BlobFetcher } from '../../src/engine/sources/registry/blobFetcher.ts';
import { createRegistryClient } from '../../src/engine/sources/registry/createRegistryClient.ts';
import { noCredentials } from '../../src/engine/sources/registry/credentials.ts';
import type { RegistryClient } from '../../src/engine/sources/registry/registryClient.ts';
import { RegistrySource } from '../../src/engine/sources/registry/registrySource.ts';
import { parseReference } from '../../src/engine/oci/reference.ts';
import { type RecordedRequest, type ScriptedAnswer, startScriptedServer } from './hostileRegistry.ts';
import { tempDir } from './tempDir.ts';
import { layoutBlobs, type LayoutEntry, indexEntries } from './writeOciLayout.ts';

/**
 * A registry in this process that has some images and can be told to misbehave. It only reads; that it reads as a real one
 * does is what `contracts/registryReadsContract.ts` sees.
 */
export interface ContentRegistry {
  readonly host: string;
  /** `METHOD kind`, such as `HEAD manifest`, of every request so far, but those for referrers. */
  readonly asked: string[];
  /** Answers in the registry's place; undefined leaves it to the registry. */
  hinder: Hinder | undefined;
  stop(): Promise<void>;
}

export type Hinder = (
  request: RecordedRequest,
  blob: Uint8Array | undefined,
  response: ServerResponse,
) => ScriptedAnswer | 'handled' | undefined;

/** @param entries each under its first name's tag, in a repository `app`. */
export async function startContentRegistry(entries: readonly LayoutEntry[]): Promise<ContentRegistry> {
  const blobs = new Map<string, Buffer>(
    layoutBlobs(entries).map(({ content = '' }) => {
      const bytes = Buffer.from(content as Uint8Array);
      return [digestOf(bytes), bytes] as const;
    }),
  );
  const named = indexEntries(entries) as readonly { digest: string; mediaType: string }[];
  const tags = new Map(named.map(({ digest }, position) => [String(position + 1), digest]));
  const types = new Map(named.map(({ digest, mediaType }) => [digest, mediaType]));
  const asked: string[] = [];
  const registry: { hinder: Hinder | undefined } = { hinder: undefined };
  const server = await startScriptedServer((request, response) => {
    const [, kind = '', reference = ''] = /\/(manifests|blobs|referrers)\/([^/?]+)/.exec(request.url) ?? [];
    const digest = tags.get(reference) ?? decodeURIComponent(reference);
    const bytes = request.url.startsWith('/v2/app/') ? blobs.get(digest) : undefined;
    const isReferrers = kind === 'referrers' || reference.startsWith('sha256-');
    if (kind !== '' && !isReferrers) asked.push(`${request.method} ${kind.replace(/s$/, '')}`);
    const hindered = registry.hinder?.(request, bytes, response);
    if (hindered !== undefined) return hindered === 'handled' ? undefined : hindered;
    if (request.url === '/v2/') return {};
    if (bytes === undefined || kind === 'referrers') return { status: 404 };
    return contentAnswer(bytes, request.headers, {
      'Docker-Content-Digest': digest,
      'Content-Type': kind === 'manifests' ? typeOf(bytes, types.get(digest)) : 'application/octet-stream',
    });
  });
  return Object.assign(registry, { host: `127.0.0.1:${server.port}`, asked, stop: () => server.stop() });
}

function contentAnswer(
  bytes: Uint8Array,
  { range }: IncomingHttpHeaders,
  headers: Record<string, string>,
): ScriptedAnswer {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  const whole = { ...headers, 'Accept-Ranges': 'bytes', 'Content-Length': bytes.length };
  if (match === null) return { headers: whole, body: bytes };
  const start = Number(match[1]);
  if (start >= bytes.length) return { status: 416, headers: { 'Content-Range': `bytes */${bytes.length}` } };
  const end = match[2] === '' ? bytes.length : Number(match[2]) + 1;
  const body = bytes.subarray(start, end);
  const part = `bytes ${start}-${start + body.length - 1}/${bytes.length}`;
  return { status: 206, headers: { ...headers, 'Content-Range': part, 'Content-Length': body.length }, body };
}

function typeOf(bytes: Buffer, claimed: string | undefined): string {
  return claimed ?? (JSON.parse(bytes.toString()) as { mediaType: string }).mediaType;
}

/** All that reads from registries, over a folder of its own. */
export interface TestReader {
  readonly client: RegistryClient;
  readonly cache: BlobCache;
  readonly fetcher: BlobFetcher;
  open(reference: string): Promise<RegistrySource>;
}

export function readerOf(host: string, directory = tempDir().path): TestReader {
  const cache = new BlobCache({ directory });
  const timeouts = { firstWaitMs: 2, idleMs: 500 };
  const client = createRegistryClient(
    { domain: host, userAgent: 'Lamina/test', environment: {}, timeouts },
    { credentials: noCredentials },
  );
  const work = fetchInPlace({ fetchedDirectory: directory });
  const fetcher = new BlobFetcher({ cache, work, firstWaitMs: 1 });
  const open = (reference: string): Promise<RegistrySource> =>
    RegistrySource.open(parseReference(`${host}/${reference}`), client, fetcher);
  return { client, cache, fetcher, open };
}

import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { EngineError, isEngineError, toEngineError } from '../../base/errors.ts';
import { formatPlatform } from '../../oci/platform.ts';
import type { BuilderIdentity, BuilderKind } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { isOutside } from '../../build/classic/openClassicContext.ts';
import type { IgnoreRules } from '../../build/ignorefile/ignoreRules.ts';
import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import type { BuildOutcome } from '../builds.ts';
import { findContextIgnoreFile, findIgnoreFile, rulesOf } from '../prepare/buildFiles.ts';
import { buildahReader } from './buildahOutput.ts';
import type { BuildOutputReader } from './buildEvent.ts';
import type { BuildRecord } from './buildRecord.ts';
import { classicReader } from './classicOutput.ts';
import { requireOptions } from './clientLimits.ts';
import type { RunOptions } from './clientBuild.ts';
import { contextTar } from './contextTar.ts';
import { readApiLine } from './traceEvents.ts';
import { hasTypeInMode } from './typeInMode.ts';

/**
 * Builds by the engine's API alone: the context is sent as a tar. What only a client's session gives is refused.
 *
 * @param text the Dockerfile's.
 * @throws EngineError `unsupported` for what only a client's program has, and where BuildKit is asked for a Dockerfile outside
 * of the context; what the client and the disk say; `cancelled`.
 */
export async function buildByApi(
  client: EngineClient,
  identity: BuilderIdentity,
  request: BuildRequest,
  text: string,
  record: BuildRecord,
  { signal, kill, makesNoImage }: RunOptions,
): Promise<BuildOutcome> {
  const { kind } = identity;
  requireOptions(identity, request);
  if (kind === 'buildkit') refuseOutside(request);
  const rules = rulesOf(await findIgnoreFile(request, identity));
  const { name, added } = await placeDockerfile(request, kind, rules, text);
  const context = contextTar({
    directory: request.context,
    rules,
    added,
    signal,
    hasTypeInMode: kind === 'classic' && hasTypeInMode(identity),
  });
  const stop = AbortSignal.any([signal, kill].filter((each) => each !== undefined));
  const query = queryOf(request, kind, name);
  const output = makesNoImage === true && kind === 'buildkit' ? { outputs: cacheOnly } : {};
  const lines = client.buildImage(context, { ...query, ...output }, { signal: stop });
  try {
    return await follow(lines, record, kind);
  } catch (error) {
    if (signal?.aborted === true) throw new EngineError('cancelled', request.dockerfile, 'cancelled');
    if (kill?.aborted === true) return record.failed('cancelled', 'stopped');
    if (isEngineError(error, 'refused') || isEngineError(error, 'invalid-path'))
      return record.failed('failed', error.detail);
    throw toEngineError(error, request.dockerfile);
  }
}

const cacheOnly = JSON.stringify([{ Type: 'cacheonly', Attrs: {} }]);

/** BuildKit takes all of a tar for the context: what is sent besides would be in every copy of it. */
function refuseOutside({ context, dockerfile }: BuildRequest): void {
  if (!isOutside(context, dockerfile)) return;
  const why = 'the engine’s API takes no Dockerfile from outside of the context; docker with buildx does';
  throw new EngineError('unsupported', '--file', why);
}

/** Where a builder finds the Dockerfile, and what is sent for that besides the files that are not ignored. */
interface PlacedDockerfile {
  readonly name: string;
  readonly added: ReadonlyMap<string, Uint8Array>;
}

/**
 * A Dockerfile that the context would not hold is sent besides, from outside under a name that nothing else has. With it
 * comes an ignore file that names it, as docker's client has it: the builder reads the one and copies neither.
 */
async function placeDockerfile(
  { context, dockerfile }: BuildRequest,
  kind: BuilderKind,
  rules: IgnoreRules,
  text: string,
): Promise<PlacedDockerfile> {
  const relative = path.relative(context, dockerfile).replaceAll('\\', '/');
  const isForeign = isOutside(context, dockerfile);
  if (!isForeign && !rules.isIgnored(relative)) return { name: relative, added: new Map() };
  const name = isForeign ? `.dockerfile.${randomBytes(8).toString('hex')}` : relative;
  const own = await findContextIgnoreFile(context, kind);
  const ignoreName = own === undefined ? '.dockerignore' : path.basename(own.path);
  const ignored = [own?.text ?? ignoreName, ...(isForeign ? [name] : [])].join('\n');
  const isThere = !isForeign && own !== undefined && !rules.isIgnored(ignoreName);
  const added = new Map([[name, Buffer.from(text)]]);
  return { name, added: isThere ? added : added.set(ignoreName, Buffer.from(ignored)) };
}

function queryOf(
  request: BuildRequest,
  kind: BuilderKind,
  dockerfile: string,
): Record<string, string | number | boolean | object | undefined> {
  const labels = (request.labels ?? []).map((label) => pairOf(label));
  return {
    ...(kind === 'buildkit' && { version: '2', buildid: randomBytes(16).toString('hex') }),
    dockerfile,
    t: request.tags,
    rm: true,
    forcerm: true,
    nocache: request.noCache,
    pull: request.pull,
    target: request.target,
    platform: request.platform && formatPlatform(request.platform),
    networkmode: request.network ?? 'default',
    extrahosts: request.addHosts?.join(','),
    shmsize: request.shmSizeBytes,
    cgroupparent: request.cgroupParent,
    ...(request.buildArgs.size > 0 && { buildargs: Object.fromEntries(request.buildArgs) }),
    ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
    // Lists would become several parameters, and these are JSON.
    ...(request.ulimits && { ulimits: JSON.stringify(request.ulimits.map(ulimitOf)) }),
    ...(request.cacheFrom && { cachefrom: JSON.stringify(request.cacheFrom) }),
  };
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function ulimitOf(text: string): object {
  const [name, values] = pairOf(text);
  const [soft = '', hard = soft] = values.split(':');
  return { Name: name, Soft: Number(soft), Hard: Number(hard) };
}

async function follow(
  lines: AsyncIterable<unknown>,
  record: BuildRecord,
  kind: BuilderKind,
): Promise<BuildOutcome> {
  const printed = new PrintedLines(readerOf(kind), record);
  let image: string | undefined;
  let failure: string | undefined;
  for await (const value of lines) {
    const line = readApiLine(value);
    for (const event of line.events) record.take(event);
    if (line.stream !== undefined) printed.add(line.stream);
    image = line.image ?? image;
    failure = line.failure ?? failure;
  }
  printed.end();
  if (failure === undefined) return record.succeeded(image);
  return record.failed(kind === 'buildkit' ? 'cancelled' : 'failed', failure);
}

function readerOf(kind: BuilderKind): BuildOutputReader {
  if (kind === 'buildkit') return textReader;
  return kind === 'buildah' ? buildahReader(Date.now) : classicReader(Date.now);
}

const textReader: BuildOutputReader = (line) => (line === '' ? [] : [{ kind: 'text', text: line }]);

/** Makes lines of what comes in pieces. */
class PrintedLines {
  readonly #read: BuildOutputReader;
  readonly #record: BuildRecord;
  #rest = '';

  constructor(read: BuildOutputReader, record: BuildRecord) {
    this.#read = read;
    this.#record = record;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#take(line);
  }

  end(): void {
    if (this.#rest !== '') this.#take(this.#rest);
  }

  #take(line: string): void {
    for (const event of this.#read(line.replace(/\r$/, ''))) this.#record.take(event);
  }
}

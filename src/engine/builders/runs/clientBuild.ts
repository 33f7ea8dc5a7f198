import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { asObject, textMember } from '../../oci/json.ts';
import type { BuilderIdentity } from '../../build/builder.ts';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { formatEndpoint } from '../../sources/dockerEngine/endpoint.ts';
import type { Builder, BuildOutcome } from '../builds.ts';
import { buildahReader } from './buildahOutput.ts';
import type { BuildOutputReader } from './buildEvent.ts';
import type { BuildRecord } from './buildRecord.ts';
import { classicReader } from './classicOutput.ts';
import { clientArguments, hasIdFile } from './clientCommand.ts';
import { type ClientPlace, type Environment, openClientPlace } from './clientEnvironment.ts';
import { requireOptions } from './clientLimits.ts';
import { plainReader } from './plainProgress.ts';
import { rawJsonReader } from './rawJson.ts';
import { runProgram } from './runProgram.ts';

export interface BuildStops {
  /** A person does not want it any more. */
  readonly signal?: AbortSignal | undefined;
  /** Nothing more is to be begun. */
  readonly kill?: AbortSignal;
}

export interface RunOptions extends BuildStops {
  /** BuildKit leaves no image behind: a question is no build. The others have the image of a full hit already. */
  readonly makesNoImage?: boolean;
}

/**
 * Builds by a client's program, as a person would in a terminal.
 *
 * @param env what the program is started with; its configuration and credentials are found by it.
 * @throws EngineError `unsupported` when the program cannot be started or lacks an option; `cancelled`.
 */
export async function buildByClient(
  builder: Builder,
  request: BuildRequest,
  record: BuildRecord,
  env: Environment,
  stops: RunOptions,
): Promise<BuildOutcome> {
  requireOptions(builder.identity, request);
  await using place = await openClientPlace(builder.identity, builder.endpoint, env);
  const { code, lastLine } = await runClient(builder, request, record, place, stops);
  if (stops.signal?.aborted === true) throw new EngineError('cancelled', request.dockerfile, 'cancelled');
  if (code === 0)
    return record.succeeded(hasIdFile(builder.identity) ? await readImage(idFileIn(place)) : idIn(lastLine));
  return record.failed(builder.identity.kind === 'buildkit' ? 'cancelled' : 'failed');
}

interface ClientEnd {
  readonly code: number;
  /** Of its standard output. */
  readonly lastLine: string;
}

async function runClient(
  { identity, endpoint, program }: Builder,
  request: BuildRequest,
  record: BuildRecord,
  place: ClientPlace,
  { makesNoImage, ...stops }: RunOptions,
): Promise<ClientEnd> {
  const address = endpoint && formatEndpoint(endpoint);
  const options = { idFile: idFileIn(place), makesNoImage, ...(address !== undefined && { address }) };
  const read = readerOf(identity);
  let lastLine = '';
  const code = await runProgram({
    program: program ?? programs[identity.client],
    args: clientArguments(identity, request, options),
    env: place.env,
    directory: request.context,
    onLine: (line, from) => {
      if (from === 'stdout') lastLine = line;
      if (from === 'stdout' && hasEventsOnStderr(identity)) return;
      for (const event of read(line)) record.take(event);
    },
    ...stopsOf(identity, stops),
  });
  return { code, lastLine };
}

function idIn(line: string): string | undefined {
  return /^[0-9a-f]{64}$/.test(line) ? `sha256:${line}` : undefined;
}

/** Buildah does the work itself: killed at once, it would leave the container behind that it works in. */
function stopsOf({ client }: BuilderIdentity, stops: BuildStops): BuildStops {
  const { signal, kill } = stops;
  if (client !== 'buildah' || kill === undefined) return stops;
  return { signal: signal === undefined ? kill : AbortSignal.any([signal, kill]) };
}

const programs: Readonly<Record<BuilderIdentity['client'], string>> = {
  buildx: 'docker',
  'docker-cli': 'docker',
  api: 'docker',
  buildctl: 'buildctl',
  buildah: 'buildah',
  podman: 'podman',
};

function idFileIn({ folder }: ClientPlace): string {
  return join(folder, 'image');
}

/** Standard output then has the image's ID alone. */
function hasEventsOnStderr({ kind }: BuilderIdentity): boolean {
  return kind === 'buildkit';
}

function readerOf({ kind, client }: BuilderIdentity): BuildOutputReader {
  if (kind === 'classic') return classicReader(Date.now);
  if (kind === 'buildah') return buildahReader(Date.now);
  return client === 'docker-cli' ? plainReader(Date.now) : rawJsonReader();
}

/** The ID, or of buildctl what it tells of the image; undefined when none was kept. */
async function readImage(file: string): Promise<string | undefined> {
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (!text.startsWith('{')) return text === '' ? undefined : text;
  try {
    return textMember(asObject(JSON.parse(text)) ?? {}, 'containerimage.digest');
  } catch {
    return undefined;
  }
}

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
import { clientArguments } from './clientCommand.ts';
import { type ClientPlace, type Environment, openClientPlace } from './clientEnvironment.ts';
import { plainReader } from './plainProgress.ts';
import { rawJsonReader } from './rawJson.ts';
import { runProgram } from './runProgram.ts';

export interface BuildStops {
  /** A person does not want it any more. */
  readonly signal?: AbortSignal | undefined;
  /** Nothing more is to be begun. */
  readonly kill?: AbortSignal;
}

/**
 * Builds by a client's program, as a person would in a terminal.
 *
 * @param env what the program is started with; its configuration and credentials are found by it.
 * @throws EngineError `unsupported` when the program cannot be started; `cancelled`.
 */
export async function buildByClient(
  builder: Builder,
  request: BuildRequest,
  record: BuildRecord,
  env: Environment,
  stops: BuildStops,
): Promise<BuildOutcome> {
  await using place = await openClientPlace(builder.identity, builder.endpoint, env);
  const code = await runClient(builder, request, record, place, stops);
  if (stops.signal?.aborted === true) throw new EngineError('cancelled', request.dockerfile, 'cancelled');
  if (code === 0) return record.succeeded(await readImage(idFileIn(place)));
  return record.failed(builder.identity.kind === 'buildkit' ? 'cancelled' : 'failed');
}

function runClient(
  { identity, endpoint, program }: Builder,
  request: BuildRequest,
  record: BuildRecord,
  place: ClientPlace,
  stops: BuildStops,
): Promise<number> {
  const address = endpoint && formatEndpoint(endpoint);
  const options = { idFile: idFileIn(place), ...(address !== undefined && { address }) };
  const read = readerOf(identity);
  return runProgram({
    program: program ?? programs[identity.client],
    args: clientArguments(identity, request, options),
    env: place.env,
    directory: request.context,
    onLine: (line, from) => {
      if (from === 'stdout' && hasEventsOnStderr(identity)) return;
      for (const event of read(line)) record.take(event);
    },
    ...stops,
  });
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

import type { JsonObject } from '../../oci/json.ts';
import { asObject } from '../../oci/json.ts';
import { given, numberOf, objectOf, textOf } from './answerFields.ts';
import type { EngineEndpoint } from './endpoint.ts';
import { formatEndpoint } from './endpoint.ts';
import type { LoadResult, PullResult, PushResult, TransferEvent } from './engineApi.ts';
import { streamRefusal } from './engineFailures.ts';
import { readJsonLines } from './jsonLines.ts';

type OnEvent = ((event: TransferEvent) => void) | undefined;

/** Follows a pull to its end. @throws EngineError what the engine said in the stream. */
export async function followPull(
  body: AsyncIterable<Uint8Array>,
  endpoint: EngineEndpoint,
  onEvent: OnEvent,
): Promise<PullResult> {
  let digest: string | undefined;
  let status: string | undefined;
  for await (const message of readMessages(body, endpoint)) {
    const event = toEvent(message, onEvent);
    digest = /^Digest: (\S+)$/.exec(event.status)?.[1] ?? digest;
    if (event.status.startsWith('Status: ')) status = event.status.slice('Status: '.length);
  }
  return { ...given('digest', digest), ...given('status', status) };
}

/** Follows a push to its end. @throws EngineError what the engine said in the stream. */
export async function followPush(
  body: AsyncIterable<Uint8Array>,
  endpoint: EngineEndpoint,
  onEvent: OnEvent,
): Promise<PushResult> {
  let result: PushResult = {};
  for await (const message of readMessages(body, endpoint)) {
    const event = toEvent(message, onEvent);
    result = { ...result, ...toPushResult(objectOf(message['aux'])), ...fromWords(event.status) };
  }
  return result;
}

/** Follows a load to its end: engines answer 200 in any case, and say in the stream how it went (formats.md §1.6). */
export async function followLoad(
  body: AsyncIterable<Uint8Array>,
  endpoint: EngineEndpoint,
  onEvent: OnEvent,
): Promise<LoadResult> {
  const loaded: string[] = [];
  const warnings: string[] = [];
  for await (const message of readMessages(body, endpoint)) {
    toEvent(message, onEvent);
    for (const line of (textOf(message['stream']) ?? '').split('\n')) {
      const name = /^Loaded image(?:\(s\)|s| ID)?: (.+)$/.exec(line)?.[1];
      // Podman lists all names in one line.
      if (name !== undefined) loaded.push(...name.split(',').map((each) => each.trim()));
      else if (line.startsWith('Error ')) warnings.push(line);
    }
  }
  return { loaded, warnings };
}

async function* readMessages(
  body: AsyncIterable<Uint8Array>,
  endpoint: EngineEndpoint,
): AsyncGenerator<JsonObject> {
  for await (const value of readJsonLines(body, formatEndpoint(endpoint))) {
    const message = asObject(value);
    if (message === undefined) continue;
    const failure = textOf(objectOf(message['errorDetail'])['message']) ?? textOf(message['error']);
    if (failure !== undefined) throw streamRefusal(failure, endpoint);
    yield message;
  }
}

function toEvent(message: JsonObject, onEvent: OnEvent): TransferEvent {
  const progress = objectOf(message['progressDetail']);
  const event: TransferEvent = {
    ...given('id', textOf(message['id'])),
    status: (textOf(message['status']) ?? textOf(message['stream']) ?? '').trim(),
    ...given('current', numberOf(progress['current'])),
    ...given('total', numberOf(progress['total'])),
  };
  if (event.status !== '') onEvent?.(event);
  return event;
}

function toPushResult(aux: JsonObject): PushResult {
  return {
    ...given('tag', textOf(aux['Tag'])),
    ...given('digest', textOf(aux['Digest'])),
    ...given('sizeBytes', numberOf(aux['Size'])),
  };
}

/** `latest: digest: sha256:… size: 1234`. */
function fromWords(status: string): PushResult {
  const [, tag, digest, size] = /^(\S+): digest: (\S+) size: (\d+)$/.exec(status) ?? [];
  return digest === undefined ? {} : { ...given('tag', tag), digest, sizeBytes: Number(size) };
}

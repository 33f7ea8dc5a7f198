import { BlobFile } from '../archive/blobFile.ts';
import { bringHere } from '../archive/remoteBlob.ts';
import type { ByteRange } from '../base/byteRange.ts';
import { isEngineError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { waitOf } from '../sources/registry/fetchBlob.ts';
import type { RegistryCall } from '../sources/registry/registryAccess.ts';
import type { BlobContent, RegistryClient, UploadSession } from '../sources/registry/registryClient.ts';
import type { PlannedBlob } from './imagePlan.ts';
import type { MountCandidates } from './mountCandidates.ts';
import type { TransferLog } from './transferLog.ts';

export interface PushedBlobsOptions {
  readonly client: RegistryClient;
  /** The repository. */
  readonly path: string;
  readonly candidates: MountCandidates;
  readonly log: TransferLog;
}

/** Brings the blobs of one image into a repository. */
export class PushedBlobs {
  readonly #options: PushedBlobsOptions;

  constructor(options: PushedBlobsOptions) {
    this.#options = options;
  }

  /** Asks whether the blob is there, else tries to have it mounted, else sends it. @throws EngineError as the client. */
  push(blob: PlannedBlob, signal: AbortSignal | undefined): Promise<void> {
    const { log } = this.#options;
    return this.#logged(blob, async () => {
      const call = this.#call(blob, signal);
      if (await this.#isThere(blob.descriptor, call)) {
        log.alreadyHere(blob);
        return;
      }
      const begun = await this.#mount(blob, call);
      if (typeof begun === 'string') log.mounted(blob, begun);
      else await this.#upload(blob, begun, signal);
    });
  }

  /** Sends the blob, whatever the registry says that it has. */
  pushAgain(blob: PlannedBlob, signal: AbortSignal | undefined): Promise<void> {
    return this.#logged(blob, () => this.#upload(blob, undefined, signal));
  }

  async #logged(blob: PlannedBlob, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#options.log.failed(blob, error);
      throw error;
    }
  }

  async #isThere({ digest, size }: Descriptor, call: RegistryCall): Promise<boolean> {
    const head = await this.#options.client.headBlob(this.#options.path, digest, call);
    // One of another size cannot be the one; the registry is given it again.
    return head !== undefined && (head.size === undefined || head.size === size);
  }

  /** The repository it was mounted from, or an upload that a registry began instead of mounting. */
  async #mount(
    { descriptor: { digest, size } }: PlannedBlob,
    call: RegistryCall,
  ): Promise<string | UploadSession | undefined> {
    const { client, path, candidates } = this.#options;
    let begun: UploadSession | undefined;
    for (const from of candidates(digest).slice(0, attemptsFor(size))) {
      if (begun !== undefined) await client.cancelUpload(begun, call).catch(() => undefined);
      begun = undefined;
      try {
        const answer = await client.mountBlob(path, digest, from, call);
        if (answer.kind === 'mounted') return from;
        begun = answer;
      } catch (error) {
        // That repository may be closed to us; the blob is sent then.
        if (isEngineError(error, 'cancelled') || isEngineError(error, 'unreachable')) throw error;
      }
    }
    return begun;
  }

  async #upload(
    blob: PlannedBlob,
    begun: UploadSession | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const { client, path, log } = this.#options;
    const call = this.#call(blob, signal);
    const content = await contentOf(blob, log.waitsOf(signal));
    const session = begun ?? (await client.startUpload(path, call));
    try {
      await send(client, session, content, call);
    } catch (error) {
      // A registry keeps what it was sent for days, and nobody would come back for it.
      await client.cancelUpload(session, { signal: AbortSignal.timeout(cancelMs) }).catch(() => undefined);
      throw error;
    }
    log.moved(blob);
  }

  #call(blob: PlannedBlob, signal: AbortSignal | undefined): RegistryCall {
    const { client, log } = this.#options;
    const { onProgress } = log.optionsFor(blob);
    const { digest: subject, size } = blob.descriptor;
    let sent = 0;
    return {
      ...(signal && { signal }),
      onNotice: (notice) => {
        const wait = waitOf(notice, client.domain);
        if (wait !== undefined) onProgress?.({ subject, done: sent, wait });
      },
      onBytes: (count) => {
        if (sent === 0) onProgress?.({ subject, done: 0 });
        // What is sent once more after a cut is not more than everything.
        sent = Math.min(size, sent + count);
        onProgress?.({ subject, done: sent });
      },
    };
  }
}

const cancelMs = 5000;

function send(
  client: RegistryClient,
  session: UploadSession,
  content: BlobContent,
  call: RegistryCall,
): Promise<void> {
  if (session.minChunkSize !== undefined)
    return client.uploadChunked(session, content, Math.max(session.minChunkSize, chunkSize), call);
  return content.size <= smallBlob
    ? client.uploadMonolithic(session, content, call)
    : client.uploadStreamed(session, content, call);
}

/** Sent in one request: less waiting, and what a cut costs is little. */
const smallBlob = 2 ** 20;
const chunkSize = 16 * 2 ** 20;

/** Each costs a request; a large blob is worth more of them. As docker weighs it. */
function attemptsFor(size: number): number {
  return size <= 100_000 ? 1 : size <= 10_000_000 ? 3 : 4;
}

async function contentOf({ from, descriptor }: PlannedBlob, options: CallOptions): Promise<BlobContent> {
  const { digest, size } = descriptor;
  if (from instanceof Uint8Array)
    return { digest, size, open: ({ start, end }) => once(from.subarray(start, end)) };
  const location = await bringHere(from, options);
  const open = async function* (range: ByteRange): AsyncGenerator<Uint8Array> {
    await using file = await BlobFile.open(location);
    for (let at = range.start; at < range.end; at += pieceSize)
      yield file.read(at, Math.min(pieceSize, range.end - at));
  };
  return { digest, size, open };
}

const pieceSize = 256 * 1024;

// eslint-disable-next-line @typescript-eslint/require-await -- bytes that are here, in the form of those that are not.
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

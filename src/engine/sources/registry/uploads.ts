import { EngineError, isEngineError } from '../../base/errors.ts';
import { headBlob } from './blobs.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { BlobContent, UploadSession } from './registryClient.ts';
import type { RegistrySession } from './registrySession.ts';
import { backoffMs, maxRetries, wait } from './retryWaits.ts';
import { commitUpload, sendPiece, startUpload, uploadStatus } from './uploadSteps.ts';

/** One PUT with everything. When the connection breaks, once more from the start of a new session. */
export async function uploadMonolithic(
  session: RegistrySession,
  upload: UploadSession,
  blob: BlobContent,
  call: RegistryCall,
): Promise<void> {
  let current = upload;
  for (let count = 0; ; count++) {
    const failure = await commit(session, current, blob, true, call);
    if (failure === undefined) return;
    if (count === maxRetries) throw failure;
    await waitFor(failure, session, count, call);
    current = await startUpload(session, upload.path, call);
  }
}

/**
 * Sends what the registry lacks in pieces of at most `chunkSize`, then ends the upload. The registry's count of what it
 * has is trusted. After a broken connection it is asked for that count and the upload goes on there; where it has
 * forgotten the upload, a new one begins.
 */
export async function uploadPieces(
  session: RegistrySession,
  upload: UploadSession,
  blob: BlobContent,
  chunkSize: number,
  call: RegistryCall,
): Promise<void> {
  let current = upload;
  for (let failures = 0; ;) {
    const before = current.offset;
    const outcome = await advance(session, current, blob, chunkSize, call);
    if (outcome === 'done') return;
    if (outcome instanceof EngineError) {
      if (failures === maxRetries) throw outcome;
      await waitFor(outcome, session, failures++, call);
      current = await whereItStands(session, current, call);
    } else {
      current = outcome;
    }
    if (current.offset > before) failures = 0;
    else if (!(outcome instanceof EngineError) && failures++ === maxRetries)
      throw stuck(session, current, blob);
  }
}

/** The next piece, or the end. A failure after which the upload may go on is a value. */
async function advance(
  session: RegistrySession,
  upload: UploadSession,
  blob: BlobContent,
  chunkSize: number,
  call: RegistryCall,
): Promise<UploadSession | EngineError | 'done'> {
  if (upload.offset > blob.size) throw stuck(session, upload, blob);
  if (upload.offset === blob.size) return (await commit(session, upload, blob, false, call)) ?? 'done';
  const step = Math.max(1, chunkSize, upload.minChunkSize ?? 0);
  const end = Math.min(blob.size, upload.offset + step);
  try {
    return await sendPiece(session, upload, blob, { start: upload.offset, end }, call);
  } catch (error) {
    if (isPassing(error)) return error;
    throw error;
  }
}

/** Undefined when the blob is there; when it is not known whether the end was heard, that is looked up. */
async function commit(
  session: RegistrySession,
  upload: UploadSession,
  blob: BlobContent,
  withBytes: boolean,
  call: RegistryCall,
): Promise<EngineError | undefined> {
  try {
    await commitUpload(session, upload, blob, withBytes, call);
    return undefined;
  } catch (error) {
    if (!isPassing(error)) throw error;
    return (await headBlob(session, upload.path, blob.digest, call)) === undefined ? error : undefined;
  }
}

async function whereItStands(
  session: RegistrySession,
  upload: UploadSession,
  call: RegistryCall,
): Promise<UploadSession> {
  try {
    const status = await uploadStatus(session, upload, call);
    // A byte or none looks alike: to begin anew costs nothing then.
    return status.offset <= 1 ? await startUpload(session, upload.path, call) : status;
  } catch (error) {
    const isForgotten = isEngineError(error, 'not-found') || isEngineError(error, 'refused');
    if (!isForgotten) throw error;
    return startUpload(session, upload.path, call);
  }
}

/** Whether the same may succeed later: the connection broke, the registry was busy, or it expects another piece. */
function isPassing(error: unknown): error is EngineError {
  return ['unreachable', 'rate-limited', 'size-mismatch'].some(
    (code) => error instanceof EngineError && error.code === code,
  );
}

function waitFor(
  failure: EngineError,
  session: RegistrySession,
  count: number,
  call: RegistryCall,
): Promise<void> {
  const reason = failure.code === 'rate-limited' ? 'rate-limited' : 'unreachable';
  return wait(backoffMs(count, session.timeouts.firstWaitMs), reason, session.listening(call));
}

function stuck(
  session: RegistrySession,
  { path, offset }: UploadSession,
  { size, digest }: BlobContent,
): EngineError {
  const subject = session.subjectOf(`${path}@${digest}`);
  return new EngineError('refused', subject, `its upload stays at ${offset} of ${size} bytes`);
}

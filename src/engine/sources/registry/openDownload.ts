import { EngineError, toEngineError } from '../../base/errors.ts';
import { blobStreamOf, rangeHeaders } from './blobStream.ts';
import { followRedirects } from './followRedirects.ts';
import type { HttpRequest } from './httpMessage.ts';
import { systemNetwork } from './network.ts';
import { Secrets } from './redact.ts';
import { defaultTimeouts, type RegistryCall, type Timeouts } from './registryAccess.ts';
import type { BlobStream, PreparedDownload } from './registryClient.ts';
import { failureOf } from './registryErrors.ts';
import { withRetries } from './retryWaits.ts';
import { Transport } from './transport.ts';

/**
 * Makes a prepared request for a blob, on whatever thread: with the client's rules for redirects, addresses and waits,
 * but with no credentials beyond those that it carries.
 *
 * @param download its `range` may be another one than it was prepared with.
 * @throws EngineError `not-found`; `unauthorized`, also when the token has ended: prepare it anew; `size-mismatch` when the
 *   range begins beyond the blob's end; and as {@link RegistryClient}.
 */
export async function openDownload(download: PreparedDownload, call: RegistryCall = {}): Promise<BlobStream> {
  const clean = cleanerOf(download);
  try {
    const timeouts = { ...defaultTimeouts, ...download.access.timeouts };
    const transport = transportFor(download);
    const request = requestOf(download, timeouts);
    const attempt = () => followRedirects(transport, request, call.signal);
    const response = await withRetries(attempt, timeouts, call);
    if (response.status !== 200 && response.status !== 206)
      throw await failureOf(response, download.subject, call.signal);
    return blobStreamOf(response, download.range, call, clean);
  } catch (error) {
    throw clean(error);
  }
}

function requestOf({ url, headers, range }: PreparedDownload, timeouts: Timeouts): HttpRequest {
  const { connectMs, idleMs, commitMs } = timeouts;
  return {
    method: 'GET',
    url,
    headers: { ...headers, ...rangeHeaders(range) },
    connectMs,
    idleMs,
    commitMs,
  };
}

/** Errors of a download name the blob, and hold nothing of the token, or of the password that a plain registry takes. */
function cleanerOf({ subject, headers }: PreparedDownload): (error: unknown) => EngineError {
  const secrets = secretsIn(headers['Authorization'] ?? '');
  return (error) => {
    const failure = toEngineError(error, subject);
    return new EngineError(failure.code, subject, secrets.hide(failure.detail));
  };
}

function secretsIn(authorization: string): Secrets {
  const secrets = new Secrets();
  const [, scheme = '', value = ''] = /^(\S+) (.*)$/.exec(authorization) ?? [];
  secrets.add(value);
  // What was sent encoded may come back as it was typed.
  const [, username, password] = /^([^:]*):(.*)$/s.exec(Buffer.from(value, 'base64').toString()) ?? [];
  if (/^basic$/i.test(scheme) && username !== undefined && password !== undefined)
    secrets.addBasic(username, password);
  return secrets;
}

const mostKept = 16;
/** Like Node's own global agent: connections of this thread, kept for the next range. Idle ones hold no process up. */
const kept = new Map<string, Transport>();

function transportFor({ access, url }: PreparedDownload): Transport {
  const { origin } = new URL(url);
  const key = JSON.stringify([origin, access]);
  const transport = kept.get(key) ?? new Transport(access, origin, systemNetwork);
  kept.delete(key);
  kept.set(key, transport);
  const [oldest] = kept;
  if (kept.size > mostKept && oldest !== undefined) {
    kept.delete(oldest[0]);
    oldest[1].close();
  }
  return transport;
}

import { EngineError, toEngineError } from '../../base/errors.ts';

/**
 * What went wrong on the wire, in the engine's terms. The system's error is not kept as the cause: it may hold bytes of
 * the other side; its code is.
 *
 * @param subject the URL; it is redacted by whoever shows it.
 */
export function toTransportError(error: unknown, subject: string, signal?: AbortSignal): EngineError {
  if (error instanceof EngineError) return error;
  if (signal?.aborted === true) return new EngineError('cancelled', subject, 'cancelled');
  const code = codeOf(error);
  const cause = { code };
  if (isCertificateCode(code))
    return new EngineError('insecure', subject, `its certificate is not trusted (${code})`, { cause });
  if (code === 'HPE_HEADER_OVERFLOW')
    return new EngineError('limit-exceeded', subject, 'its answer has too many headers', { cause });
  if (code.startsWith('HPE_') || code === 'ERR_INVALID_CHAR')
    return new EngineError('unreachable', subject, `it does not speak HTTP (${code})`, { cause });
  if (isTlsCode(code))
    return new EngineError('unreachable', subject, `it does not speak TLS (${code})`, { cause });
  const words = wordsOf.get(code);
  if (words !== undefined) return new EngineError('unreachable', subject, words, { cause });
  return code === ''
    ? toEngineError(error, subject)
    : new EngineError('unreachable', subject, code, { cause });
}

/** Whether the connection broke after it stood: the same request may well succeed the next time. */
export function isBrokenConnection(error: unknown): boolean {
  return error instanceof EngineError && error.code === 'unreachable' && broken.has(codeOf(error.cause));
}

/** Whether the other side answered, but not in TLS. */
export function isPlainAnswer(error: unknown): boolean {
  if (!(error instanceof EngineError) || error.code !== 'unreachable') return false;
  const code = codeOf(error.cause);
  return isTlsCode(code) || broken.has(code);
}

function codeOf(error: unknown): string {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  return isCoded && typeof error.code === 'string' ? error.code.slice(0, 60) : '';
}

const broken = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ERR_STREAM_PREMATURE_CLOSE', 'EAI_AGAIN']);

function isTlsCode(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_');
}

function isCertificateCode(code: string): boolean {
  return code.startsWith('ERR_TLS_CERT') || certificateCodes.test(code);
}

/** OpenSSL's verdicts, as Node names them. */
const certificateCodes =
  /^(?:UNABLE_TO_(?:GET|DECRYPT|DECODE|VERIFY)_.*|(?:CERT|CRL|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|INVALID_(?:CA|PURPOSE)|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)(?:_.*)?)$/;

const wordsOf = new Map([
  ['ENOTFOUND', 'no such host'],
  ['EAI_AGAIN', 'its name could not be looked up'],
  ['ECONNREFUSED', 'nobody listens there'],
  ['ECONNRESET', 'the connection broke'],
  ['ECONNABORTED', 'the connection broke'],
  ['EPIPE', 'the connection broke'],
  ['ERR_STREAM_PREMATURE_CLOSE', 'the connection broke'],
  ['ETIMEDOUT', 'no answer in time'],
  ['EHOSTUNREACH', 'no way leads there'],
  ['ENETUNREACH', 'no way leads there'],
]);

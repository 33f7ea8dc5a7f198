import { EngineError, type FailureCode } from '../../base/errors.ts';
import { asObject, textMember } from '../../oci/json.ts';
import { type EngineEndpoint, formatEndpoint } from './endpoint.ts';

/** Longer messages are cut: a screen of text is no message. */
const maxMessage = 4000;

/** Why a connection could not be made or broke, as an EngineError about the endpoint; an EngineError passes unchanged. */
export function connectionFailure(
  error: unknown,
  endpoint: EngineEndpoint,
  signal?: AbortSignal,
): EngineError {
  const subject = formatEndpoint(endpoint);
  if (signal?.aborted === true) return new EngineError('cancelled', subject, 'cancelled', { cause: error });
  if (error instanceof EngineError) return error;
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM')
    return new EngineError('denied', subject, `permission denied (${code})`, { cause: error });
  return new EngineError('unreachable', subject, reasonOf(error, code, endpoint), { cause: error });
}

/** An answer that stopped before its end. */
export function truncatedAnswer(endpoint: EngineEndpoint, cause: unknown): EngineError {
  return new EngineError('truncated', formatEndpoint(endpoint), 'the answer ended early', { cause });
}

/** What an answer of 300 and more means, with the engine's own words. */
export function refusal(status: number, body: string, endpoint: EngineEndpoint): EngineError {
  const subject = formatEndpoint(endpoint);
  const message = messageOf(body);
  if (status < 400)
    return new EngineError('refused', subject, `it redirects (HTTP ${status}), which no engine does`);
  if (status === 404 && isUnknownCall(message))
    return new EngineError('unsupported', subject, 'it does not know this call');
  const code = statusCodes.get(status) ?? codeOfMessage(message);
  return new EngineError(code, subject, message === '' ? `HTTP ${status}` : message);
}

/** What an error line within a stream means: a pull's, push's or load's. */
export function streamRefusal(message: string, endpoint: EngineEndpoint): EngineError {
  const text = message.slice(0, maxMessage);
  return new EngineError(codeOfMessage(text), formatEndpoint(endpoint), text);
}

const statusCodes = new Map<number, FailureCode>([
  [401, 'unauthorized'],
  [404, 'not-found'],
  [409, 'busy'],
  [429, 'rate-limited'],
  [501, 'unsupported'],
]);

/** What a server says of a path it has nothing for; a missing image or container is always named. */
function isUnknownCall(message: string): boolean {
  return /^(404 )?(page )?not found$/i.test(message);
}

/** Engines pass on what registries and disks said as text only. */
function codeOfMessage(message: string): FailureCode {
  if (/no space left on device|disk quota exceeded/i.test(message)) return 'no-space';
  if (/toomanyrequests|too many requests|rate limit/i.test(message)) return 'rate-limited';
  if (/unauthorized|authentication required|no basic auth credentials|access denied/i.test(message))
    return 'unauthorized';
  if (/manifest unknown|manifest .* not found|: not found$/i.test(message)) return 'not-found';
  return 'refused';
}

/** The `message` of a JSON body (Podman has more members); else its text, of HTML without the tags. */
function messageOf(body: string): string {
  const message = textMember(asObject(parsed(body)) ?? {}, 'message');
  const text = message ?? (body.trimStart().startsWith('<') ? body.replace(/<[^>]{0,1000}>/g, ' ') : body);
  return text
    .replace(/[ \t\r\n]+/g, ' ')
    .trim()
    .slice(0, maxMessage);
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function reasonOf(error: unknown, code: string, endpoint: EngineEndpoint): string {
  const known = reasons.get(code);
  if (code === 'ENOENT')
    return endpoint.kind === 'npipe' ? 'the pipe does not exist' : 'the socket does not exist';
  if (known !== undefined) return `${known} (${code})`;
  const message = (error instanceof Error ? error.message : String(error)).slice(0, maxMessage);
  if (code.includes('ALERT')) return `it refused our client certificate, or the lack of one (${code})`;
  if (isCertificateFailure(code)) return `its certificate is not trusted: ${message} (${code})`;
  if (code.startsWith('HPE_')) return `what listens there does not speak HTTP (${code})`;
  if (/^(EPROTO|ERR_SSL_)/.test(code)) return `TLS failed: ${message}`;
  return message === '' ? code : message;
}

function isCertificateFailure(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ALTNAME/.test(code);
}

const reasons = new Map([
  ['ECONNREFUSED', 'nothing listens there'],
  ['ENOTFOUND', 'the host name is not known'],
  ['EAI_AGAIN', 'the host name could not be looked up'],
  ['EHOSTUNREACH', 'there is no way to the host'],
  ['ENETUNREACH', 'there is no way to the network'],
  ['ETIMEDOUT', 'the host does not answer'],
  ['ECONNRESET', 'the connection broke'],
  ['EPIPE', 'the connection broke'],
  ['ENOTDIR', 'the socket does not exist'],
  ['EINVAL', 'the path is too long for a socket'],
]);

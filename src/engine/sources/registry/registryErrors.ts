import { EngineError, type FailureCode } from '../../base/errors.ts';
import { asList, asObject, parseJson, textMember } from '../../oci/json.ts';
import type { HttpResponse } from './httpMessage.ts';
import { documentLimits, readDocument } from './readDocument.ts';
import { retryAfterMs } from './retryWaits.ts';

/** How much of the registry's own words is kept. */
const maxWords = 500;
const maxErrors = 3;

/** What the registry says is wrong (distribution-spec, "Error Codes"). */
interface RegistryReason {
  readonly code: string;
  readonly message: string;
}

/**
 * The error that an answer means. Reads its body, within bounds.
 *
 * @param subject names the registry and what was asked.
 */
export async function failureOf(
  response: HttpResponse,
  subject: string,
  signal?: AbortSignal,
): Promise<EngineError> {
  const body = await readDocument(response, documentLimits.error, signal).catch(() => Buffer.alloc(0));
  const reasons = reasonsOf(body);
  const code = codeOf(response.status, reasons);
  return new EngineError(code, subject, detailOf(response, reasons, code));
}

function codeOf(status: number, reasons: readonly RegistryReason[]): FailureCode {
  const isSaid = (...codes: readonly string[]): boolean => reasons.some(({ code }) => codes.includes(code));
  if (status === 429 || isSaid('TOOMANYREQUESTS')) return 'rate-limited';
  if (status === 401 || isSaid('UNAUTHORIZED', 'DENIED')) return 'unauthorized';
  if (status === 405 || status === 501 || isSaid('UNSUPPORTED')) return 'unsupported';
  if (status === 403) return reasons.length === 0 ? 'unauthorized' : 'refused';
  if (status === 404 || status === 410) return 'not-found';
  if (isSaid('DIGEST_INVALID')) return 'digest-mismatch';
  if (status === 416) return 'size-mismatch';
  return [502, 503, 504].includes(status) ? 'unreachable' : 'refused';
}

function detailOf(response: HttpResponse, reasons: readonly RegistryReason[], code: FailureCode): string {
  const said = reasons.map(({ code: own, message }) => (message === '' ? own : `${own}: ${message}`));
  // The answer to a HEAD has no body to say more.
  const isMissing = code === 'not-found' && said.length === 0;
  const parts = [`it answers ${response.status}`, ...(isMissing ? ['it has nothing there'] : said)];
  return `${parts.join(', ')}${code === 'rate-limited' ? limitsOf(response) : ''}`;
}

function limitsOf({ headers }: HttpResponse): string {
  const waitMs = retryAfterMs(headers['retry-after']);
  const later = waitMs === undefined ? [] : [`it asks to come back in ${Math.ceil(waitMs / 1000)} s`];
  const limits = ['ratelimit-limit', 'ratelimit-remaining']
    .map((name) => [name, headers[name]] as const)
    .filter(([, value]) => typeof value === 'string')
    .map(([name, value]) => `${name}: ${String(value).slice(0, 60)}`);
  return [...later, ...limits].map((each) => `, ${each}`).join('');
}

function reasonsOf(body: Buffer): readonly RegistryReason[] {
  const answer = asObject(jsonOf(body)) ?? {};
  const listed = asList(answer['errors'])
    .map(asObject)
    .filter((each) => each !== undefined);
  // Some token servers and registries say it in one line.
  const single =
    textMember(answer, 'details') ?? textMember(answer, 'message') ?? textMember(answer, 'error');
  const reasons = listed.map((each) => ({
    code: (textMember(each, 'code') ?? 'UNKNOWN').slice(0, 60),
    message: (textMember(each, 'message') ?? '').slice(0, maxWords),
  }));
  if (reasons.length > 0 || single === undefined) return reasons.slice(0, maxErrors);
  return [{ code: 'UNKNOWN', message: single.slice(0, maxWords) }];
}

function jsonOf(body: Buffer): unknown {
  try {
    return parseJson(body, 'error', 'manifest').value;
  } catch {
    return undefined;
  }
}

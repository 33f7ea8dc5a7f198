import { EngineError } from '../../base/errors.ts';
import { asObject, type JsonObject, parseJson } from '../../oci/json.ts';
import type { HttpResponse } from './httpMessage.ts';
import { documentLimits, readDocument } from './readDocument.ts';
import type { RegistryCall } from './registryAccess.ts';
import type { Ask, RegistrySession } from './registrySession.ts';

const maxPages = 1000;

/**
 * The pages of a list, one after the other, by their `Link` headers (RFC 8288).
 *
 * @throws EngineError `insecure` when the next page lies elsewhere; `limit-exceeded` when there is no end of them.
 */
export async function* pagesOf(
  session: RegistrySession,
  first: Ask,
  call: RegistryCall,
): AsyncGenerator<JsonObject> {
  const seen = new Set<string>();
  let next: string | undefined = first.url;
  while (next !== undefined) {
    if (seen.has(next) || seen.size >= maxPages)
      throw new EngineError('limit-exceeded', session.subjectOf(first.about), 'its list has no end');
    seen.add(next);
    const response: HttpResponse = await session.request({ ...first, url: next }, call);
    next = nextPage(session, first, response);
    yield await pageOf(session, first, response, call);
  }
}

async function pageOf(
  session: RegistrySession,
  ask: Ask,
  response: HttpResponse,
  call: RegistryCall,
): Promise<JsonObject> {
  try {
    const bytes = await readDocument(response, documentLimits.manifest, call.signal);
    return asObject(parseJson(bytes, ask.about, 'manifest').value) ?? {};
  } catch (error) {
    throw session.clean(error, ask.about);
  }
}

function nextPage(session: RegistrySession, ask: Ask, { headers, url }: HttpResponse): string | undefined {
  const link = nextLink(headers['link']);
  if (link === undefined) return undefined;
  const target = URL.parse(link, url);
  if (target?.origin !== session.origin || target.username !== '')
    throw session.clean(
      new EngineError('insecure', url, 'the next page of its list lies elsewhere'),
      ask.about,
    );
  target.hash = '';
  return target.href;
}

/** The target of the link whose relation is `next`. */
function nextLink(header: string | string[] | undefined): string | undefined {
  const text = String(header ?? '').slice(0, 16 * 1024);
  for (const [, target, parameters = ''] of text.matchAll(/<([^<>]*)>([^<]*)/g))
    if (/;\s*rel\s*=\s*"?next\b"?/i.test(parameters)) return target;
  return undefined;
}

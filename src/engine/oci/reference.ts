import { EngineError } from '../base/errors.ts';
import { type Digest, isDigest } from './digest.ts';

/** A name of an image in full: `docker.io/library/nginx:latest`. At least one of tag and digest may be missing. */
export interface Reference {
  /** Host, with its port: `docker.io`, `localhost:5000`. */
  readonly domain: string;
  /** `library/nginx`. */
  readonly path: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

/** Longer names are refused before any pattern sees them. */
const maxLength = 2048;
const maxPathLength = 255;

const component = /^[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*$/;
const domainGrammar =
  /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::[0-9]+)?$/;
const tagGrammar = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const bareHex = /^[a-f0-9]{64}$/;

/**
 * Parses a name as people write it and completes it as docker does (`nginx` → `docker.io/library/nginx`), without
 * adding a tag (see {@link withDefaultTag}). Grammar: formats.md §4.1.
 *
 * @throws EngineError `invalid-reference`.
 */
export function parseReference(text: string): Reference {
  const refuse = (why: string): never => {
    throw new EngineError('invalid-reference', text.slice(0, maxLength), why);
  };
  if (text === '') return refuse('the name is empty');
  if (text.length > maxLength) return refuse('the name is too long');
  if (bareHex.test(text)) return refuse('64 hex digits are an ID, not a name');
  const { name, tag, digest } = splitSuffixes(text);
  if (tag !== undefined && !tagGrammar.test(tag))
    return refuse('the tag is not letters, digits, `_`, `.` and `-`');
  if (digest !== undefined && !isDigest(digest)) return refuse('the digest is neither sha256 nor sha512');
  const { domain, path } = splitDomain(name);
  if (!domainGrammar.test(domain)) return refuse('the registry is no host name');
  if (path !== path.toLowerCase()) return refuse('the name must be lower case');
  if (path.length > maxPathLength) return refuse(`the name is longer than ${maxPathLength} characters`);
  if (!path.split('/').every((part) => component.test(part)))
    return refuse('the name is not a valid repository name');
  return { domain, path, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

/** Whether the text is a registry's host, with or without a port: only such may become part of a URL. */
export function isDomain(text: string): boolean {
  return text.length <= maxPathLength && domainGrammar.test(text);
}

/** Whether the text is a repository's path as registries take it: `library/nginx`. */
export function isRepositoryPath(text: string): boolean {
  return text.length <= maxPathLength && text.split('/').every((part) => component.test(part));
}

export function isTag(text: string): boolean {
  return tagGrammar.test(text);
}

/** The reference, or undefined where {@link parseReference} would throw. */
export function tryParseReference(text: string): Reference | undefined {
  try {
    return parseReference(text);
  } catch {
    return undefined;
  }
}

/** The reference with `latest` where it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference {
  const isNamed = reference.tag !== undefined || reference.digest !== undefined;
  return isNamed ? reference : { ...reference, tag: 'latest' };
}

/** In full: `docker.io/library/nginx:1.27`. */
export function formatReference(reference: Reference): string {
  return `${reference.domain}/${reference.path}${suffixOf(reference)}`;
}

/** As docker shows it, its own registry left out: `nginx:1.27`. */
export function familiarReference(reference: Reference): string {
  return `${familiarRepository(reference)}${suffixOf(reference)}`;
}

/** The name without tag and digest as docker shows it: `nginx`, `localhost:5000/app`. */
export function familiarRepository({ domain, path }: Reference): string {
  if (domain !== 'docker.io') return `${domain}/${path}`;
  // Only `library/NAME` is shortened, not `library/a/b`.
  return /^library\/[^/]+$/.test(path) ? path.slice('library/'.length) : path;
}

/** A name in full with its tag: `nginx` → `docker.io/library/nginx:latest`. Text that is no name stays as it is. */
export function normalizeName(text: string): string {
  const reference = tryParseReference(text);
  return reference === undefined ? text : formatReference(withDefaultTag(reference));
}

/** A full name as docker shows it; text that is no name stays as it is. */
export function familiarName(text: string): string {
  const reference = tryParseReference(text);
  return reference === undefined ? text : familiarReference(reference);
}

function suffixOf({ tag, digest }: Reference): string {
  return `${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

function splitSuffixes(text: string): {
  readonly name: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
} {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  const colon = rest.lastIndexOf(':');
  // A colon before the last slash is a port's.
  const hasTag = colon > rest.lastIndexOf('/');
  return {
    name: hasTag ? rest.slice(0, colon) : rest,
    tag: hasTag ? rest.slice(colon + 1) : undefined,
    digest,
  };
}

/** The first component is a host when it has a dot, a port or a capital, or is `localhost`. */
function splitDomain(name: string): { readonly domain: string; readonly path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(0, slash));
  const isHost = /[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase();
  if (slash < 0 || !isHost) return completed('docker.io', name);
  return completed(first === 'index.docker.io' ? 'docker.io' : first, name.slice(slash + 1));
}

function completed(domain: string, path: string): { readonly domain: string; readonly path: string } {
  return { domain, path: domain === 'docker.io' && !path.includes('/') ? `library/${path}` : path };
}

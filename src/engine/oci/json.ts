import type { Problem } from '../base/problem.ts';
import { EngineError } from '../base/errors.ts';
import { foldCase, scanJson } from './jsonScan.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A document from outside, parsed: its value, and what other readers would make of it otherwise. */
export interface JsonDocument {
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

/** Documents nest five or six levels; Go's decoder stops at 10 000. */
const maxDepth = 200;

/**
 * Parses a JSON document from outside. A byte order mark is skipped and reported (engines refuse it); repeated keys are
 * reported. `__proto__` is a key like any other.
 *
 * @param role what it is to be: chooses the codes.
 * @throws EngineError `invalid-manifest` or `invalid-config` when it is no JSON or nests too deep.
 */
export function parseJson(bytes: Uint8Array, subject: string, role: 'manifest' | 'config'): JsonDocument {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const hasMark = text.startsWith('\uFEFF');
  const json = hasMark ? text.slice(1) : text;
  const { depth, repeatedKeys } = scanJson(json);
  if (depth > maxDepth) throw new EngineError(`invalid-${role}`, subject, `it nests ${depth} levels deep`);
  const problems: Problem[] = repeatedKeys.map((key) => ({
    code: 'duplicate-json-key',
    subject,
    detail: `"${key}" comes twice; readers disagree on which one counts`,
  }));
  if (hasMark)
    problems.push({
      code: `${role}-invalid`,
      subject,
      detail: 'it begins with a byte order mark, which engines refuse',
    });
  return { value: parseText(json, subject, role), problems };
}

function parseText(json: string, subject: string, role: 'manifest' | 'config'): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError(`invalid-${role}`, subject, `it is not JSON (${reason.slice(0, 200)})`, { cause });
  }
}

/** The value as an object; undefined when it is null, a list or a scalar. */
export function asObject(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The value as a list; empty when it is something else. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** A member by name: the exact one, else a case variant, as Go's decoder takes it. Undefined when there is none. */
export function member(object: JsonObject, name: string): unknown {
  if (Object.hasOwn(object, name)) return object[name];
  const wanted = foldCase(name);
  for (const key of Object.keys(object))
    if (key.length === name.length && foldCase(key) === wanted) return object[key];
  return undefined;
}

/** A member that is text; undefined when absent, empty or something else. */
export function textMember(object: JsonObject, name: string): string | undefined {
  const value = member(object, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A member that maps names to texts; entries of another kind are left out. Undefined when absent. */
export function textMap(object: JsonObject, name: string): Readonly<Record<string, string>> | undefined {
  const map = asObject(member(object, name));
  if (map === undefined) return undefined;
  const entries = Object.entries(map).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(entries);
}

/** The texts of a list member, in order; entries of another kind are left out. */
export function textList(object: JsonObject, name: string): readonly string[] {
  return asList(member(object, name)).filter((item) => typeof item === 'string');
}

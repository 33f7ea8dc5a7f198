import type { HttpResponse } from './httpMessage.ts';
import type { RegistryNotice } from './registryAccess.ts';

const maxWarnings = 50;
const maxText = 500;

/** Reads from answers what the registry makes known beside them. */
export class Notices {
  readonly #told = new Set<string>();

  /** What is new: its limits, and warnings that it has not given before. */
  *of({ headers }: HttpResponse): Generator<RegistryNotice> {
    const limit = limitOf(headers['ratelimit-limit'], headers['ratelimit-remaining']);
    if (limit !== undefined) yield limit;
    for (const text of warningsIn(headers.warning)) {
      if (this.#told.has(text) || this.#told.size >= maxWarnings) continue;
      this.#told.add(text);
      yield { kind: 'warning', text };
    }
  }
}

/** The texts of `Warning: 299 - "…"` (distribution-spec, "Warnings"); Node joins several headers with commas. */
function warningsIn(header: string | undefined): readonly string[] {
  const matches = (header ?? '').slice(0, 16 * 1024).matchAll(/299 - "((?:[^"\\]|\\.){0,2000})"/g);
  return Array.from(matches, ([, text = '']) => text.replace(/\\(.)/g, '$1').slice(0, maxText));
}

/** Docker Hub's `ratelimit-limit: 100;w=21600`. */
function limitOf(limit: unknown, remaining: unknown): RegistryNotice | undefined {
  const whole = /^(\d{1,12})(?:;w=(\d{1,12}))?$/.exec(String(limit).trim());
  const left = /^(\d{1,12})(?:;|$)/.exec(String(remaining).trim());
  if (whole === null || left === null) return undefined;
  const [, most, window] = whole;
  return {
    kind: 'limit',
    limit: Number(most),
    remaining: Number(left[1]),
    ...(window !== undefined && { windowSeconds: Number(window) }),
  };
}

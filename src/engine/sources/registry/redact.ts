/**
 * Text for logs and errors without what looks like a secret: Authorization values, tokens and passwords in JSON, forms
 * and queries, signed queries of object stores, user names and passwords in URLs, and JSON web tokens.
 */
export function redact(text: string): string {
  return patterns.reduce((cleaned, [pattern, replacement]) => cleaned.replace(pattern, replacement), text);
}

const hidden = '…';
const secretNames =
  '_state|x-amz-[a-z-]+|x-goog-[a-z-]+|sig|signature|[a-z]*_?token|identitytoken|registrytoken|password|passwd|secret|auth|key-pair-id|policy';

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(authorization["']?\s*[:=]\s*["']?)(?:[A-Za-z]+[ \t]+)?[^\s"',;]+/gi, `$1${hidden}`],
  [/\b(basic|bearer)([ \t]+)(?!realm)[A-Za-z0-9+/=._~-]{6,}/gi, `$1$2${hidden}`],
  [new RegExp(`([?&;\\s]|%3f|%26|^)(${secretNames})(=|%3d)[^&\\s"'<>;]*`, 'gim'), `$1$2$3${hidden}`],
  [
    new RegExp(`(["'])(${secretNames})\\1(\\s*:\\s*)(["'])(?:\\\\.|(?!\\4).)*\\4?`, 'gi'),
    `$1$2$1$3$4${hidden}$4`,
  ],
  [/([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/?#@]*@/gi, `$1${hidden}@`],
  [/\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){0,4}/g, hidden],
];

/**
 * The secrets of one client. A registry may send back what it was sent, in any words: what is known to be secret is
 * taken out of every text by itself, and {@link redact} does the rest.
 */
export class Secrets {
  readonly #forms = new Set<string>();

  add(secret: string): void {
    // Shorter ones would tear holes into every text.
    if (secret.length < minLength) return;
    this.#forms.add(secret);
    this.#forms.add(encodeURIComponent(secret));
    this.#forms.add(JSON.stringify(secret).slice(1, -1));
    this.#forms.add(Buffer.from(secret).toString('base64'));
  }

  /** A user's name and password, also as they are sent. */
  addBasic(username: string, password: string): void {
    this.add(password);
    const encoded = Buffer.from(`${username}:${password}`).toString('base64');
    this.#forms.add(encoded);
    this.#forms.add(encodeURIComponent(encoded));
  }

  hide(text: string): string {
    let cleaned = text;
    // Longer forms first: one may hold another.
    for (const form of [...this.#forms].sort((a, b) => b.length - a.length))
      cleaned = cleaned.replaceAll(form, hidden);
    return redact(cleaned);
  }
}

const minLength = 4;

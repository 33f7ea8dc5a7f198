import type * as vscode from 'vscode';
import type { Credential, HostCredentials } from '../engine/index.ts';

const domainsKey = 'lamina.signedIn';

/**
 * The registries a person has signed in to through Lamina. What opens them lies in VS Code's own secret storage, and
 * nowhere else.
 */
export class SignIns implements HostCredentials {
  readonly #secrets: vscode.SecretStorage;
  readonly #memory: vscode.Memento;

  constructor(secrets: vscode.SecretStorage, memory: vscode.Memento) {
    this.#secrets = secrets;
    this.#memory = memory;
  }

  async get(domain: string): Promise<Credential | undefined> {
    if (!this.#known.includes(domain)) return undefined;
    return parseCredential(await this.#secrets.get(keyOf(domain)));
  }

  domains(): Promise<readonly string[]> {
    return Promise.resolve(this.#known);
  }

  isSignedIn(domain: string): boolean {
    return this.#known.includes(domain);
  }

  async keep(domain: string, credential: Credential): Promise<void> {
    await this.#secrets.store(keyOf(domain), JSON.stringify(credential));
    if (!this.isSignedIn(domain)) await this.#memory.update(domainsKey, [...this.#known, domain]);
  }

  /** Forgetting what is not known succeeds. */
  async forget(domain: string): Promise<void> {
    await this.#secrets.delete(keyOf(domain));
    await this.#memory.update(
      domainsKey,
      this.#known.filter((each) => each !== domain),
    );
  }

  get #known(): readonly string[] {
    return this.#memory.get<readonly string[]>(domainsKey, []);
  }
}

function keyOf(domain: string): string {
  return `registry ${domain}`;
}

/** What another version wrote and this one does not understand counts as signed out. */
function parseCredential(text: string | undefined): Credential | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isBasic(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isBasic(value: unknown): value is Extract<Credential, { kind: 'basic' }> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'basic' &&
    'username' in value &&
    typeof value.username === 'string' &&
    'password' in value &&
    typeof value.password === 'string'
  );
}

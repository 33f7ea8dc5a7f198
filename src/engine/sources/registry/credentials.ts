/** What opens a registry. Never logged, never written anywhere by the engine. */
export type Credential =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  /** Exchanged for access tokens at the registry's token server (`identitytoken`; a helper's `<token>`). */
  | { readonly kind: 'identity-token'; readonly token: string; readonly username?: string }
  /** Sent to the registry as it is (`registrytoken`). */
  | { readonly kind: 'registry-token'; readonly token: string };

/** Finds what opens a registry. Makes no network request; may start a credential helper where that is allowed. */
export interface CredentialStore {
  /**
   * The first that is found, asked anew each time: people sign in and out elsewhere.
   *
   * @param path the repository, where one is asked for: podman's files may name credentials for a part of a registry.
   * @throws EngineError `cancelled` only; what is broken is a problem of the answer.
   */
  find(domain: string, path?: string, signal?: AbortSignal): Promise<CredentialAnswer>;
  /** The registries there are credentials for, as far as that is known without asking a helper. */
  domains(): Promise<readonly string[]>;
}

export interface CredentialAnswer {
  readonly credential?: Credential;
  /** Where it was found. */
  readonly origin?: CredentialOrigin;
  /** What could not be asked. */
  readonly problems: readonly CredentialProblem[];
}

export type CredentialOrigin =
  /** Given by the host: signed in through Lamina. */
  | { readonly kind: 'host' }
  /** `DOCKER_AUTH_CONFIG`. */
  | { readonly kind: 'environment' }
  | { readonly kind: 'helper'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string };

/** Why a place of credentials could not be asked. Holds no secret; `detail` may hold hostile text. */
export interface CredentialProblem {
  readonly code: 'file-damaged' | 'file-unreadable' | 'helper-failed' | 'helper-forbidden' | 'helper-invalid';
  /** The file or the helper. */
  readonly subject: string;
  readonly detail: string;
}

/** Credentials that a host keeps itself, such as VS Code's SecretStorage. */
export interface HostCredentials {
  get(domain: string): Promise<Credential | undefined>;
  domains(): Promise<readonly string[]>;
}

export interface CredentialOptions {
  readonly host?: HostCredentials;
  /** Credential helpers are programs named by a file; false forbids starting any (restricted mode). */
  readonly mayStartHelpers: boolean;
  /** The process' own when left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The user's home folder when left out. */
  readonly home?: string;
}

/** No credentials at all. */
export const noCredentials: CredentialStore = {
  find: () => Promise.resolve({ problems: [] }),
  domains: () => Promise.resolve([]),
};

import { InFlight } from '../../base/inFlight.ts';
import type { Challenge } from './challenge.ts';
import type { Credential, CredentialAnswer, CredentialStore } from './credentials.ts';
import type { Secrets } from './redact.ts';
import type { RegistryCall } from './registryAccess.ts';
import { joinScopes, parseScopes, type Scope } from './scopes.ts';
import {
  type AccessToken,
  basicAuthorization,
  requestToken,
  type SendToken,
  type TokenServer,
  tokenServerOf,
} from './tokens.ts';

/** What a request needs to be let in. */
export interface Permission {
  readonly scopes: readonly Scope[];
  /** The repository, for credentials that are only for a part of the registry. */
  readonly path?: string;
}

/** A token is renewed so long before it ends. */
const marginMs = 10_000;
/** Tokens kept; the oldest goes first. */
const maxTokens = 200;

/**
 * Knows how a registry wants to be asked, once it has said so, and what to say: tokens by what they allow, fetched once
 * for all who need them.
 */
export class Authorizer {
  readonly #domain: string;
  readonly #origin: string;
  readonly #credentials: CredentialStore;
  readonly #secrets: Secrets;
  readonly #send: (call: RegistryCall) => SendToken;
  readonly #tokens = new Map<string, AccessToken>();
  readonly #fetching = new InFlight<AccessToken>();
  readonly #onAnswer: (answer: CredentialAnswer) => void;
  #way: TokenServer | 'basic' | undefined;
  #found = new Map<string, Credential | undefined>();
  /** Counts how often all was forgotten: what was asked for before that is not kept. */
  #era = 0;

  constructor(options: {
    readonly domain: string;
    readonly origin: string;
    readonly credentials: CredentialStore;
    readonly secrets: Secrets;
    readonly send: (call: RegistryCall) => SendToken;
    readonly onAnswer: (answer: CredentialAnswer) => void;
  }) {
    this.#domain = options.domain;
    this.#origin = options.origin;
    this.#credentials = options.credentials;
    this.#secrets = options.secrets;
    this.#send = options.send;
    this.#onAnswer = options.onAnswer;
  }

  /** What to send before the registry has asked: nothing until it has once said how. @throws EngineError as {@link renew}. */
  async known(permission: Permission, call: RegistryCall): Promise<string | undefined> {
    if (this.#way === undefined) return undefined;
    return this.#authorization(this.#way, permission, permission.scopes, call);
  }

  /**
   * What to send after the registry refused a request: fetched anew. Undefined when there is nothing to offer, or when
   * it would be the same as before.
   *
   * @throws EngineError `insecure`, `unauthorized`, `refused`, `unreachable`, `rate-limited`, `cancelled`.
   */
  async renew(
    challenges: readonly Challenge[],
    permission: Permission,
    refused: string | undefined,
    call: RegistryCall,
  ): Promise<string | undefined> {
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    const hasBasic = challenges.some(({ scheme }) => scheme === 'basic');
    if (bearer === undefined && !hasBasic) return undefined;
    this.#way = bearer === undefined ? 'basic' : tokenServerOf(bearer, this.#origin);
    const scopes = joinScopes(permission.scopes, parseScopes(bearer?.parameters.get('scope')));
    this.#tokens.delete(nameOf(permission.scopes));
    const next = await this.#authorization(this.#way, permission, scopes, call);
    return next === refused ? undefined : next;
  }

  /** Forgets what was found: the next request asks again, because a person may have signed in meanwhile. */
  forget(): void {
    this.#era++;
    this.#found = new Map();
    this.#tokens.clear();
  }

  async #authorization(
    way: TokenServer | 'basic',
    permission: Permission,
    scopes: readonly Scope[],
    call: RegistryCall,
  ): Promise<string | undefined> {
    if (way === 'basic') {
      const credential = await this.#credential(permission.path, call.signal);
      return credential?.kind === 'basic' ? basicAuthorization(credential) : undefined;
    }
    // Under the scopes that were wanted: what the registry asked for beyond them is asked for anew when it changes.
    const name = nameOf(permission.scopes);
    const kept = this.#tokens.get(name);
    if (kept !== undefined && kept.expiresAtMs - marginMs > Date.now()) return `Bearer ${kept.value}`;
    const era = this.#era;
    const credential = await this.#credential(permission.path, call.signal);
    if (credential?.kind === 'registry-token') return `Bearer ${credential.token}`;
    const token = await this.#fetching.run(
      `${era} ${way.realm} ${way.service ?? ''} ${nameOf(scopes)}`,
      ({ signal }) => {
        const { onNotice } = call;
        const own = { signal, ...(onNotice && { onNotice }) };
        return requestToken(way, scopes, credential, this.#send(own), signal);
      },
      call.signal === undefined ? {} : { signal: call.signal },
    );
    this.#secrets.add(token.value);
    if (era === this.#era) this.#keep(name, token);
    return `Bearer ${token.value}`;
  }

  #keep(name: string, token: AccessToken): void {
    this.#tokens.delete(name);
    this.#tokens.set(name, token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
  }

  /** Asked once for each repository until {@link forget}: a helper is a program, and slow. */
  async #credential(
    path: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<Credential | undefined> {
    const key = path ?? '';
    if (this.#found.has(key)) return this.#found.get(key);
    const era = this.#era;
    const answer = await this.#credentials.find(this.#domain, path, signal);
    this.#onAnswer(answer);
    this.#hide(answer.credential);
    if (era === this.#era) this.#found.set(key, answer.credential);
    return answer.credential;
  }

  #hide(credential: Credential | undefined): void {
    if (credential === undefined) return;
    if (credential.kind === 'basic') this.#secrets.addBasic(credential.username, credential.password);
    else this.#secrets.add(credential.token);
    if (credential.kind === 'identity-token')
      this.#secrets.addBasic(credential.username ?? '', credential.token);
  }
}

function nameOf(scopes: readonly Scope[]): string {
  return joinScopes(scopes).join(' ');
}

import { homedir } from 'node:os';
import { throwIfAborted } from '../../base/abort.ts';
import { type AuthFile, authIn, authKeys, helperIn, parseAuthFile } from './authFile.ts';
import { authFilePaths, readAuthFile } from './authFilePaths.ts';
import { askHelper } from './credentialHelper.ts';
import type {
  Credential,
  CredentialAnswer,
  CredentialOptions,
  CredentialOrigin,
  CredentialProblem,
  CredentialStore,
} from './credentials.ts';

/**
 * Credentials in the order in which docker finds them, and then podman: what the host gives, `DOCKER_AUTH_CONFIG`, and of
 * each file its helper, its store and its own entries (formats.md §4.2). Nothing is ever written.
 */
export function createCredentialStore(options: CredentialOptions): CredentialStore {
  return new CredentialChain(options);
}

/** One and the same answer for every question: credentials that were found elsewhere. */
export function fixedCredentials(domain: string, credential: Credential | undefined): CredentialStore {
  return {
    find: (asked) =>
      Promise.resolve({ problems: [], ...(asked === domain && credential !== undefined && { credential }) }),
    domains: () => Promise.resolve(credential === undefined ? [] : [domain]),
  };
}

class CredentialChain implements CredentialStore {
  readonly #options: CredentialOptions;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #home: string;

  constructor(options: CredentialOptions) {
    this.#options = options;
    this.#environment = options.environment ?? process.env;
    this.#home = options.home ?? homedir();
  }

  async find(domain: string, path?: string, signal?: AbortSignal): Promise<CredentialAnswer> {
    throwIfAborted(signal, domain);
    const given = await this.#options.host?.get(domain);
    if (given !== undefined) return { credential: given, origin: { kind: 'host' }, problems: [] };
    const problems: CredentialProblem[] = [];
    for await (const { file, origin } of this.#files(problems)) {
      const found = await this.#findIn(file, origin, { domain, path, signal }, problems);
      if (found !== undefined) return { ...found, problems };
    }
    return { problems };
  }

  async domains(): Promise<readonly string[]> {
    const found = new Set(await this.#options.host?.domains());
    for await (const { file } of this.#files([])) for (const key of authKeys(file)) found.add(key);
    return [...found].sort();
  }

  async #findIn(
    file: AuthFile,
    origin: CredentialOrigin,
    { domain, path, signal }: Question,
    problems: CredentialProblem[],
  ): Promise<Found | undefined> {
    const helper = helperIn(file, domain, path);
    if (helper !== undefined) {
      const credential = await this.#ask(helper, domain, signal, problems);
      if (credential !== undefined) return { credential, origin: { kind: 'helper', name: helper } };
    }
    const credential = authIn(file, domain, path, problems);
    return credential === undefined ? undefined : { credential, origin };
  }

  async #ask(
    name: string,
    domain: string,
    signal: AbortSignal | undefined,
    problems: CredentialProblem[],
  ): Promise<Credential | undefined> {
    if (this.#options.mayStartHelpers)
      return askHelper(name, domain, { environment: this.#environment, cwd: this.#home }, problems, signal);
    const detail = 'credential helpers are programs, which are not started here';
    problems.push({ code: 'helper-forbidden', subject: name, detail });
    return undefined;
  }

  /** The files, read when it is their turn. What is broken becomes a problem. */
  async *#files(problems: CredentialProblem[]): AsyncGenerator<{ file: AuthFile; origin: CredentialOrigin }> {
    const inline = this.#environment['DOCKER_AUTH_CONFIG'];
    if (inline !== undefined && inline !== '')
      yield {
        file: parseAuthFile(Buffer.from(inline), 'DOCKER_AUTH_CONFIG', problems),
        origin: { kind: 'environment' },
      };
    for (const path of authFilePaths(this.#environment, this.#home)) {
      const bytes = await readAuthFile(path, problems);
      if (bytes !== undefined)
        yield { file: parseAuthFile(bytes, path, problems), origin: { kind: 'file', path } };
    }
  }
}

interface Question {
  readonly domain: string;
  readonly path: string | undefined;
  readonly signal: AbortSignal | undefined;
}

type Found = Required<Pick<CredentialAnswer, 'credential' | 'origin'>>;

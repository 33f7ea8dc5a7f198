import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { byBytes } from '../classic/classicArguments.ts';
import type { Variables } from '../dockerfile/wordRules.ts';
import { splitSetting } from '../plan/environment.ts';

/** Names that are there without an ARG line, and that RUN's text shows only with one. */
const proxies = [
  ...['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'],
  ...['FTP_PROXY', 'ftp_proxy', 'NO_PROXY', 'no_proxy'],
];

/** The ARGs of a stage as buildah keeps them (openshift/imagebuilder, `dispatchers.go`). */
export class BuildahArguments implements Variables {
  readonly #given: ReadonlyMap<string, string>;
  readonly #heading: ReadonlyMap<string, string>;
  readonly #platform: ReadonlyMap<string, string>;
  readonly #values: Map<string, string>;
  readonly #allowed = new Set<string>(proxies);
  readonly #declared = new Set<string>();

  /** @param heading ARG lines before the first FROM, with their values. */
  constructor(given: ReadonlyMap<string, string>, platform: Platform, heading: ReadonlyMap<string, string>) {
    this.#given = given;
    this.#heading = heading;
    this.#values = new Map(given);
    const { os, architecture, variant = '' } = platform;
    this.#platform = new Map(
      ['TARGET', 'BUILD'].flatMap((prefix) => [
        [`${prefix}PLATFORM`, formatPlatform(platform)] as const,
        [`${prefix}OS`, os] as const,
        [`${prefix}ARCH`, architecture] as const,
        [`${prefix}VARIANT`, variant] as const,
      ]),
    );
  }

  get(name: string): string | undefined {
    return this.#allowed.has(name) ? this.#values.get(name) : undefined;
  }

  /** @param word `NAME` or `NAME=value`, variables replaced. */
  declare(word: string): void {
    const [name, written] = word.includes('=') ? splitSetting(word) : [word, undefined];
    const usual = written ?? this.#platform.get(name);
    this.#allowed.add(name);
    this.#declared.add(name);
    const inherited = this.#heading.get(name);
    if (usual === undefined && inherited !== undefined) this.#values.set(name, inherited);
    if (usual !== undefined && !this.#given.has(name)) this.#values.set(name, usual);
  }

  /** What an ARG line shows: all names so far that have a value. */
  get names(): string {
    return this.#shown().sort(byBytes).join(' ');
  }

  /** What RUN shows: ENV's value where there is one. */
  ofRun(env: ReadonlyMap<string, string>): string {
    const names = this.#shown().filter(
      (name) => env.has(name) || this.#declared.has(name) || !proxies.includes(name),
    );
    const settings = names.map((name) => `${name}=${env.get(name) ?? this.#values.get(name) ?? ''}`);
    return settings.sort(byBytes).join(' ');
  }

  /** With their values, as later stages see them from before the first FROM. */
  get all(): ReadonlyMap<string, string> {
    return new Map(this.#shown().map((name) => [name, this.#values.get(name) ?? '']));
  }

  #shown(): string[] {
    return [...this.#values.keys()].filter((name) => this.#allowed.has(name));
  }
}

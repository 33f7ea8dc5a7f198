import type { Variables } from '../dockerfile/wordRules.ts';

/** Names that are there without an ARG line, and that no history shows then. */
const builtIn = new Set([
  ...['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy'],
  ...['FTP_PROXY', 'ftp_proxy', 'NO_PROXY', 'no_proxy', 'ALL_PROXY', 'all_proxy'],
]);

/** The ARGs of a stage as the classic builder keeps them: ENV hides them, and each is given, defaulted, or inherited. Never changes. */
export class ClassicArguments {
  readonly #given: ReadonlyMap<string, string>;
  readonly #global: ReadonlyMap<string, string | undefined>;
  readonly #declared: ReadonlyMap<string, string | undefined>;

  private constructor(
    given: ReadonlyMap<string, string>,
    global: ReadonlyMap<string, string | undefined>,
    declared: ReadonlyMap<string, string | undefined>,
  ) {
    this.#given = given;
    this.#global = global;
    this.#declared = declared;
  }

  /** @param given `--build-arg`. */
  static of(given: ReadonlyMap<string, string>): ClassicArguments {
    return new ClassicArguments(given, new Map(), new Map());
  }

  /** A line before the first FROM. */
  withGlobal(name: string, value: string | undefined): ClassicArguments {
    const global = new Map(this.#global).set(name, value);
    return new ClassicArguments(this.#given, global, new Map(this.#declared).set(name, value));
  }

  with(name: string, value: string | undefined): ClassicArguments {
    return new ClassicArguments(this.#given, this.#global, new Map(this.#declared).set(name, value));
  }

  /** What a stage begins with: global ones have to be declared again. */
  forStage(): ClassicArguments {
    return new ClassicArguments(this.#given, this.#global, new Map());
  }

  /** What FROM sees. */
  get ofFrom(): Variables {
    return { get: (name) => this.#valueOf(name, this.#global) };
  }

  get(name: string): string | undefined {
    return this.#valueOf(name, this.#declared);
  }

  /** `NAME=value` of those that ENV does not hide, as RUN's text shows them, and whether there are any that it does not show. */
  shown(env: ReadonlyMap<string, string>): { readonly settings: readonly string[]; readonly isAny: boolean } {
    const names = [...new Set([...this.#declared.keys(), ...builtIn])].filter((name) => !env.has(name));
    const set = names.flatMap((name) => {
      const value = this.get(name);
      return value === undefined ? [] : [{ name, setting: `${name}=${value}` }];
    });
    const shown = set.filter(({ name }) => this.#declared.has(name) || !builtIn.has(name));
    return { settings: shown.map(({ setting }) => setting).sort(byBytes), isAny: set.length > 0 };
  }

  #valueOf(name: string, declared: ReadonlyMap<string, string | undefined>): string | undefined {
    if (!declared.has(name) && !builtIn.has(name)) return undefined;
    return this.#given.get(name) ?? declared.get(name) ?? this.#global.get(name);
  }
}

/** As Go sorts texts. */
export function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

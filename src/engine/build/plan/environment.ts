import type { Variables } from '../dockerfile/wordRules.ts';

/** Variables in BuildKit's order: a name that is set again moves to the end. Never changes. */
export class Environment implements Variables {
  readonly #values: ReadonlyMap<string, string>;
  #list: readonly string[] | undefined;

  private constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  static readonly empty = new Environment(new Map());

  get(name: string): string | undefined {
    return this.#values.get(name);
  }

  with(settings: Iterable<readonly [name: string, value: string]>): Environment {
    const values = new Map(this.#values);
    for (const [name, value] of settings) {
      values.delete(name);
      values.set(name, value);
    }
    return new Environment(values);
  }

  /** `NAME=value`, always the same list. */
  toList(): readonly string[] {
    return (this.#list ??= this.#toList());
  }

  #toList(): readonly string[] {
    return Array.from(this.#values, ([name, value]) => `${name}=${value}`);
  }
}

/** `NAME=value` apart; without `=` the value is empty. */
export function splitSetting(setting: string): readonly [name: string, value: string] {
  const at = setting.indexOf('=');
  return at < 0 ? [setting, ''] : [setting.slice(0, at), setting.slice(at + 1)];
}

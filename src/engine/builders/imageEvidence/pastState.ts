import type { HistoryLine, Setting } from '../../build/createdBy/historyLines.ts';
import { Environment, splitSetting } from '../../build/plan/environment.ts';
import type { Image } from '../../sources/image.ts';
import { type HistoryEntry, shownSettings } from './imageHistory.ts';

/**
 * What acted on the steps of a build that was made, as far as its image's history tells. What the base image brought is
 * taken from the base as it is now; where the image's config shows that it was another, that is said.
 */
export class PastState {
  readonly #lines: readonly HistoryLine[];
  readonly #image: Image;
  readonly #own: readonly HistoryEntry[];
  /** What ENV set here, and nothing else. */
  readonly ownEnv = new Map<string, string>();
  /** What the image has in the end, the base's variables first. */
  readonly #imageEnv: Map<string, string>;
  readonly #hidesArguments: boolean;
  #env: Environment;
  readonly #open = new Set<string>();
  /** Arguments that have no value, as far as is known. */
  readonly #unset = new Set<string>();
  #user: string | undefined;
  #directory: string | undefined;

  /**
   * @param begin what the base gives now.
   * @param hidesArguments whether ARG entries have what the Dockerfile said, and not what was given instead.
   */
  constructor(
    begin: Environment,
    lines: readonly HistoryLine[],
    image: Image,
    own: readonly HistoryEntry[],
    hidesArguments: boolean,
  ) {
    this.#hidesArguments = hidesArguments;
    this.#env = begin;
    this.#imageEnv = new Map(begin.toList().map(splitSetting));
    this.#lines = lines;
    this.#image = image;
    this.#own = own;
  }

  get env(): readonly string[] {
    return this.#env.toList().filter((setting) => !this.#unset.has(splitSetting(setting)[0]));
  }

  /** Arguments whose values are not known, since no RUN so far has shown them. */
  get openArguments(): ReadonlySet<string> {
    return this.#open;
  }

  /** Undefined where only the base says it, and another instruction hides what it said. */
  get user(): string | undefined {
    return this.#user ?? this.#untouched('USER', 'User');
  }

  get directory(): string | undefined {
    const ofBase = this.#untouched('WORKDIR', 'WorkingDir');
    return this.#directory ?? (ofBase === '' ? undefined : ofBase);
  }

  /** Goes on by one entry that made no layer, or the one of WORKDIR. */
  pass({ text, keyword }: HistoryEntry): void {
    const rest = text.slice(keyword.length + 1);
    if (keyword === 'USER') this.#user = rest;
    if (keyword === 'WORKDIR') this.#directory = rest;
    if (keyword !== 'ENV' && keyword !== 'ARG') return;
    for (const [name, value] of this.#settingsOf(text, rest)) {
      if (keyword === 'ARG') this.#declare(name, value);
      else if (value !== undefined) this.#setVariable(name, value);
    }
  }

  #declare(name: string, value: string | undefined): void {
    if (this.#hidesArguments) this.#open.add(name);
    else if (value === undefined) return;
    // Its place among the others is that of ARG, whatever value it turns out to have.
    if (value === undefined && this.#env.get(name) === undefined) this.#unset.add(name);
    if (value !== undefined) this.#unset.delete(name);
    this.#env = this.#env.with([[name, value ?? this.#env.get(name) ?? '']]);
  }

  #setVariable(name: string, value: string): void {
    this.#open.delete(name);
    this.#unset.delete(name);
    this.#env = this.#env.with([[name, value]]);
    this.ownEnv.set(name, value);
    this.#imageEnv.set(name, value);
  }

  /** Takes arguments as a RUN shows them before its command: `|2 A=1 B=`. */
  learn(shown: string): void {
    const [, count, list = ''] = /^\|([0-9]+) (.*)$/s.exec(shown) ?? [];
    const settings = shownSettings(list).map(splitSetting);
    // With blanks in values they cannot be told apart.
    if (settings.length !== Number(count)) return;
    for (const [name, value] of settings) {
      if (!this.#open.delete(name) || value === '') continue;
      this.#unset.delete(name);
      this.#fillIn(name, value);
    }
  }

  /** At the place that it has already. */
  #fillIn(name: string, value: string): void {
    const all = this.#env.toList().map(splitSetting);
    this.#env = Environment.empty.with(all.map(([each, own]) => [each, each === name ? value : own]));
  }

  /** What begins with another sets the image's variables anew, so that they stand behind arguments. */
  beginStage(): void {
    this.#env = this.#env.with(this.#imageEnv);
  }

  /** By the line of the Dockerfile that makes the same text, where there is one: blanks in values do not mislead then. */
  #settingsOf(text: string, rest: string): readonly Setting[] {
    const line = this.#lines.find(({ texts }) => texts.includes(text));
    if (line !== undefined) return settingsShown(line, text);
    return shownSettings(rest).map((each) => {
      const [name, value] = splitSetting(each);
      return each.includes('=') ? [name, value] : [name, undefined];
    });
  }

  #untouched(keyword: string, member: string): string | undefined {
    if (this.#own.some((entry) => entry.keyword === keyword)) return undefined;
    const value = this.#image.config?.runtime[member];
    return typeof value === 'string' ? value : '';
  }
}

/** An argument may be shown without its value. */
function settingsShown({ settings }: HistoryLine, text: string): readonly Setting[] {
  return settings.map(([name, value]) => [name, text.includes(`${name}=`) ? value : undefined]);
}

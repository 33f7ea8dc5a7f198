import type { HistoryLine, Setting } from '../../build/createdBy/historyLines.ts';
import { type Environment, splitSetting } from '../../build/plan/environment.ts';
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
  #env: Environment;
  #user: string | undefined;
  #directory: string | undefined;

  /** @param begin what the base gives now. */
  constructor(begin: Environment, lines: readonly HistoryLine[], image: Image, own: readonly HistoryEntry[]) {
    this.#env = begin;
    this.#imageEnv = new Map(begin.toList().map(splitSetting));
    this.#lines = lines;
    this.#image = image;
    this.#own = own;
  }

  get env(): readonly string[] {
    return this.#env.toList();
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
      if (value === undefined) continue;
      this.#env = this.#env.with([[name, value]]);
      if (keyword !== 'ENV') continue;
      this.ownEnv.set(name, value);
      this.#imageEnv.set(name, value);
    }
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

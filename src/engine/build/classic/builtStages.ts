import { normalizeName } from '../../oci/reference.ts';
import type { BuilderImage } from './builderImage.ts';
import type { ClassicInput } from './classicInput.ts';
import { type ContainerConfig, emptyConfig } from './containerConfig.ts';
import type { Cursor } from './cursor.ts';
import type { ImageShelf } from './imageShelf.ts';
import { notAsked } from './reasons.ts';

/** What a stage left to those after it, or an image gives to one that begins with it. */
export interface StageEnd {
  readonly cursor: Cursor;
  readonly config: ContainerConfig;
}

/** What FROM and `--from` can name: earlier stages, nothing, images of the engine, and images of registries. */
export class BuiltStages {
  readonly #input: ClassicInput;
  readonly #shelf: ImageShelf;
  readonly #stages: (StageEnd & { readonly name: string | undefined })[] = [];

  constructor(input: ClassicInput, shelf: ImageShelf) {
    this.#input = input;
    this.#shelf = shelf;
  }

  add(name: string | undefined, end: StageEnd): void {
    this.#stages.push({ ...end, name });
  }

  /** @param text variables replaced. */
  baseOf(text: string): StageEnd {
    if (text === 'scratch' && this.#named(text) === undefined)
      return { cursor: { kind: 'on', images: ['scratch'] }, config: emptyConfig };
    return this.#named(text) ?? this.#imageEnd(text);
  }

  sourceOf(text: string): Cursor {
    const numbered = /^[0-9]+$/.test(text) ? this.#stages[Number(text)] : undefined;
    return (this.#named(text) ?? numbered ?? this.#imageEnd(text)).cursor;
  }

  #named(text: string): StageEnd | undefined {
    return this.#stages.findLast(({ name }) => name === text.toLowerCase());
  }

  #imageEnd(text: string): StageEnd {
    const image = this.#imageNamed(text);
    if (image !== undefined) return { cursor: { kind: 'on', images: [image] }, config: image.config };
    // An image that comes from the registry only now has nothing made on it.
    const isAsked = this.#input.pulled?.has(normalizeName(text)) === true;
    const cursor: Cursor = isAsked ? { kind: 'on', images: [] } : { kind: 'unseen', doubt: notAsked(text) };
    return { cursor, config: emptyConfig };
  }

  /** With `--pull` the registry decides, else it is asked for what the engine has not. */
  #imageNamed(text: string): BuilderImage | undefined {
    const { request, pulled } = this.#input;
    const name = normalizeName(text);
    const remote = pulled?.get(name);
    const local = request.pull === true ? undefined : (this.#shelf.find(name) ?? this.#shelf.find(text));
    return local ?? (remote === undefined ? undefined : this.#shelf.find(remote));
  }
}

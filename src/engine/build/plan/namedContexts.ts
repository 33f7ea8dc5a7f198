import { normalizeName } from '../../oci/reference.ts';

/** What stands for a stage or an image. */
export type NamedContext =
  | { readonly kind: 'image'; readonly name: string }
  | { readonly kind: 'context'; readonly name: string; readonly isDirectory: boolean };

/** The named contexts of a build (`--build-context`), found by names as BuildKit compares them: `a` is `a:latest`. */
export class NamedContexts {
  readonly #byName: ReadonlyMap<string, NamedContext>;

  constructor(places: ReadonlyMap<string, string> = new Map()) {
    this.#byName = new Map([...places].map(([name, place]) => [keyOf(name), toContext(name, place)]));
  }

  find(name: string): NamedContext | undefined {
    if (this.#byName.size === 0 || /^(?:scratch|context)$/i.test(name)) return undefined;
    return this.#byName.get(keyOf(name));
  }
}

function toContext(name: string, place: string): NamedContext {
  const image = /^docker-image:\/\/(.+)$/.exec(place)?.[1];
  if (image !== undefined) return { kind: 'image', name: normalizeName(image) };
  const isDirectory = !/^(?:[a-z][a-z0-9+-]*:\/\/|git@|target:)/i.test(place);
  return { kind: 'context', name, isDirectory };
}

function keyOf(name: string): string {
  return normalizeName(name).toLowerCase();
}

import type { ByteName } from '../../base/layerPath.ts';

/**
 * A set of paths below a context, each with all that is in it. Paths are byte strings with `/` between names; the empty
 * one is the context itself.
 */
export class PathTree {
  /** Whether everything from here down is meant. */
  isWhole = false;
  readonly children = new Map<ByteName, PathTree>();

  static of(paths: Iterable<string>): PathTree {
    const tree = new PathTree();
    for (const path of paths) tree.add(path);
    return tree;
  }

  add(path: string): void {
    this.#add(namesOf(path));
  }

  #add([name, ...rest]: readonly ByteName[]): void {
    if (this.isWhole) return;
    if (name === undefined) {
      this.isWhole = true;
      this.children.clear();
      return;
    }
    const child = this.children.get(name) ?? new PathTree();
    this.children.set(name, child);
    child.#add(rest);
  }

  /** Whether the path is in the set, by itself or by what it is in. */
  has(path: string): boolean {
    return this.#find(namesOf(path))?.isWhole ?? false;
  }

  /** The paths of the set at that path or below it. */
  under(path: string): readonly string[] {
    const found = this.#find(namesOf(path));
    return found === undefined ? [] : found.isWhole ? [path] : [...found.#paths(path)];
  }

  /** The part of the set there, or the whole that it is in. */
  #find([name, ...rest]: readonly ByteName[]): PathTree | undefined {
    if (this.isWhole || name === undefined) return this;
    const child = this.children.get(name);
    return child && child.#find(rest);
  }

  *#paths(at: string): Iterable<string> {
    if (this.isWhole) yield at;
    for (const [name, child] of this.children) yield* child.#paths(at === '' ? name : `${at}/${name}`);
  }
}

function namesOf(path: string): readonly ByteName[] {
  return path === '' ? [] : (path.split('/') as ByteName[]);
}

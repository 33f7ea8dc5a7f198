import { type Engine, isEngineError } from '../../engine/index.ts';

/** How many names are asked for before the view is drawn. */
const firstNames = 200;

/** A list that is read a page at a time, as far as somebody wants to see it. */
interface Listing {
  readonly names: readonly string[];
  readonly hasMore: boolean;
}

/**
 * The repositories and tags that registries list, as far as they were asked for. Each list is read once, until it is
 * forgotten; a failure is not remembered.
 */
export class RegistryLists {
  readonly #engine: () => Engine;
  readonly #lists = new Map<string, PagedList>();

  constructor(engine: () => Engine) {
    this.#engine = engine;
  }

  /** Undefined when the registry does not list its repositories: most do not. */
  async repositories(domain: string): Promise<Listing | undefined> {
    try {
      return await this.#list(domain, () => this.#engine().registry(domain).catalog()).first();
    } catch (error) {
      if (isEngineError(error, 'unsupported') || isEngineError(error, 'not-found')) return undefined;
      // A registry that lets us in and keeps its catalog to itself answers this way too.
      if (isEngineError(error, 'unauthorized') && (await this.#isOpen(domain))) return undefined;
      throw error;
    }
  }

  tags(domain: string, path: string): Promise<Listing> {
    return this.#list(`${domain}/${path}`, () => this.#engine().registry(domain).tags(path)).first();
  }

  async moreTags(domain: string, path: string): Promise<void> {
    await this.#lists.get(`${domain}/${path}`)?.more();
  }

  /** Reads a registry's lists again when they are next asked for. */
  forget(domain?: string): void {
    for (const key of [...this.#lists.keys()])
      if (domain === undefined || key === domain || key.startsWith(`${domain}/`)) this.#lists.delete(key);
  }

  #list(key: string, open: () => AsyncIterable<readonly string[]>): PagedList {
    let list = this.#lists.get(key);
    if (list === undefined || list.hasFailed) {
      list = new PagedList(open());
      this.#lists.set(key, list);
    }
    return list;
  }

  async #isOpen(domain: string): Promise<boolean> {
    return this.#engine()
      .registry(domain)
      .ping()
      .then(
        () => true,
        () => false,
      );
  }
}

class PagedList {
  readonly #pages: AsyncIterator<readonly string[]>;
  readonly #names: string[] = [];
  #hasMore = true;
  #reading: Promise<void> | undefined;
  hasFailed = false;

  constructor(pages: AsyncIterable<readonly string[]>) {
    this.#pages = pages[Symbol.asyncIterator]();
  }

  async first(): Promise<Listing> {
    if (this.#names.length === 0) await this.more();
    return { names: this.#names, hasMore: this.#hasMore };
  }

  /** Some more names; callers share the reading. */
  more(): Promise<void> {
    this.#reading ??= this.#read(this.#names.length + firstNames).finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #read(upTo: number): Promise<void> {
    try {
      while (this.#hasMore && this.#names.length < upTo) {
        const page = await this.#pages.next();
        if (page.done === true) this.#hasMore = false;
        else this.#names.push(...page.value);
      }
    } catch (error) {
      this.hasFailed = true;
      throw error;
    }
  }
}

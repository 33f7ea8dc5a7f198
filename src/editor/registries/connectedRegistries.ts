import * as vscode from 'vscode';

const key = 'lamina.registries';

interface Remembered {
  readonly domain: string;
  /** Repositories a person opened by name: most registries do not list theirs. */
  readonly paths: readonly string[];
}

/** The registries a person has connected, and the repositories that were asked for by name. Kept over a restart. */
export class ConnectedRegistries {
  readonly #memory: vscode.Memento;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  get domains(): readonly string[] {
    return this.#all.map(({ domain }) => domain);
  }

  /** The last used first. */
  pathsOf(domain: string): readonly string[] {
    return this.#all.find((each) => each.domain === domain)?.paths ?? [];
  }

  async add(domain: string): Promise<void> {
    if (this.domains.includes(domain)) return;
    await this.#save([...this.#all, { domain, paths: [] }]);
  }

  async addRepository(domain: string, path: string): Promise<void> {
    await this.add(domain);
    await this.#change(domain, (paths) => [path, ...paths.filter((each) => each !== path)]);
  }

  async removeRepository(domain: string, path: string): Promise<void> {
    await this.#change(domain, (paths) => paths.filter((each) => each !== path));
  }

  async remove(domain: string): Promise<void> {
    await this.#save(this.#all.filter((each) => each.domain !== domain));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  get #all(): readonly Remembered[] {
    return this.#memory.get<readonly Remembered[]>(key, []);
  }

  #change(domain: string, change: (paths: readonly string[]) => readonly string[]): Promise<void> {
    return this.#save(
      this.#all.map((each) => (each.domain === domain ? { domain, paths: change(each.paths) } : each)),
    );
  }

  async #save(all: readonly Remembered[]): Promise<void> {
    await this.#memory.update(key, all);
    this.#changed.fire();
  }
}

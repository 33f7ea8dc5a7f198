import { throwIfAborted } from '../../base/abort.ts';
import { EngineError } from '../../base/errors.ts';
import { ignoreRules } from '../ignorefile/ignoreRules.ts';
import { readIgnoreFile } from '../ignorefile/ignoreFile.ts';
import { BuildContext } from './buildContext.ts';
import type { ContextFilter } from './contextFilter.ts';
import type { ContextRequest } from './contextRequest.ts';
import { ContextStore } from './contextStore.ts';
import { OpenContext } from './openContext.ts';

/** As many contexts are kept at once; of others there are records. */
const mostOpen = 8;

/** After the last question, so that nobody waits for a record being written. Milliseconds. */
const saveAfterMs = 2000;

/** The contexts that one thread keeps, each used by one at a time. */
export class OpenContexts implements AsyncDisposable {
  readonly #store: ContextStore;
  /** The longest unused first. */
  readonly #open = new Map<string, Promise<OpenContext>>();
  #saving: NodeJS.Timeout | undefined;

  constructor(directory: string) {
    this.#store = new ContextStore(directory);
  }

  /** @throws EngineError `invalid-path` for an ignore file that builders refuse; `cancelled`; and what the work throws. */
  async use<T>(
    request: ContextRequest,
    signal: AbortSignal | undefined,
    work: (open: OpenContext) => Promise<T>,
  ): Promise<T> {
    clearTimeout(this.#saving);
    try {
      const open = await this.#find(request);
      return await open.inTurn(() => {
        throwIfAborted(signal, request.directory);
        return work(open);
      });
    } finally {
      this.#saveLater();
    }
  }

  /** Writes the records that are due. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#saving);
    await this.#save();
  }

  #find(request: ContextRequest): Promise<OpenContext> {
    const key = JSON.stringify([request.directory, request.ignoreFile, request.isTar]);
    const found = this.#open.get(key) ?? this.#start(request);
    this.#open.delete(key);
    this.#open.set(key, found);
    found.catch(() => this.#open.delete(key));
    const [oldest] = this.#open.keys();
    if (this.#open.size > mostOpen && oldest !== undefined) this.#close(oldest);
    return found;
  }

  async #start(request: ContextRequest): Promise<OpenContext> {
    const filter = filterOf(request.ignoreFile);
    const known = (await this.#sameDirectory(request)) ?? (await this.#store.readRecord(request));
    return new OpenContext(
      request,
      new BuildContext(request.directory, filter, { known, isTar: request.isTar }),
      this.#store,
    );
  }

  /** What is known of the directory with another ignore file, as before that was edited. */
  async #sameDirectory({ directory }: ContextRequest): Promise<BuildContext['root'] | undefined> {
    for (const each of [...this.#open.values()].reverse()) {
      const open = await each.catch(() => undefined);
      if (open?.request.directory === directory) return open.context.root;
    }
    return undefined;
  }

  #close(key: string): void {
    const closed = this.#open.get(key);
    this.#open.delete(key);
    void closed?.then((open) => open.save()).catch(() => undefined);
  }

  #saveLater(): void {
    clearTimeout(this.#saving);
    this.#saving = setTimeout(() => void this.#save(), saveAfterMs);
    this.#saving.unref();
  }

  async #save(): Promise<void> {
    for (const each of [...this.#open.values()]) {
      const open = await each.catch(() => undefined);
      // Without a record the context is hashed anew the next time: no reason to fail.
      await open?.save().catch(() => undefined);
    }
  }
}

function filterOf(ignoreFile: string | undefined): ContextFilter {
  const lines = readIgnoreFile(ignoreFile ?? '');
  const parsed = ignoreRules(lines.map(({ pattern }) => pattern));
  if (parsed.kind === 'rules') return parsed.rules;
  throw new EngineError('invalid-path', lines[parsed.index]?.pattern ?? '', parsed.failure);
}

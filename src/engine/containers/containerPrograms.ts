import { EngineError, isEngineError } from '../base/errors.ts';
import { hexIfNotUtf8, type LayerPath, toText } from '../base/layerPath.ts';
import type { CallOptions } from '../base/progress.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';
import type { ContainerFile } from './containerFiles.ts';
import {
  foundFormat,
  listScript,
  lookupScript,
  parseFound,
  parseListed,
  parseLookedUp,
} from './filesByFind.ts';
import { type ProgramResult, runProgram } from './runProgram.ts';

/** How a container's own programs list files. */
type Lister = 'find' | 'script' | 'none';

/**
 * What the programs of a running container tell of its files and do to them. Paths are arguments of programs, never part
 * of a shell's text; the engine's API takes only UTF-8 for them.
 */
export class ContainerPrograms {
  readonly #client: EngineClient;
  readonly #id: string;
  readonly #onExec: (execId: string) => void;
  #lister: Lister | undefined;

  /** @param onExec told of every exec before it starts. */
  constructor(client: EngineClient, id: string, onExec: (execId: string) => void) {
    this.#client = client;
    this.#id = id;
    this.#onExec = onExec;
  }

  /** The container may be another one inside: it was started again. */
  forget(): void {
    this.#lister = undefined;
  }

  /** A folder, and then what is directly in it; undefined when no program tells. The folder may be a link to one. */
  async list(directory: LayerPath, options: CallOptions = {}): Promise<readonly ContainerFile[] | undefined> {
    if (hexIfNotUtf8(directory) !== undefined) return undefined;
    if (this.#lister === undefined || this.#lister === 'find') {
      const found = await this.#find(['-H', toText(directory), '-maxdepth', '1'], options);
      if (found !== undefined) return this.#listsBy('find', found);
    }
    if (this.#lister === 'none') return undefined;
    const said = await this.#run(
      ['sh', '-c', listScript, 'sh', toText(directory)],
      options,
      toText(directory),
    );
    const listed = said && parseListed(said.output, directory);
    if (listed !== undefined) return this.#listsBy('script', listed);
    // A folder that is not there is no reason never to try again; a shell without find is.
    if (said === undefined || said.exitCode === 127) this.#lister = 'none';
    return undefined;
  }

  /**
   * What is at these paths, links themselves; where nothing is, nothing is told. Undefined when no program tells: then,
   * and of names that are not UTF-8, nothing is known.
   */
  async lookup(
    paths: readonly LayerPath[],
    options: CallOptions = {},
  ): Promise<readonly ContainerFile[] | undefined> {
    const files: ContainerFile[] = [];
    for (const batch of batchesOf(paths.filter((path) => hexIfNotUtf8(path) === undefined))) {
      const found = await this.#lookupSome(batch, options);
      if (found === undefined) return undefined;
      files.push(...found);
    }
    return files;
  }

  /** The same; undefined also when the container does not run. */
  async lookupIfRunning(
    paths: readonly LayerPath[],
    options?: CallOptions,
  ): Promise<readonly ContainerFile[] | undefined> {
    try {
      return await this.lookup(paths, options);
    } catch (error) {
      if (isEngineError(error, 'unsupported')) return undefined;
      throw error;
    }
  }

  async #lookupSome(
    paths: readonly LayerPath[],
    options: CallOptions,
  ): Promise<readonly ContainerFile[] | undefined> {
    const words = paths.map(toText);
    if (this.#lister === undefined || this.#lister === 'find') {
      // With the root, which is there, silence means that it does not understand.
      const found = await this.#find(['/', ...words, '-maxdepth', '0'], options);
      if (found !== undefined) return this.#listsBy('find', found.slice(1));
    }
    if (this.#lister === 'none') return undefined;
    const said = await this.#run(['sh', '-c', lookupScript, 'sh', ...words], options, words[0] ?? '');
    const told = said && parseLookedUp(said.output, paths);
    if (told !== undefined) return this.#listsBy('script', told);
    if (said === undefined || said.exitCode === 127) this.#lister = 'none';
    return undefined;
  }

  /**
   * Does something to files.
   *
   * @param command a program and its options, which takes the paths behind them.
   * @throws EngineError `unsupported` when the container has no such program, or does not run; `refused` with its words.
   */
  async act(
    command: readonly string[],
    paths: readonly LayerPath[],
    options: CallOptions = {},
  ): Promise<void> {
    const subject = toText(paths[0] ?? '');
    // An argument that is not UTF-8 would not get there as it is; what a program reads does.
    const isText = paths.every((path) => hexIfNotUtf8(path) === undefined);
    const program = isText ? command[0] : 'xargs';
    const result = isText
      ? await this.#run([...command, ...paths.map(toText)], options, subject)
      : await this.#run(['xargs', '-0', ...command], options, subject, endedByNul(paths));
    if (result === undefined)
      throw new EngineError('unsupported', subject, `the container has no program “${program ?? ''}”`);
    if (result.exitCode === 0) return;
    const words = result.errors.trim() || `${program ?? ''} ended with code ${result.exitCode}`;
    throw new EngineError(codeOf(words), subject, words);
  }

  async #find(words: readonly string[], options: CallOptions): Promise<readonly ContainerFile[] | undefined> {
    const result = await this.#run(['find', ...words, '-printf', foundFormat], options, words[0] ?? '');
    const found = result && parseFound(result.output);
    // What it says of files that are gone, it says elsewhere; a find that knows no format says nothing here.
    return found === undefined || (found.length === 0 && result?.exitCode !== 0) ? undefined : found;
  }

  #listsBy(lister: Lister, files: readonly ContainerFile[]): readonly ContainerFile[] {
    this.#lister = lister;
    return files;
  }

  #run(
    command: readonly string[],
    { signal }: CallOptions,
    subject: string,
    input?: Uint8Array,
  ): Promise<ProgramResult | undefined> {
    return runProgram(this.#client, this.#id, { command, input, signal, subject, onExec: this.#onExec });
  }
}

function endedByNul(paths: readonly LayerPath[]): Uint8Array {
  return Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1');
}

/** Paths in pieces that fit an argument list of Linux. */
function* batchesOf(paths: readonly LayerPath[]): Iterable<readonly LayerPath[]> {
  let batch: LayerPath[] = [];
  let length = 0;
  for (const path of paths) {
    batch.push(path);
    length += path.length + 10;
    if (length < longestArguments) continue;
    yield batch;
    [batch, length] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

const longestArguments = 512 * 1024;

function codeOf(words: string): EngineError['code'] {
  if (/read-only file system|permission denied|not permitted/i.test(words)) return 'denied';
  if (/no space left/i.test(words)) return 'no-space';
  if (/busy/i.test(words)) return 'busy';
  if (/no such file/i.test(words)) return 'not-found';
  return 'refused';
}

import {
  type CallOptions,
  type Engine,
  type EngineConnection,
  escapeForDisplay,
  type ImageSource,
  type Problem,
  silentLogger,
  type StoreContainerFiles,
} from '../engine/index.ts';
import type { Arguments } from './arguments.ts';
import { isContainerName, parseContainer } from './containerName.ts';
import { currentEngine } from './currentEngine.ts';
import { type ExitCode, exitCodeOfProblems } from './exitCode.ts';
import type { Host } from './host.ts';
import { type ImageName, parseImageName } from './imageName.ts';
import {
  findEntry,
  type FoundEntry,
  type ImagePlaces,
  type OpenedImage,
  openImage,
  openSource,
  openVariant,
} from './openImage.ts';
import { openContainerTree, type OpenedTree, openImageTree } from './openTree.ts';
import { Printer } from './printer.ts';
import { ProgressBar } from './progressBar.ts';
import { StderrLog } from './stderrLog.ts';
import { printWarnings } from './warnings.ts';

/** One run of one command: the engine it asks, what it prints to, and what it has opened. Closed at the end. */
export class Session implements AsyncDisposable {
  readonly host: Host;
  readonly args: Arguments;
  readonly out: Printer;
  readonly progress: ProgressBar;
  readonly #resources: AsyncDisposable[] = [];
  #engine: Promise<Engine> | undefined;
  #connection: Promise<EngineConnection> | undefined;

  constructor(host: Host, args: Arguments) {
    this.host = host;
    this.args = args;
    this.out = new Printer(host.stdout, args.isOn('raw'));
    this.progress = new ProgressBar(host.stderr);
  }

  get isVerbose(): boolean {
    return this.args.isOn('verbose');
  }

  /** What long calls take: Ctrl-C, and the bar. */
  get callOptions(): CallOptions {
    return { signal: this.host.signal, onProgress: this.progress.report };
  }

  engine(): Promise<Engine> {
    this.#engine ??= this.#openEngine();
    return this.#engine;
  }

  /** The container engine that the command line means. */
  connection(): Promise<EngineConnection> {
    this.#connection ??= this.engine().then((engine) => currentEngine(engine, this.host, this.args));
    return this.#connection;
  }

  /** Opens an image as it was typed. It is closed with the session. */
  async openImage(text: string): Promise<OpenedImage> {
    return openImage(await this.#places(), text, this.args.value('platform'));
  }

  /** Opens the platform of an entry that `--platform` names. */
  async openVariant(found: FoundEntry, text: string): Promise<OpenedImage> {
    return openVariant(await this.#places(), found, this.args.value('platform'), text);
  }

  /** Finds an image with all its platforms. */
  async findEntry(text: string): Promise<FoundEntry> {
    return findEntry(await this.#places(), text);
  }

  /** Opens an archive, a folder, or `store` with all its images. It is closed with the session. */
  async openSource(text: string): Promise<ImageSource> {
    const name: ImageName = text === 'store' ? { transport: 'store', name: '' } : parseImageName(text);
    return (await openSource(await this.#places(), name)).source;
  }

  /** Closes it at the end, the last one first. */
  closeLater(resource: AsyncDisposable): void {
    this.#resources.push(resource);
  }

  /** Opens a container of the store by its name, its ID, or the beginning of it. */
  async openContainer(name: string): Promise<StoreContainerFiles> {
    const { containers } = await this.engine();
    return containers.open((await containers.find(name)).id, this.callOptions);
  }

  /** The files of an image, or of a container (`container:NAME`). */
  async openTree(text: string): Promise<OpenedTree> {
    const engine = await this.engine();
    if (!isContainerName(text))
      return openImageTree(engine, (await this.openImage(text)).image, this.callOptions);
    return openContainerTree(engine, await this.openContainer(parseContainer(text)), this.callOptions);
  }

  /** Says something on stderr that is neither answer nor failure. */
  async note(text: string): Promise<void> {
    this.progress.clear();
    await this.host.stderr.write(`lamina: ${escapeForDisplay(text)}\n`);
  }

  /** Warns of problems on stderr, after the answer. Returns the exit code they mean. */
  async warn(problems: readonly Problem[]): Promise<ExitCode> {
    this.progress.clear();
    await printWarnings(this.host.stderr, problems, this.isVerbose);
    return exitCodeOfProblems(problems);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.progress.clear();
    for (const resource of this.#resources.splice(0).reverse()) await resource[Symbol.asyncDispose]();
    await (await this.#engine?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  async #places(): Promise<ImagePlaces> {
    return {
      engine: await this.engine(),
      connect: () => this.connection(),
      options: this.callOptions,
      keep: (source) => {
        this.closeLater(source);
      },
    };
  }

  async #openEngine(): Promise<Engine> {
    const fromEnvironment = this.host.env['LAMINA_STORE'];
    const directory = this.args.value('store') ?? (fromEnvironment === '' ? undefined : fromEnvironment);
    const log = this.isVerbose ? new StderrLog(this.host.stderr) : silentLogger;
    return this.host.openEngine(directory, log);
  }
}

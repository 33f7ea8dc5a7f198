import {
  type CallOptions,
  type Engine,
  type ImageSource,
  type Problem,
  silentLogger,
} from '../engine/index.ts';
import type { Arguments } from './arguments.ts';
import { type ExitCode, exitCodeOfProblems } from './exitCode.ts';
import type { Host } from './host.ts';
import { type ImageName, parseImageName } from './imageName.ts';
import { findEntry, type FoundEntry, type OpenedImage, openImage, openSource } from './openImage.ts';
import { Printer } from './printer.ts';
import { ProgressBar } from './progressBar.ts';
import { printWarnings } from './warnings.ts';

/** One run of one command: the engine it asks, what it prints to, and what it has opened. Closed at the end. */
export class Session implements AsyncDisposable {
  readonly host: Host;
  readonly args: Arguments;
  readonly out: Printer;
  readonly #progress: ProgressBar;
  readonly #sources: ImageSource[] = [];
  #engine: Promise<Engine> | undefined;

  constructor(host: Host, args: Arguments) {
    this.host = host;
    this.args = args;
    this.out = new Printer(host.stdout, args.isOn('raw'));
    this.#progress = new ProgressBar(host.stderr);
  }

  get isVerbose(): boolean {
    return this.args.isOn('verbose');
  }

  /** What long calls take: Ctrl-C, and the bar. */
  get callOptions(): CallOptions {
    return { signal: this.host.signal, onProgress: this.#progress.report };
  }

  engine(): Promise<Engine> {
    this.#engine ??= this.#openEngine();
    return this.#engine;
  }

  /** Opens an image as it was typed. It is closed with the session. */
  async openImage(text: string): Promise<OpenedImage> {
    return openImage(await this.engine(), text, this.args.value('platform'), this.callOptions, this.#keep);
  }

  /** Finds an image with all its platforms. */
  async findEntry(text: string): Promise<FoundEntry> {
    return findEntry(await this.engine(), text, this.callOptions, this.#keep);
  }

  /** Opens an archive, a folder, or `store` with all its images. It is closed with the session. */
  async openSource(text: string): Promise<ImageSource> {
    const name: ImageName = text === 'store' ? { transport: 'store', name: '' } : parseImageName(text);
    const { source } = await openSource(await this.engine(), name, this.callOptions, this.#keep);
    return source;
  }

  /** Takes the bar away before the answer is printed. */
  clearProgress(): void {
    this.#progress.clear();
  }

  /** Warns of problems on stderr, after the answer. Returns the exit code they mean. */
  async warn(problems: readonly Problem[]): Promise<ExitCode> {
    this.#progress.clear();
    await printWarnings(this.host.stderr, problems, this.isVerbose);
    return exitCodeOfProblems(problems);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#progress.clear();
    for (const source of this.#sources.splice(0)) await source[Symbol.asyncDispose]();
    await (await this.#engine?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }

  readonly #keep = (source: ImageSource): void => {
    this.#sources.push(source);
  };

  async #openEngine(): Promise<Engine> {
    const fromEnvironment = this.host.env['LAMINA_STORE'];
    const directory = this.args.value('store') ?? (fromEnvironment === '' ? undefined : fromEnvironment);
    return this.host.openEngine(directory, silentLogger);
  }
}

import type * as vscode from 'vscode';
import {
  type Builder,
  type BuildRequest,
  type Builds,
  type CacheReport,
  type Disposable,
  type EngineError,
  type Instruction,
  toEngineError,
} from '../engine/index.ts';
import type { BuilderChoice, ChosenBuilder } from './builderChoice.ts';
import type { BuildRequests, KnownRequest } from './buildRequests.ts';
import { watchContext } from './contextWatch.ts';
import { parsedDocument } from './dockerfiles.ts';
import { logFailure } from './failures.ts';
import { hearImages } from './hearImages.ts';
import type { KnownEngine } from './knownEngine.ts';

/** What is known of a Dockerfile's next build. */
export interface CacheState {
  /** The last answer; what the instructions were then may have changed since. */
  readonly answer?: CacheAnswer;
  /** Whether another answer is on its way. */
  readonly isPending: boolean;
  /** Why there is no better answer. */
  readonly obstacle?: Obstacle;
}

export interface CacheAnswer {
  readonly report: CacheReport;
  readonly request: BuildRequest;
  readonly origin: KnownRequest['origin'];
  readonly builder: Builder;
  /** Undefined when none was asked. */
  readonly engine?: KnownEngine;
  readonly instructions: readonly Instruction[];
  /** It says what is sure already; the whole one is on its way. */
  readonly isPartial?: boolean;
}

export type Obstacle =
  /** Nothing tells the context, so that a person has to. */
  | { readonly kind: 'no-context' }
  | { readonly kind: 'no-builder' }
  /** The folder is not trusted: nothing is asked of any engine. */
  | { readonly kind: 'untrusted' }
  | { readonly kind: 'failed'; readonly error: EngineError };

export interface FollowParts {
  readonly builds: () => Builds;
  readonly requests: BuildRequests;
  readonly builders: BuilderChoice;
  readonly log: vscode.LogOutputChannel;
  /** How long a change waits for the next one, in milliseconds. */
  readonly settleMs: number;
}

/** One Dockerfile that is visible. Its answer is made anew when it, its context or its builder changes. */
export class FollowedDockerfile implements Disposable {
  readonly document: vscode.TextDocument;
  readonly #parts: FollowParts;
  readonly #tell: () => void;
  #state: CacheState = { isPending: true };
  #timer: NodeJS.Timeout | undefined;
  #abort = new AbortController();
  #asking: Promise<void> | undefined;
  #asksRegistries = false;
  #watched: { readonly context: string; readonly watch: Disposable } | undefined;
  #heard: { readonly engine: KnownEngine; readonly hearing: Disposable } | undefined;

  /**
   * @param tell is called once for each answer, partial ones too.
   * @param last what was known when it was visible before.
   */
  constructor(
    document: vscode.TextDocument,
    parts: FollowParts,
    tell: () => void,
    last: CacheAnswer | undefined,
  ) {
    if (last !== undefined) this.#state = { answer: last, isPending: true };
    this.document = document;
    this.#parts = parts;
    this.#tell = tell;
    this.#asking = this.#ask();
  }

  get path(): string {
    return this.document.uri.fsPath;
  }

  get state(): CacheState {
    return this.#state;
  }

  /** Asks again a moment later, once nothing more changes. */
  refreshSoon(): void {
    this.#state = { ...this.#state, isPending: true };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#asking = this.#ask();
    }, this.#parts.settleMs);
  }

  /** The same, and registries may be asked for base images: a person wants to know. */
  refreshWithRegistries(): void {
    this.#asksRegistries = true;
    this.refreshSoon();
  }

  /** Resolves when no answer is on its way. */
  async settled(): Promise<void> {
    while (this.#state.isPending && !this.#abort.signal.aborted) {
      await this.#asking;
      if (this.#timer !== undefined)
        await new Promise((resolve) => setTimeout(resolve, this.#parts.settleMs / 4));
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#watched?.watch.dispose();
    this.#heard?.hearing.dispose();
  }

  async #ask(): Promise<void> {
    this.#abort.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const next = await this.#next(abort.signal);
    if (abort.signal.aborted || this.#timer !== undefined) return;
    this.#state = next;
    this.#tell();
  }

  async #next(signal: AbortSignal): Promise<CacheState> {
    const { answer } = this.#state;
    const last = answer === undefined ? {} : { answer };
    try {
      return { ...last, ...(await this.#answer(signal)), isPending: false };
    } catch (error) {
      if (!signal.aborted) logFailure(error, this.#parts.log);
      const obstacle = { kind: 'failed', error: toEngineError(error, this.path) } as const;
      return { ...last, isPending: false, obstacle };
    }
  }

  async #answer(signal: AbortSignal): Promise<Pick<CacheState, 'answer' | 'obstacle'>> {
    const { requests, builders, builds } = this.#parts;
    const text = this.document.getText();
    const { instructions } = parsedDocument(this.document);
    const known = await requests.of(this.path);
    if (known === undefined) return { obstacle: { kind: 'no-context' } };
    const chosen = await builders.of(this.path);
    const { builder, engine, hindrance } = chosen;
    const obstacle = hindrance && { obstacle: { kind: hindrance } };
    if (builder === undefined || signal.aborted) return { ...obstacle };
    this.#follow(known.request, chosen);
    const isOffline = hindrance !== undefined;
    const asksRegistries = this.#asksRegistries && !isOffline;
    const facts = { ...known, builder, instructions, ...(engine && { engine }) };
    const onPartial = this.#partialListener(facts, signal);
    const options = { text, isOffline, asksRegistries, signal, ...(onPartial && { onPartial }) };
    const report = await builds().status(builder, known.request, options);
    this.#asksRegistries = false;
    return { answer: { ...facts, report }, ...obstacle };
  }

  /** The answer of before is better than a part of the next one. */
  #partialListener(
    facts: Omit<CacheAnswer, 'report'>,
    signal: AbortSignal,
  ): ((report: CacheReport) => void) | undefined {
    const { answer } = this.#state;
    if (answer !== undefined && answer.isPartial !== true) return undefined;
    return (report) => {
      if (signal.aborted || this.#timer !== undefined) return;
      this.#state = { answer: { ...facts, report, isPartial: true }, isPending: true };
      this.#tell();
    };
  }

  /** Looks after what the answer depends on. */
  #follow(request: BuildRequest, { engine }: ChosenBuilder): void {
    const refresh = (): void => {
      this.refreshSoon();
    };
    if (this.#watched?.context !== request.context) {
      this.#watched?.watch.dispose();
      const watch = watchContext(this.#parts.builds(), request, refresh);
      this.#watched = { context: request.context, watch };
    }
    if (this.#heard?.engine === engine) return;
    this.#heard?.hearing.dispose();
    this.#heard = engine && { engine, hearing: hearImages(engine, refresh) };
  }
}

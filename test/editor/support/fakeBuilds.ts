import * as vscode from 'vscode';
import {
  type Builder,
  type BuildOutcome,
  type BuildRequest,
  type BuildRow,
  type BuildRunOptions,
  type Builds,
  type CacheReport,
  type Disposable,
  EngineError,
  parseDockerfile,
  type StatusOptions,
  type StepStatus,
} from '../../../src/engine/index.ts';

/** What is told of an instruction: by its logical line, for what differs from "metadata". */
export type Told = Readonly<Record<string, Pick<StepStatus, 'state' | 'reason'> & Partial<StepStatus>>>;

const identity = { id: 'fake', kind: 'buildkit', client: 'buildx', name: 'BuildKit 0.33' } as const;

/** Plays the engine's part, so that a test decides what the next build will do, and when that is known. */
export class FakeBuilds implements Builds {
  told: Told = {};
  outcome: BuildOutcome = { rows: [], image: 'sha256:1', log: '' };
  rows: readonly BuildRow[] = [];
  evidence: CacheReport['evidence'] = [];
  /** What statuses were asked for. */
  readonly asked: { readonly request: BuildRequest; readonly options: StatusOptions }[] = [];
  readonly built: BuildRequest[] = [];
  readonly watched: string[] = [];
  readonly changedPaths: string[] = [];
  askedForBuilders = 0;
  #gate: Promise<void> = Promise.resolve();
  #open: () => void = () => undefined;
  #changed: (() => void)[] = [];
  readonly #seen = new vscode.EventEmitter<string>();
  readonly onDidSeeBuild = this.#seen.event;

  /** Answers wait from now on. */
  hold(): void {
    this.#gate = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  release(): void {
    this.#open();
  }

  builders(): Promise<readonly Builder[]> {
    this.askedForBuilders++;
    return Promise.resolve([{ identity }]);
  }

  async status(builder: Builder, request: BuildRequest, options: StatusOptions = {}): Promise<CacheReport> {
    this.asked.push({ request, options });
    await this.#gate;
    if (options.signal?.aborted === true)
      throw new EngineError('cancelled', request.dockerfile, 'asked to stop');
    return {
      builder: builder.identity,
      command: 'docker build .',
      steps: this.#steps(options.text ?? ''),
      triggers: [],
      problems: [],
      evidence: this.evidence,
    };
  }

  async build(
    _builder: Builder,
    request: BuildRequest,
    { onRow, onLog }: BuildRunOptions = {},
  ): Promise<BuildOutcome> {
    this.built.push(request);
    for (const row of this.rows) {
      onRow?.(row);
      onLog?.({ row: row.id, text: `output of ${row.name}\n` });
    }
    await this.#gate;
    this.#seen.fire(request.dockerfile);
    return this.outcome;
  }

  ask(): Promise<readonly BuildRow[]> {
    return Promise.resolve(this.rows);
  }

  watch({ context }: BuildRequest, onDidChange: () => void): Disposable {
    this.watched.push(context);
    this.#changed.push(onDidChange);
    return {
      dispose: () => {
        this.#changed = this.#changed.filter((each) => each !== onDidChange);
      },
    };
  }

  contextChanged(paths: readonly string[]): void {
    this.changedPaths.push(...paths);
  }

  /** The engine has seen that a file of the context is another: a test says when. */
  changeContext(): void {
    for (const each of this.#changed) each();
  }

  get watchers(): number {
    return this.#changed.length;
  }

  #steps(text: string): readonly StepStatus[] {
    let stages = -1;
    return parseDockerfile(text).instructions.map(({ name, range, lines, original }, instruction) => {
      if (name === 'FROM') stages++;
      const code = name === 'FROM' ? 'base' : 'metadata';
      const usual = { state: 'no-step', reason: { code, text: code } } as const;
      const stage = String(Math.max(stages, 0));
      return { instruction, range, lines, stage, text: original, ...usual, ...this.told[original] };
    });
  }
}

import * as vscode from 'vscode';
import {
  type Builder,
  type BuilderIdentity,
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

const usual = { id: 'fake', kind: 'buildkit', client: 'buildx', name: 'BuildKit 0.33' } as const;
const commands = {
  buildkit: 'docker build .',
  classic: 'DOCKER_BUILDKIT=0 docker build .',
  buildah: 'podman build .',
};

/** Plays the engine's part, so that a test decides what the next build will do, and when that is known. */
export class FakeBuilds implements Builds {
  told: Told = {};
  /** What is told at once when the whole answer is a long time coming. */
  partlyTold: Told | undefined;
  problems: CacheReport['problems'] = [];
  identities: readonly BuilderIdentity[] = [usual];
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

  localBuilders(): Promise<readonly Builder[]> {
    return Promise.resolve([]);
  }

  builders(): Promise<readonly Builder[]> {
    this.askedForBuilders++;
    return Promise.resolve(this.identities.map((identity) => ({ identity })));
  }

  async status(builder: Builder, request: BuildRequest, options: StatusOptions = {}): Promise<CacheReport> {
    this.asked.push({ request, options });
    const { problems, evidence } = this;
    const facts = {
      builder: builder.identity,
      command: commands[builder.identity.kind],
      triggers: [],
      problems,
      evidence,
    };
    if (this.partlyTold !== undefined)
      options.onPartial?.({ ...facts, steps: stepsOf(options.text ?? '', this.partlyTold) });
    await this.#gate;
    if (options.signal?.aborted === true)
      throw new EngineError('cancelled', request.dockerfile, 'asked to stop');
    return { ...facts, problems: this.problems, steps: stepsOf(options.text ?? '', this.told) };
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
}

function stepsOf(text: string, told: Told): readonly StepStatus[] {
  let stages = -1;
  return parseDockerfile(text).instructions.map(({ name, range, lines, original }, instruction) => {
    if (name === 'FROM') stages++;
    const code = name === 'FROM' ? 'base' : 'metadata';
    const plain = { state: 'no-step', reason: { code, text: code } } as const;
    const stage = String(Math.max(stages, 0));
    return { instruction, range, lines, stage, text: original, ...plain, ...told[original] };
  });
}

import * as vscode from 'vscode';
import type { BuildRow, Instruction } from '../engine/index.ts';

/** A build that was started here, as far as it has come. */
export interface RunningBuild {
  /** Of the file as it was built. */
  readonly instructions: readonly Instruction[];
  /** By position of the instruction; of one that has several rows, the one that was told of last. */
  readonly rows: ReadonlyMap<number, BuildRow>;
  readonly isOver: boolean;
}

/** The builds that were started here, by the Dockerfile's path: what lines show while they run. */
export class RunningBuilds {
  readonly #all = new Map<string, RunningBuild>();
  readonly #changed = new vscode.EventEmitter<string>();
  /** The value is the Dockerfile's path. */
  readonly onDidChange = this.#changed.event;

  of(dockerfile: string): RunningBuild | undefined {
    return this.#all.get(dockerfile);
  }

  begin(dockerfile: string, instructions: readonly Instruction[]): void {
    this.#set(dockerfile, { instructions, rows: new Map(), isOver: false });
  }

  row(dockerfile: string, row: BuildRow): void {
    const build = this.#all.get(dockerfile);
    if (build === undefined || row.instruction === undefined) return;
    this.#set(dockerfile, { ...build, rows: new Map(build.rows).set(row.instruction, row) });
  }

  /** Time has passed for the rows that run. */
  tick(dockerfile: string): void {
    this.#changed.fire(dockerfile);
  }

  /** Its rows stay until the next status has come. */
  end(dockerfile: string): void {
    const build = this.#all.get(dockerfile);
    if (build !== undefined) this.#set(dockerfile, { ...build, isOver: true });
  }

  forget(dockerfile: string): void {
    if (this.#all.delete(dockerfile)) this.#changed.fire(dockerfile);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #set(dockerfile: string, build: RunningBuild): void {
    this.#all.set(dockerfile, build);
    this.#changed.fire(dockerfile);
  }
}

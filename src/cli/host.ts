import type { Engine, Logger } from '../engine/index.ts';

/** A stream to write to, seen from a command. */
export interface Output {
  /** Resolves when more may be written. @throws {@link ClosedPipe} when nobody reads any more. */
  write(chunk: string | Uint8Array): Promise<void>;
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
}

/** Everything outside that a command may touch; tests give their own. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input; absent when it is a terminal. */
  readonly stdin?: (() => NodeJS.ReadableStream) | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  /** Fires at Ctrl-C. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  version(): string;
  /** @param storeDirectory where the store is; undefined: the user's data directory. */
  openEngine(storeDirectory: string | undefined, log: Logger): Engine | Promise<Engine>;
}

/** The reader of our output is gone: the command ends quietly. */
export class ClosedPipe extends Error {
  override readonly name = 'ClosedPipe';
}

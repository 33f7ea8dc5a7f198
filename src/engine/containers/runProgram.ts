import { EngineError, isEngineError } from '../base/errors.ts';
import { demultiplexOutput } from '../sources/dockerEngine/demultiplexOutput.ts';
import type { EngineClient } from '../sources/dockerEngine/engineClient.ts';

/** A program of a running container. */
export interface ProgramRun {
  /** The program and its arguments, which no shell sees. Only UTF-8 gets there unharmed. */
  readonly command: readonly string[];
  /** What the program reads. */
  readonly input?: Uint8Array | undefined;
  /** Bytes of output to be taken at most. */
  readonly limit?: number;
  readonly signal?: AbortSignal | undefined;
  /** What it is for, for messages. */
  readonly subject: string;
  /** Told the exec's ID before it starts, so that its own events can be told from others'. */
  readonly onExec?: (execId: string) => void;
}

export interface ProgramResult {
  readonly exitCode: number;
  readonly output: Buffer;
  /** What it complained about, cut to a message's length. */
  readonly errors: string;
}

/**
 * Runs a program in a container, as its root.
 *
 * @returns undefined when the container does not have the program.
 * @throws EngineError `unsupported` when the container does not run, or is paused; `limit-exceeded`.
 */
export async function runProgram(
  client: EngineClient,
  container: string,
  { command, input, limit = outputLimit, signal, subject, onExec }: ProgramRun,
): Promise<ProgramResult | undefined> {
  const stop = signal && { signal };
  const spec = { command, user: '0', workingDirectory: '/', env: ['LC_ALL=C'], stdin: input !== undefined };
  const exec = await client.createExec(container, spec, stop).catch((error: unknown) => {
    throw asState(error, subject);
  });
  onExec?.(exec);
  try {
    const connection = await client.startExec(exec, stop);
    if (input !== undefined) connection.end(input);
    const stopped = (): void => void connection.destroy();
    signal?.addEventListener('abort', stopped, { once: true });
    try {
      const said = await collect(demultiplexOutput(connection, subject), limit, subject);
      const { exitCode = 0 } = await client.inspectExec(exec, stop);
      return isAbsent(exitCode, said) ? undefined : { exitCode, ...said };
    } finally {
      signal?.removeEventListener('abort', stopped);
      connection.destroy();
    }
  } catch (error) {
    if (signal?.aborted === true) throw new EngineError('cancelled', subject, 'cancelled', { cause: error });
    if (isEngineError(error) && saysAbsent(error.detail)) return undefined;
    throw asState(error, subject);
  }
}

const outputLimit = 64 * 2 ** 20;
const messageLimit = 4000;

async function collect(
  chunks: ReturnType<typeof demultiplexOutput>,
  limit: number,
  subject: string,
): Promise<Omit<ProgramResult, 'exitCode'>> {
  const output: Uint8Array[] = [];
  let length = 0;
  let errors = '';
  for await (const { stream, bytes } of chunks) {
    if (stream === 'stderr') errors = (errors + Buffer.from(bytes).toString('utf8')).slice(0, messageLimit);
    else {
      output.push(bytes);
      length += bytes.length;
    }
    if (length > limit)
      throw new EngineError('limit-exceeded', subject, `a program says more than ${limit} bytes`);
  }
  return { output: Buffer.concat(output, length), errors };
}

/** Docker writes the runtime's complaint where the program's output would be; some versions end with 126, some with 127. */
function isAbsent(exitCode: number, { output, errors }: Omit<ProgramResult, 'exitCode'>): boolean {
  return (
    (exitCode === 126 || exitCode === 127) && saysAbsent(errors + output.toString('utf8', 0, messageLimit))
  );
}

function saysAbsent(words: string): boolean {
  return /executable file not found|no such file or directory|permission denied|is a directory/i.test(words);
}

function asState(error: unknown, subject: string): unknown {
  if (!isEngineError(error)) return error;
  const { detail } = error;
  if (/\bpaused\b/i.test(detail))
    return new EngineError('unsupported', subject, 'the container is paused: unpause it first', {
      cause: error,
    });
  if (/not running|only create exec sessions on running/i.test(detail))
    return new EngineError('unsupported', subject, 'the container is not running: start it first', {
      cause: error,
    });
  return error;
}

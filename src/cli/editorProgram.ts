import { spawn } from 'node:child_process';
import { EngineError } from '../engine/index.ts';
import type { Host } from './host.ts';
import { UsageError } from './usageError.ts';

/**
 * The editor a person has chosen, as git finds it; `vi`, or Notepad, on a terminal where none was chosen.
 *
 * @throws UsageError where there is neither a choice nor a terminal.
 */
export function editorOf({ env, platform, stdin, stdout }: Host): string {
  const chosen = [env['VISUAL'], env['EDITOR']].find((text) => text !== undefined && text.trim() !== '');
  if (chosen !== undefined) return chosen;
  const isTerminal = stdin === undefined && stdout.isTerminal;
  if (isTerminal) return platform === 'win32' ? 'notepad' : 'vi';
  throw new UsageError(
    'edit',
    'there is no terminal, and no editor in VISUAL or EDITOR; `lamina cp FILE CONTAINER:PATH` replaces a file',
  );
}

/**
 * Lets the editor work on a file, with this process's terminal, until it ends.
 *
 * @param editor a command with its arguments, as a shell reads it.
 * @throws EngineError `io` when it cannot be started, or ends with a failure.
 */
export async function runEditor(editor: string, file: string): Promise<void> {
  const [program, args]: readonly [string, readonly string[]] =
    process.platform === 'win32'
      ? ['cmd', ['/d', '/s', '/c', `${editor} "${file}"`]]
      : ['/bin/sh', ['-c', `${editor} "$@"`, editor, file]];
  const child = spawn(program, args, {
    stdio: 'inherit',
    windowsVerbatimArguments: true,
  });
  const end = await new Promise<string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve(signal ?? String(code));
    });
  }).catch((cause: unknown) => {
    throw new EngineError('io', editor, 'the editor cannot be started', { cause });
  });
  if (end !== '0') throw new EngineError('io', editor, `the editor ended with ${end}; nothing was changed`);
}

/** What a script `lamina` starts: the command line, in the runtime that VS Code brings. */
export interface CommandTarget {
  /** Node, or VS Code's own program, which acts as Node when asked. */
  readonly runtime: string;
  readonly cli: string;
  readonly isWindows: boolean;
}

const mark = 'Lamina command, installed from VS Code.';

/** The text of the script. When VS Code's runtime is gone, the one in PATH is used. */
export function commandScript({ runtime, cli, isWindows }: CommandTarget): string {
  return isWindows
    ? `@echo off\r\nrem ${mark}\r\nsetlocal\r\nset ELECTRON_RUN_AS_NODE=1\r\n` +
        `if exist "${runtime}" ("${runtime}" "${cli}" %*) else (node "${cli}" %*)\r\n`
    : `#!/bin/sh\n# ${mark}\nruntime=${quoted(runtime)}\n[ -x "$runtime" ] || runtime=node\n` +
        `ELECTRON_RUN_AS_NODE=1 exec "$runtime" ${quoted(cli)} "$@"\n`;
}

/** Whether a file is a script of ours, which may be replaced. */
export function isOurScript(text: string): boolean {
  return text.slice(0, 200).includes(mark);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

import * as vscode from 'vscode';
import type { EditorContext } from './context.ts';
import { showFailure } from './failures.ts';

/** What a command does with what VS Code hands it: a node and the selected nodes, a URI, or nothing. */
export type Command = (...args: readonly unknown[]) => unknown;

/** The commands of one feature by their id, `lamina.` included. `package.json` has a row for each. */
export type CommandTable = Readonly<Record<`lamina.${string}`, Command>>;

/** Registers commands, each inside the one error boundary. */
export function registerCommands(context: EditorContext, tables: readonly CommandTable[]): void {
  for (const [id, command] of tables.flatMap((table) => Object.entries(table))) {
    const run = async (...args: readonly unknown[]): Promise<unknown> => {
      try {
        return await command(...args);
      } catch (error) {
        // Not awaited: whoever runs the command does not wait until a person has read the message.
        void showFailure(error, { log: context.log, retry: () => void run(...args) });
        return undefined;
      }
    };
    context.subscriptions.push(vscode.commands.registerCommand(id, run));
  }
}

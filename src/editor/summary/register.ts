import * as vscode from 'vscode';
import type { EditorContext } from '../context.ts';
import { ArchiveSummary } from './archiveSummary.ts';

/** The page that VS Code shows for an archive when it is opened with Lamina. */
export function registerSummary(context: EditorContext): void {
  context.subscriptions.push(
    vscode.window.registerCustomEditorProvider('lamina.archive', new ArchiveSummary(context), {
      supportsMultipleEditorsPerDocument: true,
    }),
  );
}

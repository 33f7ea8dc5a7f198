import * as vscode from 'vscode';
import type { BuildFailure, Disposable } from '../../engine/index.ts';
import { instructionRange, parsedDocument } from '../dockerfiles.ts';
import { plain } from './buildOutput.ts';

/** That many lines of what a failed step printed are shown at its instruction. */
const shownLines = 20;

/** Failed steps as problems at their instructions, until the next build. */
export class BuildFailures implements Disposable {
  readonly #problems = vscode.languages.createDiagnosticCollection('lamina-build');

  show(document: vscode.TextDocument, failure: BuildFailure): void {
    const { instructions } = parsedDocument(document);
    const instruction = failure.instruction === undefined ? undefined : instructions[failure.instruction];
    const range =
      instruction === undefined ? new vscode.Range(0, 0, 0, 0) : instructionRange(document, instruction);
    const output = failure.output.split('\n').map(plain).filter(Boolean).slice(-shownLines);
    const message = [plain(failure.message), ...output].join('\n');
    const problem = new vscode.Diagnostic(range, message, vscode.DiagnosticSeverity.Error);
    problem.source = 'Lamina';
    problem.code = 'build-failed';
    this.#problems.set(document.uri, [problem]);
  }

  clear(uri: vscode.Uri): void {
    this.#problems.delete(uri);
  }

  dispose(): void {
    this.#problems.dispose();
  }
}

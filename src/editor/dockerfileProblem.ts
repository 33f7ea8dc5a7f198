import * as vscode from 'vscode';

/** A problem of a Dockerfile; of what takes many lines, the first is marked. */
export function dockerfileProblem(
  document: vscode.TextDocument,
  { start, end }: vscode.Range,
  { message, severity }: { readonly message: string; readonly severity: vscode.DiagnosticSeverity },
): vscode.Diagnostic {
  const firstLine = document.lineAt(start.line).range.end;
  const range = new vscode.Range(start, end.isBefore(firstLine) ? end : firstLine);
  const problem = new vscode.Diagnostic(range, message, severity);
  problem.source = 'Lamina';
  return problem;
}

import * as vscode from 'vscode';
import type { Instruction, LayerHint } from '../../engine/index.ts';
import { dockerfileProblem } from '../dockerfileProblem.ts';
import { instructionRange, keywordRange } from '../dockerfiles.ts';
import { hintText } from './hintTexts.ts';

/** A hint as a problem of its instruction. Its text finds the hint again. */
export function problemOf(
  document: vscode.TextDocument,
  instructions: readonly Instruction[],
  hint: LayerHint,
): vscode.Diagnostic | undefined {
  const instruction = instructions[hint.instruction];
  if (instruction === undefined) return undefined;
  const severity =
    hint.kind === 'secret' ? vscode.DiagnosticSeverity.Warning : vscode.DiagnosticSeverity.Information;
  const problem = make(document, instruction, hintText(hint), severity);
  problem.code = hint.kind;
  const maker = hint.kind === 'deleted-later' ? instructions[hint.madeBy] : undefined;
  if (maker !== undefined) {
    const place = new vscode.Location(document.uri, keywordRange(document, maker));
    problem.relatedInformation = [
      new vscode.DiagnosticRelatedInformation(place, vscode.l10n.t('The step that adds them')),
    ];
  }
  return problem;
}

function make(
  document: vscode.TextDocument,
  instruction: Instruction,
  message: string,
  severity: vscode.DiagnosticSeverity,
): vscode.Diagnostic {
  return dockerfileProblem(document, instructionRange(document, instruction), { message, severity });
}

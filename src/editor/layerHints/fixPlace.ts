import type * as vscode from 'vscode';
import type { BuilderIdentity, BuildRequest, Instruction } from '../../engine/index.ts';
import { instructionRange } from '../dockerfiles.ts';

/** An edit that does what a hint advises. */
export interface HintFix {
  readonly title: string;
  readonly edit: vscode.WorkspaceEdit;
}

/** Where a fix is made. */
export interface FixPlace {
  readonly document: vscode.TextDocument;
  readonly instructions: readonly Instruction[];
  readonly request: BuildRequest;
  readonly builder: BuilderIdentity['kind'];
}

export function textOf(document: vscode.TextDocument, instruction: Instruction): string {
  return document.getText(instructionRange(document, instruction));
}

/** Words that mean themselves wherever they stand: no variable, no quote, no blank, no pattern. */
export function isPlain(word: string): boolean {
  return /^[\w./@:+-]+$/.test(word);
}

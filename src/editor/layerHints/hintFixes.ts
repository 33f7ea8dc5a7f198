import path from 'node:path';
import * as vscode from 'vscode';
import { baseName, type BuildRequest, type Instruction, type LayerHint, toText } from '../../engine/index.ts';
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
}

/** What can be done about a hint by an edit; undefined where only a person can. */
export async function fixOf(
  { document, instructions, request }: FixPlace,
  hint: LayerHint,
): Promise<HintFix | undefined> {
  const instruction = instructions[hint.instruction];
  if (instruction === undefined) return undefined;
  switch (hint.kind) {
    case 'left-behind':
      return removeThere(document, instruction, hint.directory);
    case 'deleted-later':
      return joinRuns(document, instructions[hint.madeBy], instruction, hint.instruction - hint.madeBy);
    case 'early-copy':
      return copyFirst(document, instruction, instructions[hint.installation], hint.needed);
    case 'secret':
      return copiesFromContext(instruction) ? ignoreFile(request, toText(baseName(hint.path))) : undefined;
    case 'moved-base':
      return undefined;
  }
}

/** A command for the shell, which one more can be put behind. */
function isShellRun(instruction: Instruction | undefined): instruction is Instruction {
  return instruction?.name === 'RUN' && !instruction.isJson && instruction.heredocs.length === 0;
}

function removeThere(
  document: vscode.TextDocument,
  instruction: Instruction,
  directory: string,
): HintFix | undefined {
  if (!isShellRun(instruction)) return undefined;
  const edit = new vscode.WorkspaceEdit();
  const { end } = instructionRange(document, instruction);
  edit.insert(document.uri, end, ` \\\n    && rm -rf ${directory}/*`);
  return { title: vscode.l10n.t('Remove {0} in this step', directory), edit };
}

/** Two RUN that stand one below the other become one. */
function joinRuns(
  document: vscode.TextDocument,
  made: Instruction | undefined,
  deleted: Instruction,
  distance: number,
): HintFix | undefined {
  if (distance !== 1 || !isShellRun(made) || !isShellRun(deleted)) return undefined;
  if (made.flags.length + deleted.flags.length > 0) return undefined;
  const [above, below] = [instructionRange(document, made), instructionRange(document, deleted)];
  // A comment between them would be lost.
  if (document.getText(new vscode.Range(above.end, below.start)).trim() !== '') return undefined;
  const command = textOf(document, deleted).replace(/^\S+\s+/, '');
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(above.end, below.end), ` \\\n    && ${command}`);
  return { title: vscode.l10n.t('Join it with the step above'), edit };
}

/** What the installation reads is copied first, then it installs, then the rest is copied. */
function copyFirst(
  document: vscode.TextDocument,
  copy: Instruction,
  installation: Instruction | undefined,
  needed: readonly string[],
): HintFix | undefined {
  const destination = copy.args.at(-1)?.text;
  if (installation === undefined || destination === undefined || copy.flags.length > 0) return undefined;
  const inFolder = destination.endsWith('/') ? destination : `${destination}/`;
  const first = `COPY ${needed.join(' ')} ${inFolder}`;
  const edit = new vscode.WorkspaceEdit();
  const { start } = instructionRange(document, copy);
  edit.insert(document.uri, start, `${first}\n${textOf(document, installation)}\n`);
  edit.delete(document.uri, wholeLines(document, instructionRange(document, installation)));
  return { title: vscode.l10n.t('Copy {0} and install first', needed.join(', ')), edit };
}

function copiesFromContext({ name, flags }: Instruction): boolean {
  return (name === 'COPY' || name === 'ADD') && !flags.some((flag) => flag.name === 'from');
}

/** Keeps files of a name out of the context. */
async function ignoreFile({ context, dockerfile }: BuildRequest, name: string): Promise<HintFix | undefined> {
  // What would be a pattern is left to a person.
  if (!/^[\w.-]+$/.test(name)) return undefined;
  const own = await opened(vscode.Uri.file(`${dockerfile}.dockerignore`));
  const uri = own?.uri ?? vscode.Uri.file(path.join(context, '.dockerignore'));
  const document = own ?? (await opened(uri));
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(uri, { ignoreIfExists: true });
  const end = document?.lineAt(document.lineCount - 1).range.end ?? new vscode.Position(0, 0);
  edit.insert(uri, end, `${end.character === 0 ? '' : '\n'}**/${name}\n`);
  return { title: vscode.l10n.t('Add {0} to {1}', name, path.basename(uri.fsPath)), edit };
}

async function opened(uri: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch {
    // There is none yet.
    return undefined;
  }
}

function textOf(document: vscode.TextDocument, instruction: Instruction): string {
  return document.getText(instructionRange(document, instruction));
}

/** With the line's end, so that no empty line is left. */
function wholeLines(document: vscode.TextDocument, range: vscode.Range): vscode.Range {
  const end = document.lineAt(range.end.line).rangeIncludingLineBreak.end;
  return new vscode.Range(range.start.with({ character: 0 }), end);
}

import path from 'node:path';
import * as vscode from 'vscode';
import { baseName, type Instruction, type LeftSecret, toText } from '../../engine/index.ts';
import { instructionRange } from '../dockerfiles.ts';
import { type FixPlace, type HintFix, isPlain } from './fixPlace.ts';

/** A file that one RUN needs is shown to it while it runs, in place of being copied into a layer. */
export function mountInstead(
  { document, instructions, builder }: FixPlace,
  hint: LeftSecret,
): HintFix | undefined {
  const [copy, run] = [instructions[hint.instruction], instructions[hint.instruction + 1]];
  const [source, , more] = copy?.args ?? [];
  const target = toText(hint.path);
  if (builder !== 'buildkit' || copy === undefined || !copiesFromContext(copy) || run?.name !== 'RUN')
    return undefined;
  if (copy.flags.length > 0 || source === undefined || more !== undefined) return undefined;
  // A folder has other files, too.
  const isIt = path.posix.basename(source.text) === path.posix.basename(target);
  if (!isIt || !isPlain(source.text) || !isPlain(target)) return undefined;
  const edit = new vscode.WorkspaceEdit();
  edit.delete(document.uri, wholeLines(document, copy));
  const behind = document.positionAt(run.keyword.range.end);
  edit.insert(document.uri, behind, ` --mount=type=bind,source=${source.text},target=${target}`);
  const removal = instructions[hint.instruction + 2];
  if (removal !== undefined && removesOnly(removal, target))
    edit.delete(document.uri, wholeLines(document, removal));
  return { title: vscode.l10n.t('Show {0} to the next step only, without a layer', source.text), edit };
}

/** `RUN rm -f /root/.npmrc`: of what is not there it would fail. */
function removesOnly({ name, original }: Instruction, target: string): boolean {
  const [, file] = /^\S+\s+rm\s+(?:-\w+\s+)*(\S+)\s*$/.exec(original) ?? [];
  return name === 'RUN' && file !== undefined && path.posix.basename(file) === path.posix.basename(target);
}

/** With the line's end, so that no empty line is left. */
function wholeLines(document: vscode.TextDocument, instruction: Instruction): vscode.Range {
  const { start, end } = instructionRange(document, instruction);
  return new vscode.Range(
    start.with({ character: 0 }),
    document.lineAt(end.line).rangeIncludingLineBreak.end,
  );
}

/** Keeps files of a name out of the context. */
export async function ignoreFile(
  { instructions, request: { context, dockerfile } }: FixPlace,
  hint: LeftSecret,
): Promise<HintFix | undefined> {
  const name = toText(baseName(hint.path));
  const instruction = instructions[hint.instruction];
  // What would be a pattern is left to a person.
  if (instruction === undefined || !copiesFromContext(instruction) || !/^[\w.-]+$/.test(name))
    return undefined;
  // A file that is named has to be there.
  if (instruction.args.some(({ text }) => path.posix.basename(text) === name)) return undefined;
  const own = await opened(vscode.Uri.file(`${dockerfile}.dockerignore`));
  const uri = own?.uri ?? vscode.Uri.file(path.join(context, '.dockerignore'));
  const document = own ?? (await opened(uri));
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(uri, { ignoreIfExists: true });
  const end = document?.lineAt(document.lineCount - 1).range.end ?? new vscode.Position(0, 0);
  edit.insert(uri, end, `${end.character === 0 ? '' : '\n'}**/${name}\n`);
  return { title: vscode.l10n.t('Add {0} to {1}', name, path.basename(uri.fsPath)), edit };
}

function copiesFromContext({ name, flags }: Instruction): boolean {
  return (name === 'COPY' || name === 'ADD') && !flags.some((flag) => flag.name === 'from');
}

async function opened(uri: vscode.Uri): Promise<vscode.TextDocument | undefined> {
  try {
    return await vscode.workspace.openTextDocument(uri);
  } catch {
    // There is none yet.
    return undefined;
  }
}

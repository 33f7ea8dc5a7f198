import * as vscode from 'vscode';
import type { DeletedLater, Instruction, LeftBehind } from '../../engine/index.ts';
import { instructionRange, parsedDocument } from '../dockerfiles.ts';
import { type FixPlace, type HintFix, isPlain, textOf } from './fixPlace.ts';

/** Caches that a package manager can keep between builds without an image having them. */
const keptCaches = /\/\.cache(?:\/|$)|\/_cacache$/;

/** Removes a folder's files at the end of the step that leaves them. */
export function removeThere(place: FixPlace, { instruction, directory }: LeftBehind): HintFix | undefined {
  const run = place.instructions[instruction];
  if (run === undefined || !canBeContinued(place, run) || !isPlain(directory)) return undefined;
  const edit = new vscode.WorkspaceEdit();
  const { end } = instructionRange(place.document, run);
  edit.insert(place.document.uri, end, `${nextLine(place)}&& rm -rf ${directory}/*`);
  return { title: vscode.l10n.t('Remove {0} in this step', directory), edit };
}

/** Has BuildKit keep a cache beside the image: the next installation is quick, and no layer has it. */
export function keepInCache(
  { document, instructions, builder }: FixPlace,
  { instruction, directory }: LeftBehind,
): HintFix | undefined {
  const run = instructions[instruction];
  if (builder !== 'buildkit' || run?.name !== 'RUN') return undefined;
  if (!keptCaches.test(directory) || !isPlain(directory)) return undefined;
  const edit = new vscode.WorkspaceEdit();
  const behind = document.positionAt(run.keyword.range.end);
  edit.insert(document.uri, behind, ` --mount=type=cache,target=${directory}`);
  return { title: vscode.l10n.t('Keep {0} in a cache of the builder', directory), edit };
}

/** Two RUN that stand one below the other become one. */
export function joinRuns(place: FixPlace, { instruction, madeBy }: DeletedLater): HintFix | undefined {
  const { document, instructions } = place;
  const [made, deleted] = [instructions[madeBy], instructions[instruction]];
  if (instruction - madeBy !== 1 || made === undefined || deleted === undefined) return undefined;
  if (!canBeContinued(place, made) || !canContinue(place, deleted) || movesAbout(made)) return undefined;
  if (made.flags.length + deleted.flags.length > 0) return undefined;
  const [above, below] = [instructionRange(document, made), instructionRange(document, deleted)];
  // A comment between them would be lost.
  if (document.getText(new vscode.Range(above.end, below.start)).trim() !== '') return undefined;
  const command = textOf(document, deleted).replace(/^\S+\s+/, '');
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(above.end, below.end), `${nextLine(place)}&& ${command}`);
  return { title: vscode.l10n.t('Join it with the step above'), edit };
}

function nextLine({ document }: FixPlace): string {
  return ` ${parsedDocument(document).escape}\n    `;
}

/** A command for a POSIX shell behind which `&& more` does what it says. */
function canBeContinued(place: FixPlace, { name, isJson, heredocs, original, range }: Instruction): boolean {
  if (name !== 'RUN' || isJson || heredocs.length > 0 || !hasPosixShell(place, range.start)) return false;
  return !/(?:^|[\s;&|(])#/.test(original) && !/[;&|\\`]\s*$/.test(original);
}

/** A command that, behind `&&`, is run as a whole or not at all. */
function canContinue(place: FixPlace, instruction: Instruction): boolean {
  return canBeContinued(place, instruction) && !/\|\||;|(?<![&>])&(?![&>])/.test(instruction.original);
}

/** What a shell would take along to the next command, and a step does not to the next step. */
function movesAbout({ original }: Instruction): boolean {
  return /(?:^|[\s;&|({])(?:cd|pushd|popd|export|set|unset|umask|trap|alias|exec|exit|source|\.)\s/.test(
    original,
  );
}

function hasPosixShell({ instructions }: FixPlace, before: number): boolean {
  const own = instructions.filter(({ name, range }) => name === 'SHELL' && range.start < before);
  return own.every(({ args }) => /(?:^|\/)(?:ba|da|a|z|k)?sh$/.test(args[0]?.text ?? ''));
}

import path from 'node:path';
import * as vscode from 'vscode';
import type { EarlyCopy, Instruction } from '../../engine/index.ts';
import { instructionRange } from '../dockerfiles.ts';
import { type FixPlace, type HintFix, isPlain, textOf } from './fixPlace.ts';

/** What the installation reads is copied first, then it installs, then the rest is copied. */
export function copyFirst({ document, instructions }: FixPlace, hint: EarlyCopy): HintFix | undefined {
  const { needed } = hint;
  const copy = instructions[hint.instruction];
  const installation = instructions[hint.installation];
  if (copy === undefined || installation === undefined || !isWholeContext(copy)) return undefined;
  const between = instructions.slice(hint.instruction + 1, hint.installation);
  if (!between.every(isOfNoCopy)) return undefined;
  const { start, end } = instructionRange(document, copy);
  const below = instructionRange(document, installation).end;
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, new vscode.Range(start, end), copiesOf(copy, needed).join('\n'));
  edit.insert(document.uri, below, `\n${textOf(document, copy)}`);
  return { title: vscode.l10n.t('Copy {0} and install first', needed.join(', ')), edit };
}

/** `COPY . /app`, perhaps for another owner or mode: where each file comes to lie is known. */
function isWholeContext({ args, flags, heredocs }: Instruction): boolean {
  const [source, destination, more] = args.map(({ text }) => text);
  const isWhole = source === '.' || source === './' || source === '/';
  const keepsPlaces = flags.every(({ name }) => name === 'chown' || name === 'chmod');
  return isWhole && keepsPlaces && heredocs.length === 0 && more === undefined && isPlain(destination ?? '');
}

/** What neither reads what was copied nor says where it comes to lie. */
function isOfNoCopy({ name }: Instruction): boolean {
  return name === 'ENV' || name === 'LABEL' || name === 'EXPOSE' || name === 'ARG';
}

/** Files of one folder at once, since COPY puts all that it takes into one. */
function copiesOf({ args, flags }: Instruction, needed: readonly string[]): readonly string[] {
  const folders = new Set(needed.map((file) => path.posix.dirname(file)));
  const target = args[1]?.text ?? '.';
  const options = flags.map(({ text }) => `${text} `).join('');
  return [...folders].map((folder) => {
    const files = needed.filter((file) => path.posix.dirname(file) === folder);
    return `COPY ${options}${files.join(' ')} ${asFolder(folder === '.' ? target : joined(target, folder))}`;
  });
}

function joined(target: string, folder: string): string {
  return `${asFolder(target)}${folder}`;
}

function asFolder(target: string): string {
  return target.endsWith('/') ? target : `${target}/`;
}

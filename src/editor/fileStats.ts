import * as vscode from 'vscode';
import type { EntryType, FileAttributes } from '../engine/index.ts';

/**
 * What something is to VS Code's file service. A link has its own type and that of its target; a dangling one is of an
 * unknown type.
 *
 * @param target what it leads to; undefined when it dangles or leads in a circle.
 */
export function fileTypeOf(
  { type }: { readonly type: EntryType },
  target: { readonly type: EntryType } | undefined,
): vscode.FileType {
  const shown = target === undefined ? vscode.FileType.Unknown : fileTypes[target.type];
  // VS Code's types are bits: a link has its own and that of its target.
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- as `vscode.FileType` is documented.
  return type === 'symlink' ? shown | vscode.FileType.SymbolicLink : shown;
}

/** The time of the last change in milliseconds since 1970. */
export function timeMsOf({ mtime }: Pick<FileAttributes, 'mtime'>): number {
  return Math.floor(Number(mtime ?? 0) * 1000);
}

const fileTypes: Record<EntryType, vscode.FileType> = {
  file: vscode.FileType.File,
  dir: vscode.FileType.Directory,
  symlink: vscode.FileType.SymbolicLink,
  char: vscode.FileType.Unknown,
  block: vscode.FileType.Unknown,
  fifo: vscode.FileType.Unknown,
};

import * as vscode from 'vscode';
import { type Dockerfile, type Instruction, parseDockerfile } from '../engine/index.ts';

/** Dockerfiles on a disk: what is cached depends on the files beside them. */
export const dockerfileSelector: vscode.DocumentFilter = { language: 'dockerfile', scheme: 'file' };

export function isDockerfile(document: vscode.TextDocument): boolean {
  return vscode.languages.match(dockerfileSelector, document) > 0;
}

/** The document as it is now, parsed; asked for several times between two edits. */
export function parsedDocument(document: vscode.TextDocument): Dockerfile {
  const known = parsed.get(document);
  if (known?.version === document.version) return known.dockerfile;
  const dockerfile = parseDockerfile(document.getText());
  parsed.set(document, { version: document.version, dockerfile });
  return dockerfile;
}

const parsed = new WeakMap<
  vscode.TextDocument,
  { readonly version: number; readonly dockerfile: Dockerfile }
>();

/** Where the keyword stands: an instruction over many lines is marked at its first. */
export function keywordRange(document: vscode.TextDocument, { keyword }: Instruction): vscode.Range {
  const start = document.positionAt(keyword.range.start);
  return new vscode.Range(start, start.translate(0, keyword.text.length));
}

/** The whole instruction, with all its lines. */
export function instructionRange(document: vscode.TextDocument, { range }: Instruction): vscode.Range {
  return new vscode.Range(document.positionAt(range.start), document.positionAt(range.end));
}

/** The position of the instruction at a place; undefined between instructions. */
export function instructionAt(document: vscode.TextDocument, position: vscode.Position): number | undefined {
  const offset = document.offsetAt(position);
  const { instructions } = parsedDocument(document);
  const at = instructions.findIndex(({ range }) => range.start <= offset && offset <= range.end);
  return at === -1 ? undefined : at;
}

/** The Dockerfile that a command was called on, by its URI or that as text; else the one in the active editor. */
export async function dockerfileOf(args: readonly unknown[]): Promise<vscode.TextDocument | undefined> {
  const [first] = args;
  const uri = typeof first === 'string' ? vscode.Uri.parse(first) : first;
  if (uri instanceof vscode.Uri) return vscode.workspace.openTextDocument(uri);
  const active = vscode.window.activeTextEditor?.document;
  return active !== undefined && isDockerfile(active) ? active : undefined;
}

/** The same; a person is told when there is none. */
export async function chosenDockerfile(args: readonly unknown[]): Promise<vscode.TextDocument | undefined> {
  const document = await dockerfileOf(args);
  if (document === undefined)
    void vscode.window.showInformationMessage(vscode.l10n.t('Open a Dockerfile first.'));
  return document;
}

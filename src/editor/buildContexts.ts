import { stat } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { type BuildRequest, type Instruction, parseDockerfile } from '../engine/index.ts';
import type { Settings } from './settings.ts';

/** A context, what else is asked for together with it, and who says so. */
export interface FoundContext {
  readonly base: Partial<BuildRequest> & Pick<BuildRequest, 'context'>;
  readonly origin: 'chosen' | 'setting' | 'file' | 'folder';
}

/** Where other tools' files name builds of a Dockerfile: compose, bake. The best one first. */
export type FindBuilds = (dockerfile: string) => Promise<readonly BuildRequest[]>;

/** Finds the context of a Dockerfile. In a folder that is not trusted nothing in it may lead elsewhere. */
export class ContextChoice {
  readonly #settings: Settings;
  readonly #findBuilds: FindBuilds;

  constructor(settings: Settings, findBuilds: FindBuilds) {
    this.#settings = settings;
    this.#findBuilds = findBuilds;
  }

  /** @param chosen by a person. Undefined when it has to be asked for. */
  async find(dockerfile: string, chosen: string | undefined): Promise<FoundContext | undefined> {
    const named = vscode.workspace.isTrusted ? await this.#named(dockerfile) : undefined;
    // What compose or bake say of arguments holds for the chosen folder, too.
    if (chosen !== undefined) return { base: { ...named?.base, context: chosen }, origin: 'chosen' };
    return named ?? inFolder(dockerfile);
  }

  async #named(dockerfile: string): Promise<FoundContext | undefined> {
    const context = this.#settings.buildContextOf(dockerfile);
    if (context !== undefined) return { base: { context }, origin: 'setting' };
    const [first] = await this.#findBuilds(dockerfile);
    return first && { base: first, origin: 'file' };
  }
}

/** The folders that people build in: the Dockerfile's own, or the workspace's, whichever has what is copied. */
async function inFolder(dockerfile: string): Promise<FoundContext | undefined> {
  const sources = await copiedPaths(dockerfile);
  const folders = [path.dirname(dockerfile), workspaceFolderOf(dockerfile)];
  const counts = await Promise.all(folders.map((folder) => presentIn(folder, sources)));
  const most = Math.max(...counts);
  if (most === 0 && sources.length > 0) return undefined;
  return { base: { context: folders[counts.indexOf(most)] ?? path.dirname(dockerfile) }, origin: 'folder' };
}

function workspaceFolderOf(dockerfile: string): string {
  const folder = vscode.workspace.getWorkspaceFolder(vscode.Uri.file(dockerfile));
  return folder?.uri.fsPath ?? path.dirname(dockerfile);
}

/** What COPY and ADD take from the context, by names that can be looked up. */
async function copiedPaths(dockerfile: string): Promise<readonly string[]> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.file(dockerfile));
  const { instructions } = parseDockerfile(document.getText());
  return instructions.filter(copiesFromContext).flatMap(({ args, heredocs }) => {
    const names = new Set(heredocs.map(({ name }) => name));
    const sources = args.slice(0, -1).map(({ text }) => text);
    return sources.filter((each) => isPlainPath(each) && !names.has(each));
  });
}

function copiesFromContext({ name, flags }: Instruction): boolean {
  return (name === 'COPY' || name === 'ADD') && !flags.some((flag) => flag.name === 'from');
}

/** No pattern, variable, heredoc or address, and not the context itself, which is everywhere. */
function isPlainPath(source: string): boolean {
  return !/[*?[$<]|^\w+:\/\/|^git@/.test(source) && path.posix.normalize(`/${source}`) !== '/';
}

async function presentIn(folder: string, sources: readonly string[]): Promise<number> {
  const found = await Promise.all(
    sources.slice(0, 100).map((source) =>
      stat(path.join(folder, path.posix.normalize(`/${source}`))).then(
        () => 1,
        () => 0,
      ),
    ),
  );
  return found.reduce<number>((sum, each) => sum + each, 0);
}

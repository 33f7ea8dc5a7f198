import type * as vscode from 'vscode';
import type { BuildRow } from '../../engine/index.ts';
import { alignSteps } from '../alignSteps.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { parsedDocument } from '../dockerfiles.ts';
import type { LineFacts } from './lensTitles.ts';

/** What there is to say of each instruction of a document, as it stands in the editor. */
export function linesOf(
  { states, running }: DockerfileBuilds,
  document: vscode.TextDocument,
): readonly LineFacts[] {
  const { instructions } = parsedDocument(document);
  const steps = states.stepsOf(document);
  const rows = rowsOf(running, document);
  const state = states.of(document.uri);
  return instructions.map((instruction, at) => ({ instruction, step: steps[at], row: rows[at], state }));
}

function rowsOf(
  running: DockerfileBuilds['running'],
  document: vscode.TextDocument,
): readonly (BuildRow | undefined)[] {
  const build = running.of(document.uri.fsPath);
  if (build === undefined) return [];
  const places = alignSteps(build.instructions, parsedDocument(document).instructions);
  return places.map((at) => (at === undefined ? undefined : build.rows.get(at)));
}

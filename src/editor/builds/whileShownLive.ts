import type * as vscode from 'vscode';
import type { BuildRow, Instruction } from '../../engine/index.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';

const tickMs = 1000;

/** Runs a build and has the Dockerfile's lines show its rows; afterwards they show the next build again. */
export async function whileShownLive<T>(
  { running, states }: DockerfileBuilds,
  { uri: { fsPath } }: vscode.TextDocument,
  instructions: readonly Instruction[],
  work: (onRow: (row: BuildRow) => void) => Promise<T>,
): Promise<T> {
  running.begin(fsPath, instructions);
  // Seconds pass without anything being told.
  const ticking = setInterval(() => {
    running.tick(fsPath);
  }, tickMs);
  try {
    return await work((row) => {
      running.row(fsPath, row);
    });
  } finally {
    clearInterval(ticking);
    running.end(fsPath);
    states.refresh(fsPath);
  }
}

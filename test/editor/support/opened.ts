import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { BuiltImage } from '../../support/buildImage.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';

/** Opens an archive as the command does, and returns the ids of its images. */
export async function openArchive(file: string): Promise<readonly string[]> {
  const ids = await vscode.commands.executeCommand('lamina.openImage', vscode.Uri.file(file));
  assert.ok(Array.isArray(ids), `${file} was opened`);
  return ids as string[];
}

/** Writes an image as a docker archive in a folder of its own, and opens it. */
export async function openBuilt(image: BuiltImage): Promise<{ readonly id: string; readonly file: string }> {
  const file = writeDockerArchive(image, tempDir().file('image.tar'));
  const [id] = await openArchive(file);
  assert.ok(id !== undefined, 'the archive holds an image');
  return { id, file };
}

/** A file of an opened image, up to a layer or of all of them. */
export function fileUri(id: string, path: string, upTo?: number): vscode.Uri {
  const authority = upTo === undefined ? id : `${id}-${upTo}`;
  return vscode.Uri.from({ scheme: 'lamina', authority, path });
}

export async function readText(uri: vscode.Uri): Promise<string> {
  return Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
}

/** Asserts that VS Code's file service refuses with that code. */
export async function assertRefused(
  action: Thenable<unknown>,
  code: string,
): Promise<vscode.FileSystemError> {
  try {
    await action;
  } catch (error) {
    assert.ok(error instanceof vscode.FileSystemError, String(error));
    assert.equal(error.code, code, error.message);
    return error;
  }
  return assert.fail(`expected ${code}`);
}

/** Waits for something that VS Code does in its own time. */
export async function eventually<T>(
  what: string,
  find: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const endMs = Date.now() + 10_000;
  for (;;) {
    const found = await find();
    if (found !== undefined) return found;
    if (Date.now() > endMs) return assert.fail(`waited for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

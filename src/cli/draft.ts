import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  baseName,
  type CallOptions,
  EngineError,
  type LayerPath,
  saveTree,
  type StoreContainerFiles,
  toEngineError,
  toText,
} from '../engine/index.ts';
import { runEditor } from './editorProgram.ts';

/** A copy of a container's file in a folder of its own, which only this user may enter. Gone when it is disposed of. */
export interface Draft extends AsyncDisposable {
  readonly file: string;
  content(): AsyncIterable<Uint8Array>;
  /** Keeps the copy, and a failure that says where it is. */
  kept(failure: unknown): EngineError;
}

/** The copy bears the name that the file was asked for by; of a file that is not there, nothing is made. */
export async function makeDraft(
  files: StoreContainerFiles,
  target: LayerPath,
  options: CallOptions,
): Promise<Draft> {
  const folder = await mkdtemp(path.join(tmpdir(), 'lamina-edit-'));
  let isKept = false;
  const draft: Draft = {
    file: path.join(folder, toText(baseName(target))),
    content: () => createReadStream(draft.file),
    kept: (failure) => {
      isKept = true;
      const { code, subject, detail } = toEngineError(failure, toText(target));
      return new EngineError(code, subject, `${detail}; what you wrote is in ${draft.file}`, {
        cause: failure,
      });
    },
    [Symbol.asyncDispose]: async () => {
      if (!isKept) await rm(folder, { recursive: true, force: true });
    },
  };
  try {
    await writeDraft(files, target, folder, options);
    return draft;
  } catch (error) {
    await draft[Symbol.asyncDispose]();
    throw error;
  }
}

/** Lets the editor work on it. @throws EngineError `io` when the editor fails. */
export async function editDraft({ file }: Draft, editor: string): Promise<'changed' | 'unchanged'> {
  const before = await hashOf(file);
  await runEditor(editor, file);
  const after = await hashOf(file);
  return after === before || after === '' ? 'unchanged' : 'changed';
}

async function writeDraft(
  files: StoreContainerFiles,
  target: LayerPath,
  destination: string,
  options: CallOptions,
): Promise<void> {
  const tree = await files.tree();
  const entry = tree.view.resolve(target);
  if (entry === undefined) return;
  const name = toText(baseName(target));
  const problems = await saveTree(tree, { path: entry.path, destination, name }, options);
  const [problem] = problems;
  if (problem !== undefined) throw new EngineError('io', problem.subject, problem.detail ?? problem.code);
}

/** Empty when there is no file. */
async function hashOf(file: string): Promise<string> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (!isThere) return '';
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(file)) hash.update(bytes as Uint8Array);
  return hash.digest('hex');
}

import {
  dockerSize,
  EngineError,
  type LayerPath,
  parseLayerPath,
  type StoreContainerFiles,
  toText,
} from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { splitContainerPath } from '../containerName.ts';
import { meansDirectory } from '../copyPlace.ts';
import { editDraft, makeDraft } from '../draft.ts';
import { editorOf } from '../editorProgram.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import type { Session } from '../session.ts';
import { UsageError } from '../usageError.ts';

export const edit: Command = {
  name: 'edit',
  usage: 'CONTAINER:PATH',
  summary: 'open a file of a container in your editor, and keep what you save',
  details: [
    'The editor is $VISUAL, else $EDITOR; it gets a copy. When the copy has changed and the editor ends well, it becomes the',
    "container's file, with mode and owner as before; a file that is not there is made. Links are followed.",
  ],
  options: [],
  positionals: { min: 1, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const typed = args.positionals[0] ?? '';
  const { container, path = '' } = splitContainerPath(typed);
  if (path === '' || meansDirectory(path)) throw new UsageError(typed, 'name a file: CONTAINER:/PATH');
  const editor = editorOf(session.host);
  const files = await session.openContainer(container);
  await editFile(session, files, parseLayerPath(path), editor);
  return exitCode.done;
}

async function editFile(
  session: Session,
  files: StoreContainerFiles,
  path: LayerPath,
  editor: string,
): Promise<void> {
  const before = fileState(files, path);
  await using draft = await makeDraft(files, path, session.callOptions);
  session.progress.clear();
  if ((await editDraft(draft, editor)) === 'unchanged') {
    await session.note(`${toText(path)}: not changed`);
    return;
  }
  try {
    await files.refresh();
    if (fileState(files, path) !== before)
      throw new EngineError('busy', toText(path), 'somebody else has changed it meanwhile');
    const copied = await files.writeFile(path, draft.content(), session.callOptions);
    if (copied !== undefined && session.host.stderr.isTerminal)
      await session.note(`copied up from layer ${copied.layer} (${dockerSize(copied.size)})`);
  } catch (error) {
    throw draft.kept(error);
  }
}

/** What says whether a file is still the one that was opened. @throws EngineError `not-a-file`. */
function fileState({ view }: StoreContainerFiles, path: LayerPath): string {
  const entry = view.resolve(path);
  if (entry === undefined) return 'absent';
  if (entry.type !== 'file') throw new EngineError('not-a-file', toText(path), `it is of type ${entry.type}`);
  const { origin, mtime, size } = entry;
  return JSON.stringify([size, mtime, origin.in === 'image' ? origin.entry.path : origin.content]);
}

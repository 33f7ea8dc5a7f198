import * as vscode from 'vscode';
import {
  type ContainerFile,
  type ContainerFiles,
  EngineError,
  type LayerPath,
  toText,
} from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { toFileSystemError } from '../failures.ts';
import { fileTypeOf, timeMsOf } from '../fileStats.ts';
import { offerToSave } from '../offerToSave.ts';
import type { OpenedContainer } from '../openedContainers.ts';
import { containerOfFile } from '../uri.ts';
import { copyBetween } from './copyBetween.ts';
import type { ContainersInUse } from './containersInUse.ts';
import type { CopyUpNote } from './copyUpNote.ts';
import { fileVersion } from './fileVersion.ts';
import { targetsIn, targetOf } from './linkTargets.ts';
import { ReadOnlyPlaces } from './readOnlyPlaces.ts';
import { ReadVersions } from './readVersions.ts';
import { ToldTimes } from './toldTimes.ts';

/** An address, looked up: the container and the path in it. */
interface Found {
  readonly container: OpenedContainer;
  readonly path: LayerPath;
}

/**
 * The files of containers, as VS Code's file service asks for them: read and written. Links are resolved inside the
 * container's root, and `stat` tells the truth about them.
 */
export class ContainerFileSystem implements vscode.FileSystemProvider {
  readonly #context: EditorContext;
  readonly #inUse: ContainersInUse;
  readonly #copyUps: CopyUpNote;
  readonly #times = new ToldTimes();
  readonly #read = new ReadVersions();
  readonly #readOnly = new ReadOnlyPlaces();
  readonly onDidChangeFile: vscode.Event<vscode.FileChangeEvent[]>;

  constructor(context: EditorContext, inUse: ContainersInUse, copyUps: CopyUpNote) {
    this.#context = context;
    this.#inUse = inUse;
    this.#copyUps = copyUps;
    this.onDidChangeFile = inUse.onDidChangeFile;
  }

  watch(uri: vscode.Uri): vscode.Disposable {
    const id = containerOfFile(uri);
    const hold = id === undefined ? undefined : this.#inUse.hold(id);
    return new vscode.Disposable(() => hold?.dispose());
  }

  stat(uri: vscode.Uri): Promise<vscode.FileStat> {
    return this.#answer(uri, async ({ container, path }) => {
      const file = await container.files.lookup(path);
      if (file === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      const target = file.type === 'symlink' ? await targetOf(container.files, path) : file;
      const shown = target ?? file;
      const isReadOnly = await this.#readOnly.has(container, shown.path);
      return {
        type: fileTypeOf(file, target),
        ...this.#tell(container, path, shown),
        ...(isReadOnly && { permissions: vscode.FilePermission.Readonly }),
      };
    });
  }

  readDirectory(uri: vscode.Uri): Promise<[string, vscode.FileType][]> {
    return this.#answer(uri, async ({ container: { files }, path }) => {
      const list = await files.list(path);
      const targets = await targetsIn(files, path, list);
      return list.map((file): [string, vscode.FileType] => [
        toText(file.name),
        fileTypeOf(file, file.type === 'symlink' ? targets.get(file.name) : file),
      ]);
    });
  }

  /** The whole file; VS Code asks for no less. Refused beyond the setting `lamina.files.maxSize`. */
  readFile(uri: vscode.Uri): Promise<Uint8Array> {
    return this.#answer(uri, async ({ container, path }) => {
      const { files } = container;
      const { maxFileSize } = this.#context.settings;
      const file = await files.resolve(path);
      if (file === undefined) throw vscode.FileSystemError.FileNotFound(uri);
      this.#noteRead(container, path, file);
      // An editor shows only the failure's text, so the way out is offered beside it.
      if (file.size > maxFileSize) void offerToSave(uri, file.size);
      return files.readFile(path, maxFileSize);
    });
  }

  writeFile(
    uri: vscode.Uri,
    content: Uint8Array,
    options: { readonly create: boolean; readonly overwrite: boolean },
  ): Promise<void> {
    return this.#answer(uri, async ({ container, path }) => {
      const { files } = container;
      const there = await files.lookup(path);
      if (there === undefined && !options.create) throw vscode.FileSystemError.FileNotFound(uri);
      if (there !== undefined && !options.overwrite) throw vscode.FileSystemError.FileExists(uri);
      const before = there && (await targetOf(files, path));
      if (before !== undefined && isTypedInto(uri)) this.#refuseUnseen(container, path, before);
      const copiedUp = await files.writeFile(path, content);
      this.#times.advance(keyOf(container, path));
      const written = await files.resolve(path);
      if (written !== undefined) this.#noteRead(container, path, written);
      if (copiedUp !== undefined) this.#copyUps.show(container, path, copiedUp);
    });
  }

  createDirectory(uri: vscode.Uri): Promise<void> {
    return this.#answer(uri, ({ container: { files }, path }) => files.mkdir(path));
  }

  delete(uri: vscode.Uri, { recursive }: { readonly recursive: boolean }): Promise<void> {
    return this.#answer(uri, async ({ container: { files }, path }) => {
      if (!recursive && (await isFullFolder(files, path)))
        throw new EngineError('already-exists', uri.path, 'the folder is not empty');
      await files.remove(path);
    });
  }

  rename(uri: vscode.Uri, to: vscode.Uri, options: { readonly overwrite: boolean }): Promise<void> {
    return this.#answer(uri, async (from) => {
      const target = await this.#inUse.containerOf(to);
      if (target.container === from.container) {
        await from.container.files.rename(from.path, target.path, { replaces: options.overwrite });
        return;
      }
      await copyBetween(from, target, options.overwrite ? 'replace' : 'keep');
      await from.container.files.remove(from.path);
    });
  }

  copy(uri: vscode.Uri, to: vscode.Uri, options: { readonly overwrite: boolean }): Promise<void> {
    return this.#answer(uri, async (from) => {
      await copyBetween(from, await this.#inUse.containerOf(to), options.overwrite ? 'replace' : 'keep');
    });
  }

  #noteRead(container: OpenedContainer, path: LayerPath, file: ContainerFile): void {
    const version = fileVersion(container, file);
    this.#read.note(keyOf(container, path), { version, size: file.size });
  }

  #refuseUnseen(container: OpenedContainer, path: LayerPath, file: ContainerFile): void {
    const version = fileVersion(container, file);
    if (this.#read.isOtherOfSameSize(keyOf(container, path), { version, size: file.size }))
      throw vscode.FileSystemError.Unavailable(
        vscode.l10n.t(
          'Somebody else has changed this file since it was opened. Save again to overwrite that.',
        ),
      );
  }

  async #answer<T>(uri: vscode.Uri, question: (found: Found) => Promise<T>): Promise<T> {
    try {
      return await question(await this.#inUse.containerOf(uri));
    } catch (error) {
      throw toFileSystemError(error, uri);
    }
  }

  #tell(container: OpenedContainer, path: LayerPath, file: ContainerFile): Omit<vscode.FileStat, 'type'> {
    const timeMs = this.#times.tell(keyOf(container, path), fileVersion(container, file), timeMsOf(file));
    return { size: file.size, ctime: timeMsOf(file), mtime: timeMs };
  }
}

/** Whether it is saved from an editor, as far as can be seen. */
function isTypedInto(uri: vscode.Uri): boolean {
  const text = uri.toString();
  return vscode.workspace.textDocuments.some((each) => each.isDirty && each.uri.toString() === text);
}

function keyOf({ id }: OpenedContainer, path: LayerPath): string {
  return `${id}${path}`;
}

async function isFullFolder(files: ContainerFiles, path: LayerPath): Promise<boolean> {
  return (await files.lookup(path))?.type === 'dir' && (await files.list(path)).length > 0;
}

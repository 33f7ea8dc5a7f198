import path from 'node:path';
import * as vscode from 'vscode';

/** Each instruction, those that make a layer, or none. */
export type CacheLenses = 'all' | 'stepsOnly' | 'off';

/** The settings of `lamina.*`, read when they are asked for. */
export class Settings {
  /** Where the store lies; undefined for the platform's usual place. */
  get storePath(): string | undefined {
    return read<string>('store.path', '').trim() || undefined;
  }

  /** Bytes of a file that an editor tab may hold. */
  get maxFileSize(): number {
    return Math.max(1, read<number>('files.maxSize', 64)) * 1_000_000;
  }

  /** Whether steps of the history that made no layer are listed between the layers. */
  get showsEmptySteps(): boolean {
    return read<boolean>('layers.showEmptySteps', true);
  }

  async setShowsEmptySteps(value: boolean): Promise<void> {
    await vscode.workspace
      .getConfiguration('lamina')
      .update('layers.showEmptySteps', value, vscode.ConfigurationTarget.Global);
  }

  /** Addresses of engines beside those that are found. */
  get engineEndpoints(): readonly string[] {
    return texts('engines.endpoints');
  }

  /** Whether engines are looked for at all, beside those that are named. */
  get discoversEngines(): boolean {
    return read<boolean>('engines.discover', true);
  }

  /** Registries, as `host:port`, that are spoken to without TLS. */
  get plainHttpRegistries(): readonly string[] {
    return texts('registries.plainHttp');
  }

  /** Which instructions of a Dockerfile have a line that says what the next build will do. */
  get cacheLenses(): CacheLenses {
    const value = read<unknown>('buildCache.codeLens', 'all');
    return value === 'stepsOnly' || value === 'off' ? value : 'all';
  }

  /** Whether it stands behind the instruction instead of above it. */
  get showsCacheAtLineEnd(): boolean {
    return read<boolean>('buildCache.endOfLine', false);
  }

  /** Whether findings in an image's layers are shown as problems of its Dockerfile. */
  get showsLayerHints(): boolean {
    return read<boolean>('buildCache.hints', true);
  }

  /** The context of a Dockerfile where the folder's settings name one, absolute. */
  buildContextOf(dockerfile: string): string | undefined {
    const uri = vscode.Uri.file(dockerfile);
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder === undefined) return undefined;
    const contexts = read<unknown>('buildCache.contexts', {}, uri);
    if (typeof contexts !== 'object' || contexts === null) return undefined;
    const root = folder.uri.fsPath;
    const found = Object.entries(contexts).find(([name]) => path.resolve(root, name) === uri.fsPath);
    return typeof found?.[1] === 'string' ? path.resolve(root, found[1]) : undefined;
  }

  onDidChange(
    name: 'store.path' | 'files.maxSize' | 'layers.showEmptySteps' | 'engines' | 'buildCache',
    listener: () => void,
  ): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`lamina.${name}`)) listener();
    });
  }
}

/** A list of texts; what else a person wrote is left out. */
function texts(name: string): readonly string[] {
  const value = read<unknown>(name, []);
  const found = Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  return found.map((each) => each.trim()).filter((each) => each !== '');
}

function read<T>(name: string, fallback: T, resource?: vscode.Uri): T {
  return vscode.workspace.getConfiguration('lamina', resource).get<T>(name, fallback);
}

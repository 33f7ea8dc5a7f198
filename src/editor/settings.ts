import * as vscode from 'vscode';

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

  onDidChange(
    name: 'store.path' | 'files.maxSize' | 'layers.showEmptySteps',
    listener: () => void,
  ): vscode.Disposable {
    return vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`lamina.${name}`)) listener();
    });
  }
}

function read<T>(name: string, fallback: T): T {
  return vscode.workspace.getConfiguration('lamina').get<T>(name, fallback);
}

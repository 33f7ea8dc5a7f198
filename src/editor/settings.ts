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

  onDidChange(
    name: 'store.path' | 'files.maxSize' | 'layers.showEmptySteps' | 'engines',
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

function read<T>(name: string, fallback: T): T {
  return vscode.workspace.getConfiguration('lamina').get<T>(name, fallback);
}

import path from 'node:path';
import * as vscode from 'vscode';
import type { OpenedImages } from '../openedImages.ts';

const settleMs = 500;

/** Watches the opened archives while the view is visible, so that one that changes or vanishes says so. No polling. */
export class ArchiveWatch implements vscode.Disposable {
  readonly #images: OpenedImages;
  readonly #onChange: (location: string) => void;
  readonly #watchers = new Map<string, vscode.FileSystemWatcher>();
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(images: OpenedImages, onChange: (location: string) => void) {
    this.#images = images;
    this.#onChange = onChange;
  }

  /** Watches exactly the archives that are open now. */
  start(): void {
    const wanted = new Set(this.#images.locations);
    for (const [location, watcher] of this.#watchers) {
      if (wanted.has(location)) continue;
      watcher.dispose();
      this.#watchers.delete(location);
    }
    for (const location of wanted) {
      if (!this.#watchers.has(location)) this.#watchers.set(location, this.#watch(location));
    }
  }

  stop(): void {
    for (const watcher of this.#watchers.values()) watcher.dispose();
    this.#watchers.clear();
  }

  dispose(): void {
    this.stop();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #watch(location: string): vscode.FileSystemWatcher {
    const folder = vscode.Uri.file(path.dirname(location));
    const watcher = vscode.workspace.createFileSystemWatcher(
      new vscode.RelativePattern(folder, globOf(location)),
    );
    const tell = (): void => {
      clearTimeout(this.#timers.get(location));
      this.#timers.set(
        location,
        setTimeout(() => {
          this.#onChange(location);
        }, settleMs),
      );
    };
    watcher.onDidChange(tell);
    watcher.onDidDelete(tell);
    watcher.onDidCreate(tell);
    return watcher;
  }
}

/** The file's name as a glob that matches only itself. */
function globOf(location: string): string {
  return path.basename(location).replace(/[[\]{}?*]/g, '[$&]');
}

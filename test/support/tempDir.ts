import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A new empty folder that is removed when the process ends, or sooner with `using`. */
export function tempDir(): TempDir {
  const directory = mkdtempSync(path.join(tmpdir(), 'lamina-test-'));
  made.add(directory);
  return {
    path: directory,
    file: (...names) => path.join(directory, ...names),
    [Symbol.dispose]: () => {
      remove(directory);
    },
  };
}

export interface TempDir extends Disposable {
  readonly path: string;
  /** A path inside it. */
  file(...names: string[]): string;
}

const made = new Set<string>();

process.on('exit', () => {
  for (const directory of made) remove(directory);
});

function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  made.delete(directory);
}

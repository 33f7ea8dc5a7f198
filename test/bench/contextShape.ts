import { existsSync, mkdirSync, renameSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Random } from '../support/random.ts';
import { ContentPool } from './contentPool.ts';

/** A build context on the disk: four fifths of its files are wanted and have a quarter of its bytes, the rest is ignored. */
export interface WrittenContext {
  readonly what: string;
  readonly directory: string;
  readonly ignoreFile: string;
  readonly ignored: string;
  /** Below the directory; wanted. */
  readonly oneFile: string;
}

/** As a project of a few languages has one. */
const ignoreFile = `${['.git', 'node_modules', '**/__pycache__', '**/*.log', '*.tmp', 'dist/**', '!dist/keep', '**/.cache', 'docs/*.pdf', '.env*'].join('\n')}\n`;
const perFolder = 100;

/** Writes it, once: what is there is taken as it is. What is ignored is holes, which nobody reads. */
export function writeContext(folder: string, files: number, bytes: number): WrittenContext {
  const directory = path.join(folder, `context-${files}`);
  const written = {
    what: `${files} files, ${(bytes / 1e9).toFixed(2)} GB of which three quarters are ignored`,
    directory,
    ignoreFile,
    ignored: 'node_modules',
    oneFile: 'src/part3/file7.ts',
  };
  if (existsSync(directory)) return written;
  const part = `${directory}.part`;
  rmSync(part, { recursive: true, force: true });
  writeWanted(path.join(part, 'src'), files * 0.8, bytes / 4);
  writeIgnored(path.join(part, written.ignored), files * 0.2, (bytes / 4) * 3);
  writeFileSync(path.join(part, '.dockerignore'), ignoreFile);
  writeFileSync(path.join(part, 'Dockerfile'), 'FROM scratch\nCOPY . /\n');
  renameSync(part, directory);
  return written;
}

function writeWanted(folder: string, count: number, bytes: number): void {
  const random = new Random(11);
  const pool = new ContentPool(random);
  forEachPlace(folder, count, 'ts', (file) => {
    writeFileSync(file, pool.take(random.below((bytes / count) * 2)));
    // Long ago, so that no look takes it for just written.
    utimesSync(file, 1_600_000_000, 1_600_000_000);
  });
}

function writeIgnored(folder: string, count: number, bytes: number): void {
  forEachPlace(folder, count, 'js', (file) => {
    writeFileSync(file, '');
    truncateSync(file, Math.round(bytes / count));
  });
}

function forEachPlace(folder: string, count: number, ending: string, write: (file: string) => void): void {
  for (let at = 0; at < count; at++) {
    const place = path.join(folder, `part${Math.floor(at / perFolder)}`);
    if (at % perFolder === 0) mkdirSync(place, { recursive: true });
    write(path.join(place, `file${at % perFolder}.${ending}`));
  }
}

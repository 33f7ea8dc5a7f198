import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { measureProcess, type ProcessFigures, type ProcessOptions } from './measureProcess.ts';
import type { Figure } from './report.ts';
import type { WrittenShape } from './writeShape.ts';

export const root = path.join(import.meta.dirname, '../..');
/** Where inputs are kept and reports go; git ignores it. */
export const output = path.join(root, 'out/bench');
/** Removed at the end. */
export const scratch = mkdtempSync(path.join(tmpdir(), 'lamina-bench-'));

/** The bundles that are measured. */
export const program = path.join(scratch, 'dist');

process.on('exit', () => {
  rmSync(scratch, { recursive: true, force: true });
});

/** Takes the figures down. */
export class Record {
  readonly figures: Figure[] = [];
  readonly missing: string[] = [];

  add(figure: Figure): void {
    this.figures.push(figure);
  }

  /** A time beside another of the same run. */
  compare(id: string, what: string, milliseconds: number, other: number, ratioOf: string): void {
    this.add({ id, what, value: milliseconds, unit: 'ms', ratio: milliseconds / other, ratioOf });
  }

  /** Says what could not be measured, and why. */
  miss(text: string): void {
    this.missing.push(text);
  }
}

export function runLamina(
  args: readonly string[],
  store: string,
  options: ProcessOptions = {},
): Promise<ProcessFigures> {
  return measureProcess(process.execPath, [path.join(program, 'cli.js'), ...args], {
    ...options,
    env: { ...process.env, LAMINA_STORE: store },
  });
}

export function freshStore(): string {
  return mkdtempSync(path.join(scratch, 'store-'));
}

export async function sum(
  items: readonly string[],
  run: (item: string) => Promise<ProcessFigures>,
): Promise<number> {
  let total = 0;
  for (const item of items) total += (await run(item)).milliseconds;
  return total;
}

/** The gzip layers, lowest first. */
export function layerBlobs({ oci }: WrittenShape): readonly string[] {
  const read = (digest: string): unknown => JSON.parse(readFileSync(blobOf(oci, digest), 'utf8'));
  const index = JSON.parse(readFileSync(path.join(oci, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  const manifest = read(index.manifests[0]?.digest ?? '') as { layers: { digest: string }[] };
  return manifest.layers.map(({ digest }) => blobOf(oci, digest));
}

export function folderBytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return files.reduce((total, file) => total + statSync(path.join(file.parentPath, file.name)).size, 0);
}

export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

/** A `dive` in PATH, or the one that the tests build. */
export function diveProgram(): string | undefined {
  if (isInstalled('dive')) return 'dive';
  const cache =
    process.env['LAMINA_TEST_CACHE'] ?? path.join(process.env['HOME'] ?? '', '.cache/lamina-test');
  const built = existsSync(cache)
    ? readdirSync(cache).find((name) => name.startsWith('dive-v') && !name.includes('.part'))
    : undefined;
  return built === undefined ? undefined : path.join(cache, built, 'dive');
}

function blobOf(oci: string, digest: string): string {
  return path.join(oci, 'blobs', digest.replace(':', '/'));
}

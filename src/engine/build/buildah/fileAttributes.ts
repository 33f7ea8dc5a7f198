import { spawnSync } from 'node:child_process';
import type { SentContext } from '../classic/sentContext.ts';
import { walkBelow } from '../classic/copySum.ts';

/** Extended attributes by path below a context, as byte strings. */
export type FileAttributes = ReadonlyMap<string, ReadonlyMap<string, string>>;

/**
 * The extended attributes that buildah copies, of everything below these paths. Node cannot read them, so the system's
 * `getfattr` does; undefined where there is none.
 */
export function readAttributes(
  context: SentContext,
  directory: string,
  paths: readonly string[],
): FileAttributes | undefined {
  const all = paths.flatMap((path) =>
    context.nodeAt(path)?.kind === 'directory' ? [path, ...walkBelow(context, path)] : [path],
  );
  const found = new Map<string, ReadonlyMap<string, string>>();
  for (let at = 0; at < all.length; at += atOnce) {
    const names = all.slice(at, at + atOnce).map((path) => `./${Buffer.from(path, 'latin1').toString()}`);
    const { status, stdout, error } = spawnSync(
      program,
      ['-h', '-d', '-e', 'hex', '-m', pattern, '--', ...names],
      { cwd: directory, maxBuffer: mostOutput, timeout: mostMs },
    );
    if (error !== undefined || status === null) return undefined;
    for (const [path, attributes] of parse(stdout.toString('latin1'))) found.set(path, attributes);
  }
  return found;
}

/** By its whole path: no program of the context's may be started in its place. */
const program = '/usr/bin/getfattr';
const pattern = '^(user\\.|security\\.capability$|security\\.ima$)';
const atOnce = 500;
const mostOutput = 64 * 2 ** 20;
const mostMs = 10_000;

/** `# file: a/b`, and lines `name=0x…`; odd characters of paths are octal. */
function parse(text: string): FileAttributes {
  const found = new Map<string, Map<string, string>>();
  let current = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, path] = /^# file: (?:\.\/)?(.*)$/.exec(line) ?? [];
    const [, name = '', hex] = /^([^=]+)=0x([0-9a-f]*)$/.exec(line) ?? [];
    if (path !== undefined) found.set(unescaped(path), (current = new Map<string, string>()));
    else if (hex !== undefined) current.set(name, Buffer.from(hex, 'hex').toString('latin1'));
  }
  return found;
}

function unescaped(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 8)));
}

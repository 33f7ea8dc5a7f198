import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { type ByteName, byteName, hexIfNotUtf8 } from '../../base/layerPath.ts';

/** Extended attributes of one file. */
export type Xattrs = ReadonlyMap<ByteName, ByteName>;

/**
 * Extended attributes of files, which Node cannot read: of Linux's own program where it is installed, found in the
 * system's directories alone. It reads and does nothing else, so that it is started in restricted mode too. Paths are
 * byte strings; such as are not UTF-8 cannot be given to a program, and are left out.
 *
 * @returns what has any, by path; undefined where there is no such program.
 */
export async function readXattrs(
  paths: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Xattrs> | undefined> {
  const program = programs.find((each) => process.platform === 'linux' && existsSync(each));
  if (program === undefined) return undefined;
  const found = new Map<string, Xattrs>();
  const askable = paths.filter((path) => hexIfNotUtf8(path) === undefined);
  for (let at = 0; at < askable.length; at += filesAtOnce) {
    const text = await outputOf(program, askable.slice(at, at + filesAtOnce), signal);
    for (const [path, xattrs] of parseGetfattr(text)) found.set(path, xattrs);
  }
  return found;
}

const programs = ['/usr/bin/getfattr', '/bin/getfattr'];
/** Their paths must fit into one command line. */
const filesAtOnce = 20;

/** It fails when one of the files is gone, and tells of the others. */
function outputOf(
  program: string,
  paths: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const files = paths.map((path) => Buffer.from(path, 'latin1').toString());
  const flags = ['--no-dereference', '--dump', '--match=-', '--encoding=hex', '--absolute-names', '--'];
  const options = {
    encoding: 'latin1',
    cwd: '/',
    env: { LC_ALL: 'C' },
    timeout: 10_000,
    maxBuffer: 16 * 2 ** 20,
    ...(signal !== undefined && { signal }),
  } as const;
  return new Promise((resolve) => {
    execFile(program, [...flags, ...files], options, (_error, stdout) => {
      resolve(stdout);
    });
  });
}

/** `# file: PATH`, a line `NAME=0xHEX` for each attribute, and an empty line. */
function parseGetfattr(text: string): ReadonlyMap<string, Xattrs> {
  const found = new Map<string, Map<ByteName, ByteName>>();
  let current = new Map<ByteName, ByteName>();
  for (const line of text.split('\n')) {
    const [, path] = /^# file: (.*)$/.exec(line) ?? [];
    if (path !== undefined) found.set(unquoted(path), (current = new Map<ByteName, ByteName>()));
    const [, name, , hex = ''] = /^([^#=][^=]*)(=0x([0-9a-f]*))?$/.exec(line) ?? [];
    if (name !== undefined)
      current.set(byteName(unquoted(name)), byteName(Buffer.from(hex, 'hex').toString('latin1')));
  }
  return found;
}

/** What cannot be printed is written in octal. */
function unquoted(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

/**
 * The bytes of a file of somebody else's; undefined of anything that is no file, or is larger. Without waiting: in the
 * place of a file may be a pipe.
 *
 * @throws the system's errors, `ENOENT` among them.
 */
export function readSmallFile(path: string | Buffer, mostBytes: number): Buffer | undefined {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(file);
    return stats.isFile() && stats.size <= mostBytes ? readFileSync(file) : undefined;
  } finally {
    closeSync(file);
  }
}

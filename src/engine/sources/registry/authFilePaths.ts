import { open } from 'node:fs/promises';
import path from 'node:path';
import { toEngineError } from '../../base/errors.ts';
import type { CredentialProblem } from './credentials.ts';

const maxBytes = 4 * 2 ** 20;

/** The files in which docker and podman keep credentials, docker's first. They need not exist. */
export function authFilePaths(
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): readonly string[] {
  const given = (name: string): string | undefined =>
    environment[name] === '' ? undefined : environment[name];
  const runtime = given('XDG_RUNTIME_DIR');
  const uid = process.getuid?.();
  const paths = [
    path.join(given('DOCKER_CONFIG') ?? path.join(home, '.docker'), 'config.json'),
    given('REGISTRY_AUTH_FILE'),
    runtime === undefined ? undefined : path.join(runtime, 'containers/auth.json'),
    uid === undefined ? undefined : `/run/containers/${uid}/auth.json`,
    path.join(given('XDG_CONFIG_HOME') ?? path.join(home, '.config'), 'containers/auth.json'),
  ];
  return [...new Set(paths.filter((each) => each !== undefined))];
}

/** The bytes of a file of credentials; undefined when there is none, or it cannot be read, which is a problem. */
export async function readAuthFile(
  file: string,
  problems: CredentialProblem[],
): Promise<Uint8Array | undefined> {
  try {
    await using handle = await open(file, 'r');
    const status = await handle.stat();
    if (status.isFile() && status.size <= maxBytes) return await handle.readFile();
    problems.push({ code: 'file-damaged', subject: file, detail: 'it is no file of credentials' });
  } catch (error) {
    const { code } = toEngineError(error, file);
    if (code !== 'not-found' && code !== 'not-a-directory')
      problems.push({ code: 'file-unreadable', subject: file, detail: code });
  }
  return undefined;
}

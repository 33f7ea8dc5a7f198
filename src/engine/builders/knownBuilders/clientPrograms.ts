import { access, constants, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { asObject, textList } from '../../oci/json.ts';
import type { Environment } from '../runs/clientEnvironment.ts';
import { askProgram } from './askProgram.ts';

/** A docker CLI of this machine. */
export interface ClientProgram {
  readonly path: string;
  /** `28.2.2` */
  readonly version: string;
  readonly hasBuildx: boolean;
}

/** The docker CLI that a terminal would start; undefined when there is none. It is asked for its version, and nothing else. */
export async function findDockerProgram(env: Environment): Promise<ClientProgram | undefined> {
  const program = await findProgramNamed('docker', env);
  if (program === undefined) return undefined;
  const [answer, hasBuildx] = await Promise.all([
    askProgram(program, ['--version'], env),
    hasPlugin('docker-buildx', env),
  ]);
  const version = /version (\d+\.\d+[^,\s]*)/.exec(answer)?.[1];
  // What podman installs under this name says so.
  return version === undefined || /podman/i.test(answer) ? undefined : { path: program, version, hasBuildx };
}

/** Where a program of this name lies in PATH. */
export async function findProgramNamed(name: string, env: Environment): Promise<string | undefined> {
  const folders = (env['PATH'] ?? env['Path'] ?? '')
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder));
  const endings = process.platform === 'win32' ? ['.exe'] : [''];
  for (const folder of folders)
    for (const ending of endings) {
      const file = path.join(folder, `${name}${ending}`);
      if (await isProgram(file)) return file;
    }
  return undefined;
}

function isProgram(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** Looked for where docker's CLI looks. */
async function hasPlugin(name: string, env: Environment): Promise<boolean> {
  const folders = await pluginFolders(env);
  const file = process.platform === 'win32' ? `${name}.exe` : name;
  const found = await Promise.all(folders.map((folder) => isProgram(path.join(folder, file))));
  return found.includes(true);
}

async function pluginFolders(env: Environment): Promise<readonly string[]> {
  const configured = env['DOCKER_CONFIG'];
  const own = configured === undefined || configured === '' ? path.join(homedir(), '.docker') : configured;
  const common =
    process.platform === 'win32'
      ? [env['ProgramData'], env['ProgramFiles']].flatMap((folder) =>
          folder === undefined ? [] : [path.join(folder, 'Docker', 'cli-plugins')],
        )
      : ['/usr/local/lib', '/usr/local/libexec', '/usr/lib', '/usr/libexec'].map((folder) =>
          path.join(folder, 'docker', 'cli-plugins'),
        );
  return [path.join(own, 'cli-plugins'), ...(await extraFolders(own)), ...common];
}

/** `cliPluginsExtraDirs` of docker's configuration. */
async function extraFolders(folder: string): Promise<readonly string[]> {
  try {
    const text = await readFile(path.join(folder, 'config.json'), 'utf8');
    return textList(asObject(JSON.parse(text)) ?? {}, 'cliPluginsExtraDirs').filter((each) =>
      path.isAbsolute(each),
    );
  } catch {
    return [];
  }
}

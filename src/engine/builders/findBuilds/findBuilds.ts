import { readdir } from 'node:fs/promises';
import path from 'node:path';
import type { BuildRequest } from '../../build/buildRequest.ts';
import { readText } from '../prepare/buildFiles.ts';
import { bakeBuildsOfHcl, bakeBuildsOfJson } from './bakeFile.ts';
import { composeBuilds, type NamedBuild } from './composeFile.ts';
import { parseEnvFile, type Values } from './interpolate.ts';

/** A build that somebody has written down, and where. */
export interface FoundBuild {
  /** The compose or bake file; undefined of a Dockerfile that no file names. */
  readonly file?: string;
  /** The service or target. */
  readonly name?: string;
  readonly request: BuildRequest;
}

const fileLimit = 2 ** 20;

/**
 * The builds that the files of a folder name: services of compose files first, then targets of bake files, then every
 * Dockerfile, built from its own folder. What cannot be read is left out. Nothing is started, and no file is followed.
 *
 * @param env what `${NAME}` in these files stands for, before the folder's `.env`.
 */
export async function findBuilds(
  folder: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly FoundBuild[]> {
  const names = await readdir(folder).catch((): readonly string[] => []);
  const settings = parseEnvFile((await textOf(folder, '.env')) ?? '');
  const values: Values = (name) => env[name] ?? settings.get(name);
  const found: FoundBuild[] = [];
  for (const [name, read] of readers)
    if (names.includes(name)) {
      const builds = read((await textOf(folder, name)) ?? '', folder, values);
      found.push(...builds.map((build) => ({ ...build, file: path.join(folder, name) })));
    }
  return [...found, ...names.filter(isDockerfile).map((name) => ({ request: plainRequest(folder, name) }))];
}

/**
 * The builds of one Dockerfile that files beside it or above it name, the nearest first.
 *
 * @param within the highest folder that is looked into; the Dockerfile's own when left out.
 */
export async function findBuildsOf(
  dockerfile: string,
  within: string = path.dirname(dockerfile),
  env?: Readonly<Record<string, string | undefined>>,
): Promise<readonly FoundBuild[]> {
  const found: FoundBuild[] = [];
  let folder = path.dirname(dockerfile);
  for (let depth = 0; depth < highest; depth++) {
    found.push(...(await findBuilds(folder, env)).filter(({ file }) => file !== undefined));
    const above = path.dirname(folder);
    if (folder === within || above === folder) break;
    folder = above;
  }
  return found.filter(({ request }) => request.dockerfile === dockerfile);
}

const highest = 10;

type Reader = (text: string, folder: string, values: Values) => readonly NamedBuild[];

const readers: readonly (readonly [name: string, read: Reader])[] = [
  ['compose.yaml', composeBuilds],
  ['compose.yml', composeBuilds],
  ['docker-compose.yaml', composeBuilds],
  ['docker-compose.yml', composeBuilds],
  ['docker-bake.json', bakeBuildsOfJson],
  ['docker-bake.hcl', bakeBuildsOfHcl],
];

function textOf(folder: string, name: string): Promise<string | undefined> {
  return readText(path.join(folder, name), fileLimit).catch(() => undefined);
}

function isDockerfile(name: string): boolean {
  return (
    /^(?:Dockerfile|Containerfile)(?:\..+)?$|\.(?:Dockerfile|Containerfile)$/i.test(name) &&
    !/ignore$/i.test(name)
  );
}

function plainRequest(folder: string, name: string): BuildRequest {
  return { context: folder, dockerfile: path.join(folder, name), buildArgs: new Map(), tags: [] };
}

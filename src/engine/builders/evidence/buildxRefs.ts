import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { asObject, parseJson, textMember } from '../../oci/json.ts';
import type { Environment } from '../runs/clientEnvironment.ts';

/** What was built, as absolute paths. */
export interface BuiltPlaces {
  readonly context?: string;
  readonly dockerfile?: string;
}

/** What buildx keeps of its builds in files of its own, beside docker's configuration: `refs/BUILDER/NODE/BUILD`. */
export class BuildxRefs {
  readonly #known = new Map<string, BuiltPlaces | undefined>();

  /** @param ref a build as the history calls it. */
  async find(ref: string, env: Environment): Promise<BuiltPlaces | undefined> {
    if (!this.#known.has(ref)) this.#known.set(ref, await readPlaces(ref, env));
    return this.#known.get(ref);
  }
}

async function readPlaces(ref: string, env: Environment): Promise<BuiltPlaces | undefined> {
  if (!/^[a-z0-9]+$/.test(ref)) return undefined;
  const docker = setIn(env, 'DOCKER_CONFIG') ?? path.join(setIn(env, 'HOME') ?? homedir(), '.docker');
  const refs = path.join(setIn(env, 'BUILDX_CONFIG') ?? path.join(docker, 'buildx'), 'refs');
  for (const builder of await readdir(refs).catch(() => []))
    for (const node of await readdir(path.join(refs, builder)).catch(() => [])) {
      const file = path.join(refs, builder, node, ref);
      const text = await readFile(file).catch(() => undefined);
      if (text !== undefined) return placesIn(text, file);
    }
  return undefined;
}

function placesIn(text: Buffer, file: string): BuiltPlaces | undefined {
  try {
    const told = asObject(parseJson(text, file, 'config').value) ?? {};
    const [context, dockerfile] = ['LocalPath', 'DockerfilePath'].map((name) => textMember(told, name));
    // Where none was named it is the context's own.
    const named = dockerfile ?? (context && path.join(context, 'Dockerfile'));
    return { ...isPlace(context, 'context'), ...isPlace(named, 'dockerfile') };
  } catch {
    return undefined;
  }
}

/** It may be an address, or standard input. */
function isPlace(place: string | undefined, name: keyof BuiltPlaces): BuiltPlaces {
  return place !== undefined && path.isAbsolute(place) ? { [name]: place } : {};
}

/** An empty variable is none. */
function setIn(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

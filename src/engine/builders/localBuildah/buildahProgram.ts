import path from 'node:path';
import { throwIfAborted } from '../../base/abort.ts';
import { EngineError } from '../../base/errors.ts';
import { asObject, type JsonObject, textList, textMember } from '../../oci/json.ts';
import { askProgram } from '../knownBuilders/askProgram.ts';
import type { Environment } from '../runs/clientEnvironment.ts';

/** A buildah of this machine, as it tells of itself. */
export interface BuildahProgram {
  /** `1.28.2` */
  readonly version: string;
  /** The folders in which its images are recorded, that of its own store first. */
  readonly imageFolders: readonly string[];
}

/**
 * Asks buildah's program for its version, and for the places of its store; it builds nothing.
 *
 * @throws EngineError `unsupported` when it tells neither; `cancelled`.
 */
export async function askBuildah(
  program: string,
  env: Environment,
  signal?: AbortSignal,
): Promise<BuildahProgram> {
  const [named, info] = await Promise.all([
    askProgram(program, ['--version'], env, signal),
    askProgram(program, ['info'], env, signal),
  ]);
  throwIfAborted(signal, program);
  const version = /^buildah version (\d+\.\d+[^\s(]*)/.exec(named)?.[1];
  const imageFolders = foldersIn(storeIn(info));
  if (version === undefined || imageFolders.length === 0)
    throw new EngineError('unsupported', program, 'it does not tell its version and its store');
  return { version, imageFolders };
}

function storeIn(info: string): JsonObject {
  try {
    return asObject(asObject(JSON.parse(info))?.['store']) ?? {};
  } catch {
    return {};
  }
}

/** Of the store itself, and of others that it only reads: they are among the options of its driver. */
function foldersIn(store: JsonObject): readonly string[] {
  const [root, driver] = [textMember(store, 'GraphRoot'), textMember(store, 'GraphDriverName')];
  if (root === undefined || driver === undefined || !path.isAbsolute(root) || !/^[a-z0-9]+$/.test(driver))
    return [];
  const others = textList(store, 'GraphOptions').flatMap(
    (option) => /^[^=]*\bimagestore=(.+)$/.exec(option)?.[1]?.split(',') ?? [],
  );
  const roots = [root, ...others.filter((each) => path.isAbsolute(each))];
  return roots.map((each) => path.join(each, `${driver}-images`));
}

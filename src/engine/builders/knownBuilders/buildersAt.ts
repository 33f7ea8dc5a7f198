import { isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { AskedEngine } from '../askedEngine.ts';
import type { Builder } from '../builds.ts';
import type { Environment } from '../runs/clientEnvironment.ts';
import { findProgramNamed } from './clientPrograms.ts';
import { engineBuilders } from './engineBuilders.ts';
import { standaloneBuilder } from './standaloneBuilder.ts';

/**
 * The builders behind an address: those of an engine, or a BuildKit that stands alone.
 *
 * @throws EngineError what the engine's client says.
 */
export async function buildersAt(
  { client, buildkit }: Pick<AskedEngine, 'client' | 'buildkit'>,
  env: Environment,
  options: CallOptions,
): Promise<readonly Builder[]> {
  try {
    const parts = { env, buildkitVersions: ({ signal }: CallOptions) => buildkit.versions(signal) };
    return await engineBuilders(client, parts, options);
  } catch (error) {
    if (isEngineError(error, 'cancelled')) throw error;
    const program = await findProgramNamed('buildctl', env);
    const alone = await standaloneBuilder(buildkit, program, options.signal).catch(() => undefined);
    if (alone !== undefined) return [alone];
    throw error;
  }
}

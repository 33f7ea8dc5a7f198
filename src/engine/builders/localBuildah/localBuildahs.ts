import { isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuilderImage } from '../../build/classic/builderImage.ts';
import { sha256 } from '../../build/sha256.ts';
import type { Builder } from '../builds.ts';
import { findProgramNamed } from '../knownBuilders/clientPrograms.ts';
import type { Environment } from '../runs/clientEnvironment.ts';
import { askBuildah, type BuildahProgram } from './buildahProgram.ts';
import { StoredBuildahImages } from './storedImages.ts';

interface LocalBuildah {
  readonly told: BuildahProgram;
  readonly images: StoredBuildahImages;
}

/** The buildah of this machine, which has no engine: its program is asked once where its store is. */
export class LocalBuildahs {
  readonly #env: Environment;
  readonly #asked = new Map<string, Promise<LocalBuildah>>();

  constructor(env: Environment) {
    this.#env = env;
  }

  /** The one that a terminal would start; none when there is no such program, or it does not tell of itself. */
  async builders({ signal }: CallOptions): Promise<readonly Builder[]> {
    const program = await findProgramNamed('buildah', this.#env);
    if (program === undefined) return [];
    // Another version may have been installed meanwhile, or another store configured.
    this.#asked.delete(program);
    try {
      return [builderOf(program, (await this.#at(program, signal)).told)];
    } catch (error) {
      if (isEngineError(error, 'unsupported')) return [];
      throw error;
    }
  }

  /**
   * Every image of its store.
   *
   * @throws EngineError as {@link askBuildah} and {@link StoredBuildahImages.read}.
   */
  async images(program: string, signal?: AbortSignal): Promise<readonly BuilderImage[]> {
    return (await this.#at(program, signal)).images.read(signal);
  }

  #at(program: string, signal: AbortSignal | undefined): Promise<LocalBuildah> {
    const asking = this.#asked.get(program) ?? ask(program, this.#env, signal);
    this.#asked.set(program, asking);
    asking.catch(() => this.#asked.delete(program));
    return asking;
  }
}

async function ask(
  program: string,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<LocalBuildah> {
  const told = await askBuildah(program, env, signal);
  return { told, images: new StoredBuildahImages(told.imageFolders) };
}

function builderOf(program: string, { version, imageFolders }: BuildahProgram): Builder {
  const place = sha256(JSON.stringify(imageFolders)).slice(7, 23);
  const short = version.split('.').slice(0, 2).join('.');
  return {
    identity: {
      id: `buildah-${place}#buildah`,
      ...{ kind: 'buildah', client: 'buildah', name: `buildah ${short}`, version },
    },
    program,
  };
}

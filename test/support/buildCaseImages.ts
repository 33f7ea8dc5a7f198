import type { CaseImage } from './buildCases.ts';
import { type BuiltImage, buildImage, type LayerLiteral } from './buildImage.ts';

/** Where the images and pages of a case are: a registry on loopback, or nothing but memory. */
export interface CaseWorld {
  /** `host:port` */
  readonly registry: string;
  /** @param name as it stands for a placeholder: `127.0.0.1:5999/exam/SALT:base`. */
  publish(name: string, image: BuiltImage): void | Promise<void>;
  /** @param path below the root of the server that is the registry. */
  serve(path: string, content: string, headers: Readonly<Record<string, string>>): void | Promise<void>;
}

/**
 * Images in memory, for tests without a builder. An image of the same content has the same digests always. What an
 * engine has pulled stays what it was when the tag moves.
 */
export class FakeCaseWorld implements CaseWorld {
  readonly registry = '127.0.0.1:5999';
  readonly pages = new Map<string, string>();
  readonly #images = new Map<string, BuiltImage>();
  readonly #pulled = new Map<string, BuiltImage>();

  publish(name: string, image: BuiltImage): void {
    this.#images.set(name, image);
  }

  serve(path: string, content: string): void {
    this.pages.set(path, content);
  }

  /** As the registry has it now. */
  atRegistry(name: string): BuiltImage | undefined {
    return this.#images.get(name);
  }

  /** The engine takes the image as it is now; the classic builder does that at its first build, BuildKit does not. */
  pull(name: string): void {
    const image = this.#images.get(name);
    if (image !== undefined) this.#pulled.set(name, image);
  }

  /** What a Docker Engine takes for a name: its own image, unless the registry is asked (`--pull`). */
  inEngine(name: string, isPulling = false): BuiltImage | undefined {
    return (isPulling ? undefined : this.#pulled.get(name)) ?? this.#images.get(name);
  }
}

/** What acts on steps of an image's config, as `BaseImage` of a plan has it. */
export function configOfCaseImage(image: BuiltImage): {
  readonly env: readonly string[];
  readonly workingDirectory: string;
  readonly user: string;
  readonly shell: readonly string[];
  readonly onbuild: readonly string[];
  readonly hasLayers: boolean;
} {
  const { config } = JSON.parse(image.config.toString()) as { readonly config: RuntimeConfig };
  return {
    env: config.Env ?? [],
    workingDirectory: config.WorkingDir ?? '',
    user: config.User ?? '',
    shell: config.Shell ?? [],
    onbuild: config.OnBuild ?? [],
    hasLayers: image.layers.length > 0,
  };
}

/**
 * The image that stands for a placeholder: a root, a layer that is another in every run, and the files of the case.
 *
 * @param root the lowest layer, with programs where they are run.
 */
export function caseImage(
  name: string,
  { rev = 1, files = {}, config = {} }: CaseImage,
  salt: string,
  root: LayerLiteral,
): BuiltImage {
  const own = Object.entries(files).map(([file, text]) => [file, text.replaceAll('@SALT@', salt)]);
  const layers: readonly LayerLiteral[] = [
    root,
    { salt: `${name} ${salt} ${rev}\n` },
    ...(own.length === 0 ? [] : [Object.fromEntries(own) as Readonly<Record<string, string>>]),
  ];
  return buildImage(layers, { compression: 'gzip', format: 'docker', runtime: runtimeOf(config) });
}

/** The root where nothing is run. */
export const emptyRoot: LayerLiteral = { 'bin/': '', 'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\n' };

function runtimeOf({
  env = ['PATH=/usr/bin:/bin'],
  labels,
  workdir,
  user,
  shell,
  onbuild,
}: NonNullable<CaseImage['config']>): Readonly<Record<string, unknown>> {
  const all = { Env: env, Cmd: ['/bin/sh'], Labels: labels, WorkingDir: workdir, User: user, Shell: shell };
  return Object.fromEntries(
    Object.entries({ ...all, OnBuild: onbuild }).filter(([, value]) => value !== undefined),
  );
}

interface RuntimeConfig {
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
  readonly Shell?: readonly string[];
  readonly OnBuild?: readonly string[];
}

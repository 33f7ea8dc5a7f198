import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BuildkitBuild } from '../../../../src/engine/build/cache/buildkitQuestion.ts';
import type { ListedRecord, SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import type { KeyedBuild } from '../../../../src/engine/build/cache/vertex.ts';
import { BuildContext } from '../../../../src/engine/build/contextHash/buildContext.ts';
import { localContextView } from '../../../../src/engine/build/contextHash/localContextView.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { outputKey } from '../../../../src/engine/build/operationKey/outputKey.ts';
import { keyBuild } from '../../../../src/engine/build/vertices/keyBuild.ts';
import { imageEvidence } from '../../../../src/engine/builders/imageEvidence/imageEvidence.ts';
import type { ImageQuestion } from '../../../../src/engine/builders/imageEvidence/imageQuestion.ts';
import type { LayerFiles } from '../../../../src/engine/builders/imageEvidence/layerFiles.ts';
import { LayerChanges } from '../../../../src/engine/compare/layerChanges.ts';
import { createUnionView } from '../../../../src/engine/rootfs/unionView.ts';
import { type Image, toImage } from '../../../../src/engine/sources/image.ts';
import {
  type BuiltImage,
  buildImage,
  type ImageOptions,
  type LayerLiteral,
} from '../../../support/buildImage.ts';
import { planOf } from '../../../support/planOf.ts';
import { settledTimes } from '../../../support/settledTimes.ts';
import { tempDir } from '../../../support/tempDir.ts';
import { contentOf, indexTar } from '../../../support/unionOf.ts';

/**
 * A file of a context: text, `->target`, or text with a mode; a name with a `/` at its end is a directory. `keepsTime`: with
 * the time of its own writing.
 */
export type ContextLiteral = Readonly<
  Record<string, string | { readonly text: string; readonly mode: number; readonly keepsTime?: true }>
>;

/** What files of literal layers and contexts have for a time: seconds since 1970. */
export const written = 1_700_000_000;
const runtime = { Env: ['PATH=/bin'] };
const platform = { os: 'linux', architecture: 'amd64' };
const baseLayer: LayerLiteral = {
  'bin/': '',
  'etc/passwd': 'root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/:/bin/sh\n',
  'etc/group': 'web:x:33:\n',
  'usr/lib/': '',
  lib: { type: 'symlink', link: 'usr/lib' },
};

export const base = buildImage([baseLayer], { runtime, history: [{ created_by: 'base' }] });

export interface Scene {
  readonly dockerfile: string;
  readonly context?: ContextLiteral;
  /** Above the base's: texts, and the layer that each made. */
  readonly history: readonly (readonly [text: string, layer?: LayerLiteral])[];
  readonly args?: Readonly<Record<string, string>>;
  readonly version?: string;
  /** `api`: the context is sent as a tar. */
  readonly client?: 'buildx' | 'api';
  /** When the history says that each entry was made. */
  readonly created?: string;
  readonly listed?: readonly ListedRecord[];
  readonly keys?: ImageQuestion['keys'];
  readonly image?: ImageOptions;
  /** The image that FROM would take now. */
  readonly baseNow?: BuiltImage;
  readonly request?: Partial<BuildkitBuild['request']>;
  readonly hidesBaseHistory?: boolean;
}

export interface Told {
  readonly seen: SeenBuild;
  readonly keyed: KeyedBuild;
  /** For each instruction with a vertex: `same`, or the state and the code of what was found. */
  readonly states: readonly string[];
}

/** What an image says of a Dockerfile on its base. */
export async function tell(scene: Scene): Promise<Told> {
  const { build, built } = buildOf(scene);
  await settledTimes();
  const keyed = keyBuild(build, keyFormatOf(build.builder.version ?? ''));
  const seen = await imageEvidence({
    build,
    keyed,
    image: imageOf(built),
    layers: layersOf(built),
    ...(scene.hidesBaseHistory !== true && { baseHistory: ['base'] }),
    ...(scene.listed && { listed: scene.listed }),
    ...(scene.keys && { keys: scene.keys }),
  });
  if (seen === undefined) throw new Error('the image tells nothing');
  return { seen, keyed, states: statesOf(seen, keyed) };
}

export function buildOf(scene: Scene): { readonly build: BuildkitBuild; readonly built: BuiltImage } {
  const { dockerfile, history, args = {}, version = 'v0.33.0', client = 'buildx' } = scene;
  const { baseNow = base, created } = scene;
  const entries = history.map(([text, layer]) => ({
    created_by: text,
    comment: 'buildkit.dockerfile.v0',
    ...(created !== undefined && { created }),
    ...(layer === undefined && { empty_layer: true }),
  }));
  const layers = history.flatMap(([, layer]) => (layer === undefined ? [] : [layer]));
  const built = buildImage([baseLayer, ...layers], {
    runtime,
    history: [{ created_by: 'base' }, ...entries],
    names: ['docker.io/library/exam:latest'],
    ...scene.image,
  });
  const { config } = JSON.parse(baseNow.config.toString()) as { readonly config: BaseConfig };
  const { Env = [], WorkingDir = '', User = '' } = config;
  const images = { 'docker.io/library/base:latest': { env: Env, workingDirectory: WorkingDir, user: User } };
  const build: BuildkitBuild = {
    builder: { id: 'b', kind: 'buildkit', client, name: 'BuildKit', version },
    request: {
      context: '',
      dockerfile: '',
      buildArgs: new Map(Object.entries(args)),
      tags: [],
      ...scene.request,
    },
    dockerfile: parseDockerfile(dockerfile),
    plan: planOf(dockerfile, { args, images }),
    context: contextOf(scene.context ?? {}),
    image: () => ({
      kind: 'known',
      manifest: baseNow.manifestDigest,
      diffIds: baseNow.layers.map(({ diffId }) => diffId),
    }),
  };
  return { build, built };
}

interface BaseConfig {
  readonly Env?: readonly string[];
  readonly WorkingDir?: string;
  readonly User?: string;
}

function statesOf(seen: SeenBuild, { vertices }: KeyedBuild): readonly string[] {
  return vertices.flatMap(({ operation, step }, position) => {
    if (step === undefined) return [];
    const key = operation && outputKey(operation.digest, 0);
    const finding = seen.steps.find((each) => each.finding?.vertex === position)?.finding;
    if (finding !== undefined) return [`${finding.state} ${finding.reason.code}`];
    return [seen.records.some((record) => record.key === key) ? 'same' : 'nothing'];
  });
}

/** A directory on the disk, and what a context says of it. */
function contextOf(literal: ContextLiteral): BuildkitBuild['context'] {
  const directory = tempDir().path;
  for (const [name, value] of Object.entries(literal)) put(path.join(directory, name), value);
  return localContextView(new BuildContext(directory, { isIgnored: () => false, isSkipped: () => false }));
}

function put(file: string, value: ContextLiteral[string]): void {
  mkdirSync(file.endsWith('/') ? file : path.dirname(file), { recursive: true, mode: 0o755 });
  if (file.endsWith('/')) return;
  const { text, mode, keepsTime } =
    typeof value === 'string' ? { text: value, mode: 0o644, keepsTime: undefined } : value;
  if (text.startsWith('->')) {
    symlinkSync(text.slice(2), file);
    return;
  }
  writeFileSync(file, text);
  chmodSync(file, mode);
  if (keepsTime !== true) utimesSync(file, written, written);
}

export function imageOf(built: BuiltImage): Image {
  const variant = { position: 0, platform, isAvailable: true };
  const entry = { position: 0, names: built.names, variants: [variant], attachments: [], problems: [] };
  const layers = built.layers.map(({ digest, mediaType, blob }) => ({
    descriptor: { mediaType, digest, size: blob.length },
  }));
  const core = { names: built.names, configBytes: built.config, layers, attachments: [], problems: [] };
  return toImage({ location: '/image.tar' }, entry, variant, core);
}

export function layersOf({ layers }: Pick<BuiltImage, 'layers'>): LayerFiles {
  const tars = layers.map(({ tar }) => tar);
  const indexes = tars.map((tar) => indexTar(tar));
  const view = (upTo: number): ReturnType<typeof createUnionView> =>
    createUnionView(indexes.slice(0, upTo + 1));
  return {
    rootfs: (upTo) => Promise.resolve(upTo < 0 ? undefined : view(upTo)),
    changes: (layer) => Promise.resolve([...new LayerChanges(view(layer)).all()]),
    read: (file) => Promise.resolve(contentOf(view(indexes.length - 1), tars, file)),
    sha256: (file) =>
      Promise.resolve(
        createHash('sha256')
          .update(contentOf(view(indexes.length - 1), tars, file))
          .digest('hex'),
      ),
  };
}

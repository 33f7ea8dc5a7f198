import path from 'node:path';
import { openSource } from '../../src/engine/sources/index.ts';
import { ImageStore } from '../../src/engine/transfer/imageStore.ts';
import { type BuiltImage, buildImage } from './buildImage.ts';
import { tempDir } from './tempDir.ts';
import { writeDockerArchive } from './writeDockerArchive.ts';
import { type LayoutEntry, writeOciLayout } from './writeOciLayout.ts';

/** One image that is stored and saved, and what a container of it sees below `/app`. */
export interface SavedExample {
  readonly what: string;
  /** In full. */
  readonly name: string;
  /** Of the platform that is looked at. */
  readonly image: BuiltImage;
  /** As it is imported. */
  readonly location: () => string;
  readonly files: readonly string[];
  /** An archive that names no manifest. */
  readonly isBare?: boolean;
  /** Docker has unpacked zstd since 23.0. */
  readonly needsDocker23?: boolean;
}

const layers = [
  { 'app/': { type: 'dir' }, 'app/kept': 'kept', 'app/gone': 'gone', 'app/changed': 'before' },
  { 'app/.wh.gone': '', 'app/changed': 'after', 'app/deep/er/file': 'x'.repeat(70_000) },
  { 'app/link': { type: 'symlink', link: 'kept' }, 'app/empty': '' },
] as const;
const files = ['changed', 'deep', 'deep/er', 'deep/er/file', 'empty', 'kept', 'link'];

const arm = buildImage([{ 'app/arm64': '' }], { architecture: 'arm64' });

export const savedExamples: readonly SavedExample[] = [
  ...(['gzip', 'plain', 'zstd'] as const).map((compression) =>
    inLayout(
      `layers stored as ${compression}`,
      buildImage(layers, { names: [`docker.io/library/${compression}:1`], compression }),
      compression === 'zstd',
    ),
  ),
  bare('an archive without manifests', 'legacy', 'plain'),
  bare('an archive of packed layers without manifests', 'kaniko', 'gzip'),
  platforms('two platforms with attestations', 'artifact'),
  platforms('two platforms with attestations of the old form', 'legacy'),
];

function inLayout(what: string, image: BuiltImage, needsDocker23: boolean): SavedExample {
  const location = (): string => writeOciLayout(image, tempDir().path);
  return { what, name: image.names[0]!, image, location, files, ...(needsDocker23 && { needsDocker23 }) };
}

function bare(what: string, shape: 'legacy' | 'kaniko', compression: 'plain' | 'gzip'): SavedExample {
  const name = `quay.io/team/${shape}:v1`;
  const image = buildImage(layers, { names: [name], format: 'docker', compression });
  const location = (): string => writeDockerArchive(image, tempDir().file('archive.tar'), { shape });
  return { what, name, image, location, files, isBare: true };
}

function platforms(what: string, attestation: 'artifact' | 'legacy'): SavedExample {
  const name = `localhost/platforms:${attestation}`;
  const image = buildImage(layers, { compression: 'gzip' });
  const entry: LayoutEntry = { names: [name], platforms: [image, arm], attestation };
  return { what, name, image, location: () => writeOciLayout(entry, tempDir().path), files };
}

/** A store that holds the examples, and the archives they were saved to. */
export interface SavedArchives {
  readonly directory: string;
  /** The archive of one example; all of them in one without a name. */
  readonly archive: (format: 'oci-archive' | 'docker-archive', name?: string) => string;
}

/** Imports the examples into a new store, and saves each, and all together, in both formats. */
export async function saveExamples(): Promise<SavedArchives> {
  const folder = tempDir().path;
  const store = new ImageStore(path.join(folder, 'store'));
  for (const { location } of savedExamples) {
    await using source = await openSource(location(), { spoolDirectory: folder });
    for (const entry of await source.list()) await store.import(source, entry, undefined);
  }
  const archive: SavedArchives['archive'] = (format, name = 'all') =>
    path.join(folder, `${name.replace(/[/:]/g, '_')}-${format}.tar`);
  await using source = await store.source();
  const entries = await source.list();
  for (const format of ['oci-archive', 'docker-archive'] as const) {
    for (const entry of entries)
      await store.save({ images: [{ source, entry }], format, destination: archive(format, entry.names[0]) });
    const images = entries.map((entry) => ({ source, entry }));
    await store.save({ images, format, destination: archive(format) });
  }
  return { directory: store.directory, archive };
}

import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { openSource } from '../../src/engine/sources/index.ts';
import { type BuiltImage, type Compression, buildImage } from '../support/buildImage.ts';
import { tempDir } from '../support/tempDir.ts';
import { type DockerArchiveShape, writeDockerArchive } from '../support/writeDockerArchive.ts';
import { writeOciArchive, writeOciLayout, writeSkopeoDir } from '../support/writeOciLayout.ts';
import { type ImageSourceUnderTest, describeImageSource } from './imageSourceContract.ts';

const folder = tempDir();

function images(compression: Compression, format: 'oci' | 'docker' = 'oci'): readonly BuiltImage[] {
  const base = { 'etc/motd': 'hello', 'bin/sh': '#!' };
  return [
    buildImage([base, { 'etc/.wh.motd': '' }, { b: 'x' }], {
      names: ['docker.io/library/one:1', 'example.com/team/one:latest'],
      ...{ compression, format },
    }),
    buildImage([base, { c: 'y' }], {
      names: ['docker.io/library/two:2'],
      ...{ compression, format, architecture: 'arm64', variant: 'v8' },
    }),
  ];
}

const open = (location: string) => () => openSource(location, { spoolDirectory: folder.file('spool') });

const inDigests = { hasManifests: true, keepsLayers: true, keepsNames: true };
const inNames = { hasManifests: false, keepsLayers: true, keepsNames: true };

/** Every form a source comes in; a new one is tested by a line here. */
const forms: Readonly<Record<string, () => ImageSourceUnderTest>> = {
  'OCI layout': () => ({
    ...inDigests,
    images: images('gzip'),
    open: open(writeOciLayout(images('gzip'), folder.file('layout'))),
  }),
  'OCI layout by its index.json': () => ({
    ...inDigests,
    images: images('gzip'),
    open: open(`${writeOciLayout(images('gzip'), folder.file('layout'))}/index.json`),
  }),
  'OCI archive': () => ({
    ...inDigests,
    images: images('zstd'),
    open: open(writeOciArchive(images('zstd'), folder.file('oci.tar'))),
  }),
  'OCI archive of docker manifests': () => ({
    ...inDigests,
    images: images('gzip', 'docker'),
    open: open(writeOciArchive(images('gzip', 'docker'), folder.file('oci-docker.tar'))),
  }),
  'OCI archive, gzip as a whole': () => ({
    ...inDigests,
    images: images('plain'),
    open: open(writeOciArchive(images('plain'), folder.file('oci.tar.gz'), { compression: 'gzip' })),
  }),
  'folder of skopeo': () => ({
    ...inDigests,
    keepsNames: false,
    images: images('gzip').slice(0, 1),
    open: open(writeSkopeoDir(images('gzip')[0]!, folder.file('dir'))),
  }),
  'docker archive, legacy': () => ({
    ...inNames,
    images: images('plain'),
    open: open(archive('plain', 'legacy')),
  }),
  'docker archive, podman': () => ({
    ...inNames,
    images: images('plain'),
    open: open(archive('plain', 'podman')),
  }),
  'docker archive, kaniko': () => ({
    ...inNames,
    images: images('gzip'),
    open: open(archive('gzip', 'kaniko')),
  }),
  'docker archive, legacy, zstd as a whole': () => ({
    ...inNames,
    images: images('plain'),
    open: open(
      writeDockerArchive(images('plain'), folder.file('legacy.tar.zst'), {
        shape: 'legacy',
        compression: 'zstd',
      }),
    ),
  }),
  'docker archive of Docker 25': () => ({
    ...inDigests,
    hasManifests: false,
    images: images('plain'),
    open: open(archive('plain', 'modern')),
  }),
  'docker archive of the containerd store': () => ({
    ...inDigests,
    images: images('gzip'),
    open: open(archive('gzip', 'containerd')),
  }),
  'docker archive, unpacked to a folder': () => ({
    ...inNames,
    images: images('plain'),
    open: open(unpacked(archive('plain', 'legacy'))),
  }),
};

for (const [name, make] of Object.entries(forms)) describeImageSource(name, make());

function archive(compression: Compression, shape: DockerArchiveShape): string {
  return writeDockerArchive(images(compression), folder.file(`${shape}.tar`), { shape });
}

function unpacked(file: string): string {
  const destination = folder.file('unpacked');
  mkdirSync(destination, { recursive: true });
  execFileSync('tar', ['-xf', file, '-C', destination]);
  return destination;
}

import path from 'node:path';
import { type ImageOptions, type LayerLiteral, buildImage } from '../support/buildImage.ts';
import { type DockerArchiveOptions, writeDockerArchive } from '../support/writeDockerArchive.ts';
import { type PlatformImages, writeOciArchive } from '../support/writeOciLayout.ts';
import { fixture } from '../support/fixtures.ts';
import type { EngineArchive } from './engineArchives.ts';

const layers: readonly LayerLiteral[] = [
  { 'etc/': '', 'etc/motd': 'hello', link: { type: 'symlink', link: 'etc/motd' } },
  { 'etc/.wh.motd': '', b: 'x'.repeat(1125), hard: { type: 'hardlink', link: 'b' } },
  { c: 'y'.repeat(112_500) },
];

/** Archives written here for what no builder makes willingly; and how each is written. */
const written: Readonly<Record<string, (file: string) => string>> = {
  ...Object.fromEntries(
    (['legacy', 'modern', 'containerd', 'podman', 'kaniko'] as const).map((shape) => [
      `shape-${shape}`,
      docker(
        layers,
        { names: names('z:1', 'a:2'), compression: shape === 'kaniko' ? 'gzip' : 'plain' },
        { shape },
      ),
    ]),
  ),
  zstd: docker(layers, { names: names('zstd:1'), compression: 'zstd' }, { shape: 'kaniko' }),
  'odd-texts': docker(layers, oddTexts(), { shape: 'legacy' }),
  'old-fields': docker(layers, oldFields()),
  'no-history': docker(layers, {
    names: names('none:1'),
    config: { history: undefined, created: undefined },
  }),
  'fewer-steps': docker(layers, { names: names('few:1'), history: [{ created_by: 'one' }] }),
  'empty-steps': docker(layers, {
    names: names('empty:1'),
    history: [
      { created_by: 'one', empty_layer: true },
      { created_by: 'two', empty_layer: true },
    ],
    config: { config: undefined },
  }),
  'same-layers': docker([layers[0] ?? {}, layers[0] ?? {}], { names: names('same:1') }, { shape: 'legacy' }),
  'no-layers': docker([], { names: names('nothing:1') }, { shape: 'kaniko' }),
  'no-os': docker(layers, { names: names('noos:1'), config: { os: undefined } }, { shape: 'legacy' }),
  untagged: docker(layers, {}, { shape: 'legacy' }),
  'odd-dates': docker(layers, oddDates(), { shape: 'legacy' }),
  'odd-case': docker(layers, {
    names: names('case:1'),
    config: { config: { ENV: ['x=y'], labels: { a: 'b' }, cmd: ['c'] }, Author: 'case' },
  }),
};

const writtenLayouts: Readonly<Record<string, (file: string) => string>> = {
  'oci-docker-names': (file) => writeOciArchive(buildImage(layers, { names: names('oci:1') }), file),
  'oci-podman-names': (file) =>
    writeOciArchive(buildImage(layers, { names: names('oci:1') }), file, { names: 'podman' }),
  ...Object.fromEntries(
    ([undefined, 'artifact', 'legacy'] as const).map((attestation) => [
      `platforms-${attestation ?? 'bare'}`,
      (file: string) => writeOciArchive(twoPlatforms(attestation), file),
    ]),
  ),
};

/** Archives of others that both stores load. */
const peers = [
  'dive/test-docker-image.tar',
  'fanal/alpine-310.tar.gz',
  'go-containerregistry/historic/test_image_1.tar.gz',
  'go-containerregistry/historic/foreign.tar',
  'go-containerregistry/historic/source_image_all_empty.tar',
  'go-containerregistry/mutate/overwritten_file.tar',
  'go-containerregistry/mutate/whiteout_dir.tar',
  'go-containerregistry/mutate/source_image_with_empty_layer_history.tar',
  'go-containerregistry/tarball/test_link.tar',
  'osv-scalibr/layerscanning/two-files.tar',
  'osv-scalibr/unpack/symlinks.tar',
  'osv-scalibr/unpack/permissions.tar',
];

const peerLayouts = [
  'dive/test-oci-gzip-image.tar',
  'dive/test-oci-zstd-image.tar',
  'stereoscope/valid-oci.tar',
];

/** Archives that are there already, or are written in a moment. */
export const literalArchives: readonly EngineArchive[] = [
  ...archivesOf(Object.entries(written), ['classic', 'containerd']),
  ...archivesOf(Object.entries(writtenLayouts), ['containerd']),
  ...archivesOf(peers.map(peer), ['classic', 'containerd']),
  ...archivesOf(peerLayouts.map(peer), ['containerd']),
];

function archivesOf(
  all: readonly (readonly [string, (file: string) => string])[],
  loadsIn: EngineArchive['loadsIn'],
): readonly EngineArchive[] {
  return all.map(([name, write]) => ({
    name,
    loadsIn,
    file: (folder) => write(path.join(folder, `${name}.tar`)),
  }));
}

function peer(name: string): readonly [string, (file: string) => string] {
  return [name, () => fixture('images', name)];
}

function docker(
  literals: readonly LayerLiteral[],
  image: ImageOptions,
  archive?: DockerArchiveOptions,
): (file: string) => string {
  return (file) => writeDockerArchive(buildImage(literals, image), file, archive);
}

function names(...short: readonly string[]): readonly string[] {
  return short.map((name) => `docker.io/library/${name}`);
}

function twoPlatforms(attestation: PlatformImages['attestation']): PlatformImages {
  const platforms = [
    buildImage(layers, { architecture: 'amd64' }),
    buildImage(layers.slice(0, 2), { architecture: 'arm64' }),
  ];
  const both = { names: ['docker.io/library/two:1', 'example.com/two:2'], platforms };
  return attestation === undefined ? both : { ...both, attestation };
}

function oddTexts(): ImageOptions {
  return {
    names: names('odd:1'),
    created: '2001-02-03T04:05:06.7000+09:00',
    history: [
      {
        created: '2001-02-03T04:05:06.789+09:00',
        created_by: '/bin/sh -c a\tb\nsecond & <tag>',
        comment: 'c\td\ne',
      },
      { created_by: '日本語'.repeat(20) },
      { created: '2000-01-01T00:00:00Z', created_by: 'é'.repeat(46), empty_layer: true },
      {
        created: '2000-01-01T00:00:01Z',
        created_by: '👨‍👩‍👧 family e\u0301 \u0000\u001b[31m \u202e \u2028 \x7f "q" \\ ',
        comment: 'last <comment>',
      },
    ],
    runtime: {
      Env: ['A=b', 'U=日本 <&>'],
      Labels: {
        10: 'ten',
        9: 'nine',
        b: '2',
        a: '1',
        '\u2028': 's',
        ['__proto__']: 'p',
        '😀': 'x',
        '\uffee': 'y',
      },
      ExposedPorts: { 80: {}, '53/UDP': {}, '443/tcp': {} },
      Volumes: { '/b': {}, '/a': {} },
      Healthcheck: { Test: ['CMD', 'x'], Interval: 30_000_000_000, Retries: 3, StartInterval: 5_000_000_000 },
      ...{ OnBuild: ['RUN x'], Shell: ['/bin/bash', '-c'], StopSignal: 'SIGTERM', ArgsEscaped: true },
      ...{ Hostname: 'h', Image: 'x', StopTimeout: 10, Unknown: 1, Cmd: [], Entrypoint: null, User: '' },
      WorkingDir: '/w',
    },
    config: { comment: 'own', author: 'Somebody <x@y.example>' },
  };
}

function oldFields(): ImageOptions {
  return {
    names: names('old:1'),
    runtime: {
      Labels: { b: '2', a: '1', 10: 'x', 9: 'y' },
      Env: ['A=<&>'],
      Healthcheck: { Test: ['NONE'], Interval: 1_000_000_000 },
    },
    config: {
      docker_version: '20.10.24',
      container: 'abc',
      'os.version': '1.2',
      variant: 'v8',
      architecture: 'arm64',
    },
  };
}

function oddDates(): ImageOptions {
  return {
    names: names('dates:1'),
    created: '0001-01-01T00:00:00Z',
    history: [
      { created: '0001-01-01T00:00:00Z', created_by: 'a' },
      { created: '1969-12-31T23:59:59.5Z', created_by: 'b' },
      { created: '2099-12-31T23:59:59-03:30', created_by: 'c' },
    ],
  };
}

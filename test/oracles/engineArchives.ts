import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type DockerEngine, startDocker20, startDocker29 } from '../machine/dockerEngines.mjs';
import { openPodmanStore } from '../machine/podmanStore.mjs';
import { requireTool } from '../machine/oracleTools.mjs';
import { run } from '../machine/processes.mjs';
import { fixture } from '../support/fixtures.ts';

/** An archive, and the stores of Docker 29 that load it. */
export interface EngineArchive {
  readonly name: string;
  readonly loadsIn: readonly ('classic' | 'containerd')[];
  /** Its path, in the folder where archives are made unless it is there already. */
  readonly file: (folder: string) => string;
}

const inBoth: EngineArchive['loadsIn'] = ['classic', 'containerd'];

/** What {@link makeEngineArchives} makes. */
export const engineArchives: readonly EngineArchive[] = [
  ...[
    'classic-builder-20',
    'commit-20',
    'buildkit-20',
    'two-images-20',
    'classic-builder-29',
    'commit-29',
    'buildkit-29',
    'family-29',
    'untagged-29',
    'containerd-buildkit-29',
    'containerd-commit-29',
    'containerd-attested-29',
    'containerd-platforms-29',
    'podman-build',
    'podman-commit',
    'buildah',
    'skopeo',
  ].map((name) => archive(name, inBoth)),
  ...['buildx-oci-29', 'podman-oci', 'skopeo-oci'].map((name) => archive(name, ['containerd'])),
  { name: 'kaniko', loadsIn: inBoth, file: () => fixture('images/dive/test-kaniko-image.tar') },
];

function archive(name: string, loadsIn: EngineArchive['loadsIn']): EngineArchive {
  return { name, loadsIn, file: (folder) => path.join(folder, `${name}.tar`) };
}

/** Builds images with every builder there is and saves them in `folder`. Needs root, and a minute or two. */
export async function makeEngineArchives(folder: string): Promise<void> {
  const file = (name: string): string => path.join(folder, `${name}.tar`);
  writeContext(path.join(folder, 'context'));
  await using20(folder, file);
  await using29('classic', folder, file);
  await using29('containerd', folder, file);
  await usingPodman(folder, file);
  await usingSkopeo(file);
}

/** A base with a shell, from an archive of others. */
const base = 'dive-test:latest';

const dockerfile = `FROM ${base}
ARG COLOUR=blue
ENV EMPTY= GREETING="hello <world> & \\"all\\""
LABEL 9=nine 10=ten plain=yes "with space"="<tag> & more" unicode="日本語 ünïcode"
RUN echo "$COLOUR" > /colour && ln -s colour /link && ln /colour /hard && mkdir -p /a/b/c
COPY hello.txt /hello.txt
COPY --chown=12:34 hello.txt /a/b/
ADD hello.txt /added/
WORKDIR /work/dir
RUN echo one	two  && \\
    rm -rf /a/b/c
EXPOSE 80 443/tcp 53/UDP
VOLUME ["/data", "/cache"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=1m --retries=4 CMD test -e /hello.txt
ONBUILD RUN true
SHELL ["/bin/sh", "-ec"]
STOPSIGNAL SIGUSR1
USER 12:34
ENTRYPOINT ["/bin/sh", "-c"]
CMD ["echo 'a very long command that is cut by docker history, with 日本語 wide characters in it'"]
`;

const platformsDockerfile = `FROM scratch
ARG TARGETARCH
COPY hello.txt /hello.txt
ENV ARCH=$TARGETARCH
`;

function writeContext(folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'Dockerfile'), dockerfile);
  writeFileSync(path.join(folder, 'platforms.Dockerfile'), platformsDockerfile);
  writeFileSync(path.join(folder, 'hello.txt'), 'hello\n');
}

type FileOf = (name: string) => string;

const context = (folder: string): string => path.join(folder, 'context');

async function using20(folder: string, file: FileOf): Promise<void> {
  const engine = await startDocker20();
  try {
    await loadBase(engine);
    const build = ['build', '--network=host', context(folder)];
    await engine.docker([...build, '-t', 'classic:1'], { env: { DOCKER_BUILDKIT: '0' } });
    await save(engine, ['classic:1'], file('classic-builder-20'));
    await commit(engine, 'committed:1');
    await save(engine, ['committed:1'], file('commit-20'));
    await engine.docker([...build, '-t', 'buildkit:1', '-t', 'other/buildkit:2'], {
      env: { DOCKER_BUILDKIT: '1' },
    });
    await save(engine, ['buildkit:1', 'other/buildkit:2'], file('buildkit-20'));
    await save(engine, ['classic:1', 'committed:1'], file('two-images-20'));
  } finally {
    await engine.stop();
  }
}

async function using29(store: 'classic' | 'containerd', folder: string, file: FileOf): Promise<void> {
  const engine = await startDocker29({ store });
  try {
    await loadBase(engine);
    await (store === 'classic'
      ? classicImages(engine, folder, file)
      : containerdImages(engine, folder, file));
  } finally {
    await engine.stop();
  }
}

async function classicImages(engine: DockerEngine, folder: string, file: FileOf): Promise<void> {
  const build = ['build', '--network=host', context(folder)];
  await engine.docker([...build, '-t', 'registry.example:5000/team/app:1'], {
    env: { DOCKER_BUILDKIT: '0' },
  });
  await save(engine, ['registry.example:5000/team/app:1'], file('classic-builder-29'));
  await commit(engine, 'child:1');
  await commit(engine, 'grandchild:1', 'child:1');
  await save(engine, ['child:1'], file('commit-29'));
  // Images of one archive that are built on one another are linked by their IDs.
  await save(engine, [base, 'child:1', 'grandchild:1'], file('family-29'));
  await engine.docker([...build, '-t', 'buildkit:1'], { env: { DOCKER_BUILDKIT: '1' } });
  await save(engine, ['buildkit:1'], file('buildkit-29'));
  const id = await engine.docker(['image', 'inspect', '--format', '{{.Id}}', 'buildkit:1']);
  await save(engine, [id.trim()], file('untagged-29'));
}

async function containerdImages(engine: DockerEngine, folder: string, file: FileOf): Promise<void> {
  const build = ['buildx', 'build', '--network=host', context(folder)];
  await engine.docker([
    ...build,
    '--provenance=false',
    '-t',
    'buildkit:1',
    '-t',
    'other/buildkit:2',
    '--load',
  ]);
  await save(engine, ['buildkit:1', 'other/buildkit:2'], file('containerd-buildkit-29'));
  await commit(engine, 'committed:1');
  await save(engine, ['committed:1'], file('containerd-commit-29'));
  await engine.docker([...build, '--provenance=true', '-t', 'attested:1', '--load']);
  await save(engine, ['attested:1'], file('containerd-attested-29'));
  const platforms = [
    '--platform=linux/amd64,linux/arm64',
    '-f',
    path.join(context(folder), 'platforms.Dockerfile'),
  ];
  await engine.docker([...build, ...platforms, '-t', 'platforms:1', '--load']);
  await save(engine, ['platforms:1'], file('containerd-platforms-29'));
  await engine.docker([
    ...build,
    ...platforms,
    '-t',
    'platforms:1',
    '-o',
    `type=oci,dest=${file('buildx-oci-29')}`,
  ]);
}

async function usingPodman(folder: string, file: FileOf): Promise<void> {
  const store = await openPodmanStore();
  const { podman, buildah } = store;
  try {
    await podman(['load', '-i', fixture('images/dive/test-docker-image.tar')]);
    const from = [
      '--build-arg',
      'COLOUR=red',
      '-f',
      path.join(context(folder), 'Dockerfile'),
      context(folder),
    ];
    await podman(['build', '--network=host', '--format=docker', '-t', 'podman:1', ...from]);
    await podman(['save', '-o', file('podman-build'), 'podman:1']);
    await podman(['save', '--format=oci-archive', '-o', file('podman-oci'), 'podman:1']);
    await buildah(['bud', '--network=host', '-t', 'buildah:1', ...from]);
    await buildah(['push', 'localhost/buildah:1', `docker-archive:${file('buildah')}:localhost/buildah:1`]);
    const container = (await buildah(['from', 'dive-test:latest'])).trim();
    await buildah(['copy', container, path.join(context(folder), 'hello.txt'), '/']);
    await buildah([
      'config',
      '--label',
      'by=buildah',
      '--author',
      'someone',
      '--comment',
      'by hand',
      container,
    ]);
    await buildah(['commit', '--format=docker', container, 'committed:1']);
    await podman(['save', '-o', file('podman-commit'), 'localhost/committed:1']);
  } finally {
    store.stop();
  }
}

async function usingSkopeo(file: FileOf): Promise<void> {
  const skopeo = requireTool('skopeo');
  const from = `docker-archive:${file('podman-build')}`;
  const copy = ['copy', '--insecure-policy', from];
  await run(skopeo, [...copy, `docker-archive:${file('skopeo')}:quay.example/skopeo/made:1`]);
  await run(skopeo, [...copy, `oci-archive:${file('skopeo-oci')}:quay.example/skopeo/made:1`]);
}

async function loadBase(engine: DockerEngine): Promise<void> {
  await engine.docker(['load', '-i', fixture('images/dive/test-docker-image.tar')]);
}

async function commit(engine: DockerEngine, name: string, from = base): Promise<void> {
  const id = (await engine.docker(['create', '--network=host', from, 'true'])).trim();
  await engine.docker([
    'cp',
    fixture('images/dive/test-docker-image.tar'),
    `${id}:/etc/${name.replace(':', '-')}`,
  ]);
  await engine.docker([
    ...['commit', '-m', 'a message & <more>', '-a', 'A <a@b.example>'],
    ...['--change', 'ENV A=b', '--change', 'EXPOSE 8080', id, name],
  ]);
  await engine.docker(['rm', id]);
}

async function save(engine: DockerEngine, names: readonly string[], file: string): Promise<void> {
  await engine.docker(['save', '-o', file, ...names]);
}

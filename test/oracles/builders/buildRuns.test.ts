import assert from 'node:assert/strict';
import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { BuildClient, BuilderKind } from '../../../src/engine/build/builder.ts';
import type { BuildRequest } from '../../../src/engine/build/buildRequest.ts';
import type { Builder, BuildRow, Builds } from '../../../src/engine/builders/builds.ts';
import { silentLogger } from '../../../src/engine/base/log.ts';
import { createEngine, type Engine, isEngineError } from '../../../src/engine/index.ts';
import { startDocker20, startDocker29 } from '../../machine/dockerEngines.mjs';
import { orSkip } from '../../machine/missing.mjs';
import { startPodmanService } from '../../machine/podmanService.mjs';
import { openPodmanStore } from '../../machine/podmanStore.mjs';
import { buildImage } from '../../support/buildImage.ts';
import { laminaJson } from '../../support/runLamina.ts';
import { tempDir } from '../../support/tempDir.ts';
import { writeDockerArchive } from '../../support/writeDockerArchive.ts';
import { baseArchive } from '../runningEngines.ts';

interface Place {
  /** Undefined of a builder that belongs to no engine. */
  readonly socket?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly load: (archive: string) => Promise<unknown>;
  /** IDs of all images that it has. */
  readonly images: () => Promise<string>;
  readonly stop: () => Promise<unknown>;
}

/** The engines, and the builders of each that are tried. */
const places: readonly (readonly [
  name: string,
  start: () => Promise<Place>,
  builders: readonly (readonly [kind: BuilderKind, client: BuildClient])[],
])[] = [
  [
    'Docker Engine 29',
    async () => ofDocker(await startDocker29({ store: 'containerd' })),
    [
      ['buildkit', 'buildx'],
      ['buildkit', 'api'],
      ['classic', 'docker-cli'],
      ['classic', 'api'],
    ],
  ],
  [
    'Docker Engine 20.10',
    async () => ofDocker(await startDocker20()),
    [
      ['buildkit', 'docker-cli'],
      ['buildkit', 'api'],
      ['classic', 'docker-cli'],
      ['classic', 'api'],
    ],
  ],
  [
    'Podman',
    async () => {
      const { socket, env, podman, stop } = await startPodmanService();
      return {
        ...{ socket, env, stop },
        load: (archive) => podman(['load', '-i', archive]),
        images: () => podman(['images', '-aq']),
      };
    },
    [
      ['buildah', 'podman'],
      ['buildah', 'api'],
    ],
  ],
  [
    'buildah',
    async () => {
      const { env, buildah, stop } = await openPodmanStore();
      return {
        env,
        load: (archive) => buildah(['pull', `docker-archive:${archive}`]),
        images: () => buildah(['images', '-aq']),
        stop: () => {
          stop();
          return Promise.resolve();
        },
      };
    },
    [['buildah', 'buildah']],
  ],
];

function ofDocker({ socket, env, cli, docker, stop }: Awaited<ReturnType<typeof startDocker20>>): Place {
  const programs = `${dirname(cli)}:${process.env['PATH'] ?? ''}`;
  return {
    ...{ socket, env: { ...env, PATH: programs }, stop },
    load: (archive) => docker(['load', '-i', archive]),
    images: () => docker(['images', '-aq']).then(inOrder),
  };
}

/** Images of one second come in any order. */
function inOrder(lines: string): string {
  return lines.split('\n').sort().join('\n');
}

describe('builds through real builders', () => {
  for (const [name, start, builders] of places)
    describe(name, function () {
      this.timeout(180_000);
      let place: Place;
      let engine: Engine;
      let known: readonly Builder[];

      before(async function () {
        place = await orSkip(this, start);
        await place.load(baseArchive);
        await place.load(archiveWithTriggers());
        engine = createEngine({
          log: silentLogger,
          storeDirectory: tempDir().file('store'),
          environment: place.env,
        });
        const { socket } = place;
        known = await (socket === undefined
          ? engine.builds.localBuilders()
          : engine.builds.builders({ kind: 'unix', path: socket }));
      });

      after(async () => {
        await (engine as Engine | undefined)?.[Symbol.asyncDispose]();
        await (place as Place | undefined)?.stop();
      });

      for (const [kind, client] of builders) {
        const isOf = ({ identity }: Builder): boolean => identity.kind === kind && identity.client === client;
        const found = (): Builder => {
          const builder = known.find(isOf);
          assert.ok(builder, `it is among ${known.map(({ identity }) => identity.id).join(' ')}`);
          return builder;
        };

        it(`${kind} by ${client}: rows are the instructions, and the second build is as the status says`, async () => {
          const { builds } = engine;
          const request = makeContext(`${kind}-${client}`);
          const first = await builds.build(found(), request);
          assert.equal(first.failure, undefined, first.log);
          assert.match(first.image ?? '', /^sha256:[0-9a-f]{64}$/);
          assert.deepEqual(statesOf(first.rows, 'cached'), [], first.log);
          await agrees(builds, found(), request);
          const images = await place.images();
          assert.deepEqual(statesOf(await builds.ask(found(), request), 'done'), []);
          // The others have the image of a full hit already, or make it again.
          if (kind === 'buildkit') assert.equal(await place.images(), images, 'a question leaves no image');
          writeFileSync(`${request.context}/a.txt`, 'another\n');
          await agrees(builds, found(), request);
          await agrees(builds, found(), request);
        });

        it(`${kind} by ${client}: a step that fails says what it printed`, async () => {
          const request = makeContext(`fails-${kind}-${client}`, 'RUN echo oh no; exit 3\nRUN echo never\n');
          const { failure, image, rows } = await engine.builds.build(found(), request);
          assert.equal(image, undefined);
          assert.deepEqual(
            [failure?.instruction, (failure?.output ?? '').includes('oh no')],
            [last - 1, true],
          );
          assert.match(failure?.message ?? '', /3/);
          assert.equal(rows.find(({ instruction }) => instruction === last - 1)?.state, 'failed');
          // What was made before it is in the cache.
          const { steps } = await engine.builds.status(found(), request);
          assert.equal(steps[3]?.state, 'cached', steps[3]?.reason.text);
        });

        it(`${kind} by ${client}: a file that is refused is a failure at its line`, async () => {
          const request = makeContext('refused', 'RUN --mount=type=nothing x\n');
          const { failure } = await engine.builds.build(found(), request);
          assert.ok(failure !== undefined && failure.message !== '');
        });

        // BuildKit takes all of a tar for the context.
        const isTar = kind === 'buildkit' && client === 'api';
        it(`${kind} by ${client}: an ignored Dockerfile is read, and counts where it is copied`, async () => {
          const request = makeContext(`ignored-${kind}-${client}`, 'COPY . /c\nRUN ls -a /c\n');
          writeFileSync(`${request.context}/.dockerignore`, 'Dockerfile\n');
          const { failure, log } = await engine.builds.build(found(), request);
          assert.equal(failure, undefined, log);
          assert.equal(/^\S*(?: \S+ )?Dockerfile$/m.test(log), isTar, log);
          appendFileSync(request.dockerfile, '# a comment\n');
          await agrees(engine.builds, found(), request);
        });

        it(`${kind} by ${client}: a Dockerfile from outside is in no copy by a name that nobody gave`, async () => {
          const request = makeContext(`outside-${kind}-${client}`, 'COPY . /c\nRUN ls -a /c\n');
          const dockerfile = tempDir().file('Dockerfile');
          renameSync(request.dockerfile, dockerfile);
          const build = engine.builds.build(found(), { ...request, dockerfile });
          if (isTar) return assert.rejects(build, (error) => isEngineError(error, 'unsupported'));
          const { failure, log } = await build;
          assert.equal(failure, undefined, log);
          assert.match(log, /a\.txt$/m);
          assert.doesNotMatch(log, /\.dockerfile\./);
          if (kind !== 'buildah' || client === 'buildah')
            await agrees(engine.builds, found(), { ...request, dockerfile });
        });

        it(`${kind} by ${client}: triggers of a base that is nowhere else are known`, async () => {
          const request = makeContext(`triggers-${kind}-${client}`);
          writeFileSync(request.dockerfile, 'FROM triggers\nCOPY b.txt /b\nCOPY b.txt /c\n');
          writeFileSync(`${request.context}/b.txt`, request.context);
          const states = async (): Promise<readonly (string | undefined)[]> => {
            const { steps } = await engine.builds.status(found(), request);
            const { rows, failure, log } = await engine.builds.build(found(), request);
            assert.equal(failure, undefined, log);
            const did = [1, 2].map((at) => rows.find(({ instruction }) => instruction === at)?.state);
            return [steps[1]?.state, steps[2]?.state, ...did];
          };
          await states();
          assert.deepEqual(await states(), ['cached', 'cached', 'cached', 'cached']);
          writeFileSync(`${request.context}/a.txt`, 'another\n');
          assert.deepEqual(await states(), ['rebuild', 'rebuild', 'done', 'done']);
        });

        it(`${kind} by ${client}: a build is stopped`, async () => {
          const request = makeContext(`stopped-${client}`, `RUN echo ${client} ${Date.now()}; sleep 60\n`);
          const stop = new AbortController();
          const started = performance.now();
          const build = engine.builds.build(found(), request, {
            signal: stop.signal,
            onRow: ({ instruction, state }) => {
              if (instruction === last - 1 && state === 'running') stop.abort();
            },
          });
          await assert.rejects(build, (error) => isEngineError(error, 'cancelled'));
          assert.ok(performance.now() - started < 50_000);
        });
      }

      if (name === 'Docker Engine 29')
        it('is told of by the command line', async () => {
          const request = makeContext('cli');
          const builder = known.find(({ identity }) => identity.client === 'buildx');
          assert.ok(builder);
          await engine.builds.build(builder, { ...request, tags: ['cli:1'] });
          // Builds of this process' ledger are no other's: there the image and the history tell.
          const args = ['cache', '--host', `unix://${place.socket}`, '--builder', 'buildkit', '--json'];
          const { builder: named, steps } = await laminaJson<{
            builder: { name: string };
            steps: { line: number; status: string; layer?: { diffId?: string } }[];
          }>([...args, request.context], { store: tempDir().file('store'), env: { PATH: dirname('/') } });
          assert.match(named.name, /^BuildKit 0\.33 in Docker Engine 29/);
          assert.equal(steps.length, last);
        });
    });
});

function archiveWithTriggers(): string {
  const created = '2026-01-01T00:00:00Z';
  const image = buildImage([{ etc: { type: 'dir' } }], {
    names: ['docker.io/library/triggers:latest'],
    runtime: { OnBuild: ['COPY a.txt /on'] },
    history: [
      { created, created_by: 'COPY etc /' },
      { created, created_by: '/bin/sh -c #(nop)  ONBUILD COPY a.txt /on', empty_layer: true },
    ],
  });
  return writeDockerArchive(image, tempDir().file('triggers.tar'));
}

/** Instructions of {@link makeContext} without more. */
const last = 8;

/** Two stages, none of whose steps another context has. */
function makeContext(name: string, more = ''): BuildRequest {
  const folder = tempDir();
  const lines = ['FROM dive-test AS build', `LABEL for=${name}`, `RUN echo ${folder.path} > /one`];
  const text = [
    ...lines,
    'COPY a.txt /a',
    'FROM dive-test',
    'COPY --from=build /a /b',
    'RUN cat /b',
    '',
  ].join('\n');
  writeFileSync(folder.file('Dockerfile'), more === '' ? `${text}CMD ["x"]\n` : `${text}${more}`);
  writeFileSync(folder.file('a.txt'), folder.path);
  return {
    context: folder.path,
    dockerfile: folder.file('Dockerfile'),
    buildArgs: new Map(),
    tags: [],
    network: 'host',
  };
}

/** Builds, and compares every row with what the status said before. */
async function agrees(builds: Builds, builder: Builder, request: BuildRequest): Promise<void> {
  const { steps } = await builds.status(builder, request);
  const { rows, failure, log } = await builds.build(builder, request);
  assert.equal(failure, undefined, log);
  const wrong = rows.flatMap(({ instruction = -1, state, name }) => {
    const told = steps[instruction];
    if (told === undefined || /^FROM|^LABEL|^CMD/.test(told.text)) return [];
    const isRight =
      told.state === 'depends' ||
      (told.state === 'cached' || told.state === 'likely') === (state === 'cached');
    return isRight ? [] : [`${name}: ${state}, told ${told.state}: ${told.reason.text}`];
  });
  assert.deepEqual(wrong, []);
  assert.ok(rows.filter(({ instruction }) => instruction !== undefined).length >= 5);
}

/** Of steps, not of FROM. */
function statesOf(rows: readonly BuildRow[], state: BuildRow['state']): readonly string[] {
  return rows.flatMap((row) =>
    row.instruction !== undefined && row.state === state && !row.name.includes('FROM ') ? [row.name] : [],
  );
}

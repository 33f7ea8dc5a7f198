import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fakeBuildah } from '../support/fakeBuildah.ts';
import { type FakeEngine, sendJson, startFakeEngine } from '../support/fakeEngine.ts';
import { laminaJson, runLamina } from '../support/runLamina.ts';
import { tempDir } from '../support/tempDir.ts';

const dockerfile = 'ARG G=1\nFROM base AS one\nENV A=b\n\nRUN echo \\\n  hi\n';

describe('lamina cache', () => {
  const directory = tempDir();
  const store = directory.file('store');
  const context = directory.file('context');
  let engine: FakeEngine;

  before(async () => {
    mkdirSync(context);
    writeFileSync(`${context}/Dockerfile`, dockerfile);
    engine = await startFakeEngine(
      ({ url = '' }, response) => {
        const path = url.replace(/^\/v[\d.]+/, '').replace(/\?.*/, '');
        if (path === '/info')
          sendJson(response, { ID: 'one', Driver: 'overlay2', OSType: 'linux', Architecture: 'x86_64' });
        else if (path === '/version')
          sendJson(response, { Version: '20.10.24', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' });
        else if (path === '/images/json')
          sendJson(
            response,
            [...images.values()].map(({ Id, RepoTags }) => ({ Id, RepoTags })),
          );
        else {
          const [, name = '', what] = /^\/images\/(.*)\/(json|history)$/.exec(decodeURIComponent(path)) ?? [];
          const image = images.get(name.replace(/^docker.io\/library\//, ''));
          if (image === undefined) sendJson(response, { message: 'no such image' }, 404);
          else sendJson(response, what === 'json' ? image : historyOf(image));
        }
      },
      { apiVersion: '1.41' },
    );
  });

  after(() => engine[Symbol.asyncDispose]());

  const run = (...args: readonly string[]): ReturnType<typeof runLamina> =>
    runLamina(['cache', '--host', `unix://${engine.endpoint.path}`, ...args], { store, env: { PATH: '' } });

  it('prints a line for each instruction, below the builder and the command', async () => {
    const { code, stdout, stderr } = await run('--builder', 'classic', context);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    const [first = '', ...rows] = stdout.trimEnd().split('\n');
    assert.match(first, /^the classic builder in Docker Engine 20\.10.*: DOCKER_BUILDKIT=0 docker build \.$/);
    assert.match(rows[0] ?? '', /^LINE +STAGE +STEP +STATUS +SIZE +INSTRUCTION +REASON$/);
    assert.deepEqual(
      rows.slice(1).map(
        (row) =>
          row
            .split(/ {2,}/)
            .filter((cell) => cell !== '')
            .slice(0, 1)[0],
      ),
      ['1', '2', '3', '5'],
    );
    assert.match(rows[3] ?? '', /^3 .* cached .* ENV A=b/);
    assert.match(rows[4] ?? '', /^5 .* rebuild .* RUN echo {1,3}hi /);
  });

  it('prints the same as JSON', async () => {
    const args = [
      'cache',
      '--host',
      `unix://${engine.endpoint.path}`,
      '--json',
      '--builder',
      'classic',
      context,
    ];
    const { builder, steps } = await laminaJson<{
      builder: { kind: string; name: string };
      steps: {
        line: number;
        endLine: number;
        instruction: string;
        status: string;
        reason: { code: string; text: string };
      }[];
    }>(args, { store });
    assert.equal(builder.kind, 'classic');
    assert.deepEqual(
      steps.map(({ line, endLine, status }) => [line, endLine, status]),
      [
        [1, 1, 'no-step'],
        [2, 2, 'no-step'],
        [3, 3, 'cached'],
        [5, 6, 'rebuild'],
      ],
    );
    assert.ok(steps.every(({ reason }) => reason.code !== '' && reason.text !== ''));
  });

  it('says which builders there are, what is not there, and what is wrong use', async () => {
    const other = await run('--builder', 'kaniko', context);
    assert.equal(other.code, 3);
    assert.match(other.stderr, /^lamina: kaniko: there are: .*the classic builder in Docker Engine 20\.10/);
    assert.equal((await run('--builder', 'classic', directory.file('nowhere'))).code, 3);
    assert.equal((await run('--builder', 'classic', '-f', directory.file('nowhere'), context)).code, 3);
    assert.equal((await run('--build-arg', 'x', context)).code, 2);
    assert.equal((await run()).code, 2);
    assert.equal((await runLamina(['cache', context], { store })).code, 5);
  });

  it('takes the buildah of a machine that has no engine', async function () {
    if (process.platform === 'win32') this.skip();
    const place = { GraphRoot: directory.path, GraphDriverName: 'vfs' };
    const { PATH } = fakeBuildah(place, 'buildah version 1.99.0');
    const named = await runLamina(['cache', context], { store, env: { PATH } });
    assert.match(named.stdout, /^buildah 1\.99: buildah build --layers \.\n/);
    // Asked for at an address, it is not what stands in for an engine.
    const atAddress = ['cache', '--host', `unix://${directory.file('none')}`, context];
    assert.equal((await runLamina(atAddress, { store, env: { PATH } })).code, 5);
  });

  it('warns of what builders refuse', async () => {
    const file = directory.file('Bad');
    writeFileSync(file, 'FROM base\nWORK x\n');
    const { code, stderr } = await run('--builder', 'classic', '-f', file, context);
    assert.equal(code, 4);
    assert.match(stderr, /^lamina: .*Bad:2: unknown instruction: WORK/);
  });
});

const config = { Env: ['PATH=/bin'], Cmd: ['sh'] };
const layers = { RootFS: { Type: 'layers', Layers: [`sha256:${'a'.repeat(64)}`] } };
const place = { Os: 'linux', Architecture: 'amd64', Created: '2026-01-01T00:00:00Z', ...layers };
const [base, made] = ['1', '2'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];

/** What the classic builder makes of the first instructions. */
const images = new Map<string, Record<string, unknown>>(
  [
    { Id: base, RepoTags: ['base:latest'], Parent: '', Config: config, ...place },
    {
      ...{ Id: made, RepoTags: [], Parent: base, ...place },
      Config: { ...config, Env: ['PATH=/bin', 'A=b'] },
      ContainerConfig: { ...config, Env: ['PATH=/bin', 'A=b'], Cmd: ['/bin/sh', '-c', '#(nop) ', 'ENV A=b'] },
    },
  ].flatMap((image) =>
    [image.Id, ...image.RepoTags].map((name): [string, Record<string, unknown>] => [name, image]),
  ),
);

/** Newest first. */
function historyOf({ Parent }: Record<string, unknown>): readonly object[] {
  const below = {
    Id: base,
    CreatedBy: '/bin/sh -c #(nop) ADD file:1 in / ',
    Created: 1,
    Size: 1,
    Comment: '',
  };
  const own = { Id: made, CreatedBy: '/bin/sh -c #(nop)  ENV A=b', Created: 2, Size: 0, Comment: '' };
  return Parent === '' ? [below] : [own, below];
}

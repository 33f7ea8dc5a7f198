import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { bakeBuildsOfHcl, bakeBuildsOfJson } from '../../../../src/engine/builders/findBuilds/bakeFile.ts';
import { composeBuilds, type NamedBuild } from '../../../../src/engine/builders/findBuilds/composeFile.ts';
import { findBuilds, findBuildsOf } from '../../../../src/engine/builders/findBuilds/findBuilds.ts';
import { interpolate } from '../../../../src/engine/builders/findBuilds/interpolate.ts';
import { parseYaml } from '../../../../src/engine/builders/findBuilds/yamlSubset.ts';
import { tempDir } from '../../../support/tempDir.ts';

const none = (): undefined => undefined;
const env = new Map([
  ['V', '1'],
  ['EMPTY', ''],
]);

/** Sets and maps as plain values. */
function plain(builds: readonly NamedBuild[]): readonly unknown[] {
  return builds.map(({ name, request }) => ({
    name,
    ...request,
    buildArgs: Object.fromEntries(request.buildArgs),
    ...(request.namedContexts && { namedContexts: Object.fromEntries(request.namedContexts) }),
  }));
}

describe('YAML, as compose files are written', () => {
  it('is mappings, lists and scalars', () => {
    const text = [
      ...[
        '# first',
        'a: 1 # one',
        'b:',
        '  c: "x: # y"',
        "  'd e': 'it''s'",
        'list:',
        '- x',
        '-   y: 1',
        '    z: 2',
      ],
      ...['flow: {a: [b, "c,d"], e: }', 'text: |', '  one', '   two', 'last: a:b', 'null: ~'],
    ].join('\n');
    assert.deepEqual(parseYaml(text), {
      a: '1',
      b: { c: 'x: # y', 'd e': "it's" },
      list: ['x', { y: '1', z: '2' }],
      flow: { a: ['b', 'c,d'], e: '' },
      text: 'one\ntwo',
      last: 'a:b',
      null: '',
    });
  });

  it('has anchors and merges', () => {
    const text = 'x: &base\n  a: 1\n  b: 2\ny:\n  <<: *base\n  b: 3\nz: *base\n';
    assert.deepEqual(parseYaml(text), {
      x: { a: '1', b: '2' },
      y: { a: '1', b: '3' },
      z: { a: '1', b: '2' },
    });
  });

  it('is not read where it is written otherwise', () => {
    for (const text of [
      'a: !!int 1',
      '- - in',
      'a: [1,\n 2]',
      '? a\n: b',
      'a:\n\tb: 1',
      `a: ${'x'.repeat(20_000)}`,
    ])
      assert.equal(parseYaml(text), undefined, text.slice(0, 20));
  });
});

describe('Variables of compose files', () => {
  it('have other values when they are not set, or empty', () => {
    const values = (name: string): string | undefined => env.get(name);
    assert.equal(
      interpolate('$V ${V} ${X:-a} ${X-b} ${EMPTY:-c} ${EMPTY-d} $$V ${X} ${V:+e}', values),
      '1 1 a b c  $V  e',
    );
  });
});

describe('Builds of a compose file', () => {
  it('are those of its services', () => {
    const text = `services:
  web:
    build: ./web
    image: me/web:\${V:-2}
  api:
    build:
      context: .
      dockerfile: docker/api.Dockerfile
      target: prod
      args:
        A: "1"
        B: \${V}
      additional_contexts:
        - base=./base
      extra_hosts: ["host:1.2.3.4"]
      network: host
    platform: linux/arm64
  cache:
    image: redis
  far:
    build: https://host/x.git
  inline:
    build: {context: ., dockerfile_inline: "FROM scratch"}
`;
    assert.deepEqual(plain(composeBuilds(text, '/work/My App', (name) => env.get(name))), [
      {
        name: 'web',
        context: '/work/My App/web',
        dockerfile: '/work/My App/web/Dockerfile',
        buildArgs: {},
        tags: ['me/web:1'],
      },
      {
        ...{ name: 'api', context: '/work/My App', dockerfile: '/work/My App/docker/api.Dockerfile' },
        ...{ buildArgs: { A: '1', B: '1' }, tags: ['myapp-api'], target: 'prod', network: 'host' },
        ...{
          platform: { os: 'linux', architecture: 'arm64' },
          namedContexts: { base: './base' },
          addHosts: ['host:1.2.3.4'],
        },
      },
    ]);
  });

  it('take arguments by name alone from outside, or not at all', () => {
    const text =
      'services:\n  a:\n    build:\n      context: .\n      args:\n        - V\n        - X\n        - Y=2\n';
    const [build] = composeBuilds(text, '/w', (name) => env.get(name));
    assert.deepEqual(build && [...build.request.buildArgs], [
      ['V', '1'],
      ['Y', '2'],
    ]);
  });
});

describe('Builds of a bake file', () => {
  const expected = [
    {
      ...{ name: 'base', context: '/w', dockerfile: '/w/Dockerfile', buildArgs: { A: '1' }, tags: [] },
    },
    {
      ...{
        name: 'app',
        context: '/w/app',
        dockerfile: '/w/app/x.Dockerfile',
        buildArgs: { A: '1', B: 'v3' },
      },
      ...{ tags: ['me/app:3'], target: 'prod', noCache: true },
    },
  ];

  it('are its targets, with what they inherit', () => {
    const json = {
      variable: { TAG: { default: '3' } },
      target: {
        base: { args: { A: '1' } },
        app: {
          ...{ inherits: ['base'], context: 'app', dockerfile: 'x.Dockerfile', args: { B: 'v${TAG}' } },
          ...{ tags: ['me/app:${TAG}'], target: 'prod', 'no-cache': true },
        },
      },
    };
    assert.deepEqual(plain(bakeBuildsOfJson(JSON.stringify(json), '/w', none)), expected);
  });

  it('are the same in HCL, where nothing is computed', () => {
    const hcl = `
variable "TAG" { default = "3" }
group "default" { targets = ["app"] }
function "f" {
  params = [x]
  result = x
}
/* base */
target "base" {
  args = { A = "1" }
}
target "app" {
  inherits = ["base"]
  context = "app" // where
  dockerfile = "x.Dockerfile"
  args = {
    B = "v\${TAG}"
    C = upper("x")
  }
  tags = ["me/app:\${TAG}", TAG == "" ? "a" : "b"]
  target = "prod"
  no-cache = true
}
target "computed" { context = f("x") }
`;
    assert.deepEqual(plain(bakeBuildsOfHcl(hcl, '/w', none)), expected);
  });

  it('end at targets that inherit in a circle, and at damage', () => {
    const circle = 'target "a" { inherits = ["b"] }\ntarget "b" { inherits = ["a"] }\n';
    assert.equal(bakeBuildsOfHcl(circle, '/w', none).length, 2);
    assert.deepEqual(bakeBuildsOfHcl('target "a" {', '/w', none).length, 1);
    assert.deepEqual(bakeBuildsOfHcl('}{ target', '/w', none), []);
    assert.deepEqual(bakeBuildsOfJson('{', '/w', none), []);
    assert.ok(bakeBuildsOfHcl('/*'.repeat(300_000), '/w', none).length === 0);
  });
});

describe('Builds of a folder', () => {
  it('are those of its files, and each Dockerfile from its own folder', async () => {
    const folder = tempDir();
    writeFileSync(folder.file('.env'), 'NAME="me"\n');
    writeFileSync(folder.file('compose.yaml'), 'services:\n  web:\n    build: web\n    image: ${NAME}\n');
    for (const name of ['Dockerfile', 'dev.Dockerfile', 'Dockerfile.dockerignore'])
      writeFileSync(folder.file(name), '');
    mkdirSync(folder.file('web'));
    writeFileSync(folder.file('web', 'Dockerfile'), 'FROM scratch\n');
    const builds = await findBuilds(folder.path, {});
    assert.deepEqual(
      builds.map(({ file, name, request }) => [
        file && path.basename(file),
        name,
        path.basename(request.dockerfile),
        ...request.tags,
      ]),
      [
        ['compose.yaml', 'web', 'Dockerfile', 'me'],
        [undefined, undefined, 'Dockerfile'],
        [undefined, undefined, 'dev.Dockerfile'],
      ],
    );
    const [build, ...more] = await findBuildsOf(folder.file('web', 'Dockerfile'), folder.path, {});
    assert.deepEqual([build?.name, build?.request.context, more.length], ['web', folder.file('web'), 0]);
    assert.deepEqual(await findBuildsOf(folder.file('web', 'Dockerfile')), []);
  });
});

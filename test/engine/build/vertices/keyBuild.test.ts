import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { KeyedBuild, VertexInput } from '../../../../src/engine/build/cache/vertex.ts';
import { contentDigest } from '../../../../src/engine/build/contentKey/contentKey.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { type KeyFormat, keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { outputKey } from '../../../../src/engine/build/operationKey/outputKey.ts';
import { keyBuild } from '../../../../src/engine/build/vertices/keyBuild.ts';
import { parseDiffId, parseDigest } from '../../../../src/engine/oci/digest.ts';
import { contentTree } from '../../../support/contentTree.ts';
import { fixture } from '../../../support/fixtures.ts';
import { planOf } from '../../../support/planOf.ts';

interface Exported {
  readonly base?: Base;
  readonly dockerfile: string;
  readonly build_args?: Readonly<Record<string, string>>;
  readonly records: readonly {
    readonly digest: string;
    readonly inputs?: readonly (readonly { readonly link: number; readonly selector?: string }[])[];
  }[];
}

interface Base {
  readonly manifest: string;
  readonly diff_ids: readonly string[];
}

const vectors = JSON.parse(readFileSync(fixture('vectors/cache-graphs.json'), 'utf8')) as {
  readonly base: Base;
  readonly engines: Readonly<Record<string, Exported>>;
};

/** The context of all of these builds; what `.dockerignore` hides is not in it. */
const context = contentTree({
  '.dockerignore': 'skip\n',
  'a.txt': 'hello\n',
  'b.txt': { text: 'bee\n', mode: 0o600 },
  'src/one.txt': { text: '1\n', mode: 0o755 },
  'src/sub/two.txt': '22\n',
  'src/empty/': '',
  'pkg/x/deep/f': 'f\n',
  'pkg/y': 'y\n',
  link: '->src/one.txt',
  'src/inner': '->../a.txt',
});

const versions = {
  'docker-20.10.24': '0.8.4',
  'v0.12.5': 'v0.12.5',
  'v0.33.0': 'v0.33.0',
  'docker-29': 'v0.33.0',
  'v0.33.0-epoch': 'v0.33.0',
} as const;

describe('The vertices of a build', () => {
  for (const [name, version] of Object.entries(versions))
    it(`are those that BuildKit exported, with their links: ${name}`, () => {
      const exported = vectors.engines[name];
      assert.ok(exported !== undefined);
      const format = keyFormatOf(version);
      const built = keyExported(exported, name.startsWith('docker') ? 'none' : undefined, format);
      const links = linksOf(built, format);
      const { records } = exported;
      let count = 0;
      for (const { digest, inputs = [] } of records) {
        if (inputs.length === 0) continue;
        const own = links.get(digest);
        assert.ok(own !== undefined, `nothing has the key ${digest}`);
        assert.equal(own.length, inputs.length);
        for (const [input, ways] of inputs.entries())
          for (const { link, selector = '' } of ways) {
            const way = `${selector} ${records[link]?.digest ?? ''}`;
            assert.ok(
              own[input]?.has(way),
              `${digest} is not reached by ${way}: ${[...(own[input] ?? [])].join()}`,
            );
            count++;
          }
      }
      assert.ok(count >= 3);
      const known = new Set(records.map(({ digest }) => digest));
      const made = [...links.keys()].filter((key) => !known.has(key));
      assert.deepEqual(made, [], 'keys that BuildKit does not have');
    });

  it('are not there of stages that the target does not need', () => {
    const plan = planOf('FROM scratch AS a\nCOPY x /\nFROM scratch AS b\nCOPY y /\n', { target: 'a' });
    const { vertices, target } = keyBuild({ plan, request, image }, keyFormatOf('0.33.0'));
    assert.deepEqual(
      vertices.map(({ kind, stage }) => [kind, stage]),
      [
        ['context', 0],
        ['copy', 0],
      ],
    );
    assert.equal(target, 1);
  });

  it('take one file system once, however often it is used', () => {
    const text =
      'FROM base AS a\nRUN x\nFROM a\nCOPY --from=a /x /y\nRUN --mount=target=/c --mount=target=/d,src=e f\n';
    const { vertices } = keyBuild({ plan: planOf(text), request, image }, keyFormatOf('0.33.0'));
    const [copy, place, run] = vertices.slice(-3);
    assert.equal(place?.kind, 'context');
    assert.equal(copy?.inputs.length, 1);
    assert.equal(run?.inputs.length, 2);
    assert.equal(run.inputs[1]?.content?.sources.length, 1);
  });

  it('have no merge in a classic store, where COPY --link is a plain COPY', () => {
    const plan = planOf('FROM base\nCOPY --link a /a\n', based);
    const kindsIn = (imageStore: 'classic' | 'containerd'): readonly string[] => {
      const builder = { id: 'b', kind: 'buildkit', client: 'buildx', name: 'BuildKit', imageStore } as const;
      const { vertices } = keyBuild({ plan, request, image, builder }, keyFormatOf('0.33.0'));
      return vertices.map(({ kind, inputs }) => `${kind} of ${inputs.length}`);
    };
    assert.deepEqual(kindsIn('containerd').slice(-2), ['copy of 1', 'merge of 2']);
    assert.deepEqual(kindsIn('classic').slice(-2), ['context of 0', 'copy of 2']);
  });

  it('have the owner that BuildKit 0.8 wrote for root and for others', () => {
    const keys = ['0:0', 'root:root', '5'].map((owner, at) => {
      const plan = planOf(`FROM base\nCOPY --chown=${owner} a.txt /${at < 2 ? 2 : 3}\n`, based);
      const { vertices, target = -1 } = keyBuild({ plan, request, image }, keyFormatOf('0.8.4'));
      const operation = vertices[target]?.operation;
      return operation && outputKey(operation.digest, 0);
    });
    const root = 'sha256:dabd1568a75db735502a60a502eaef6b61e8855cd2cd15fee26cd1b1f9b15998';
    const five = 'sha256:19facaf1c475fe01998bff965c64ec2ead0160a8dd25c747bb929b78a383d5b6';
    assert.deepEqual(keys, [root, root, five]);
  });

  it('ignore the cache where they are asked to, but not of WORKDIR', () => {
    const text = 'FROM base AS One\nWORKDIR /w\nRUN x\nFROM base\nCOPY --from=one a a\n';
    const ignoredBy = (more: object): readonly boolean[] =>
      keyBuild({ plan: planOf(text), request: { ...request, ...more }, image }, keyFormatOf('0.33.0'))
        .vertices.filter(({ step }) => step !== undefined)
        .map(({ ignoresCache }) => ignoresCache);
    assert.deepEqual(ignoredBy({ noCache: true }), [false, true, true]);
    assert.deepEqual(ignoredBy({ noCacheFilter: ['one'] }), [false, true, false]);
    assert.deepEqual(ignoredBy({}), [false, false, false]);
  });
});

const request = {
  context: '/c',
  dockerfile: '/c/Dockerfile',
  buildArgs: new Map<string, string>(),
  tags: [],
};
const based = { images: { 'docker.io/library/base:latest': {} } };
const image = () => ({ kind: 'unknown', reason: 'not asked' }) as const;

function keyExported(exported: Exported, network: string | undefined, format: KeyFormat): KeyedBuild {
  const { manifest, diff_ids: diffIds } = exported.base ?? vectors.base;
  const text = exported.dockerfile.replaceAll('@REG@', 'reg.example');
  const name = /^FROM (\S+)/m.exec(text)?.[1] ?? '';
  const args = exported.build_args ?? {};
  assert.equal(parseDockerfile(text).problems.length, 0);
  const plan = planOf(text, { args, images: { [name]: { env: ['PATH=/usr/bin:/bin'] } } });
  const known = {
    kind: 'known',
    manifest: parseDigest(manifest),
    diffIds: diffIds.map(parseDiffId),
  } as const;
  const asked = { ...request, buildArgs: new Map(Object.entries(args)), ...(network && { network }) };
  return keyBuild({ plan, request: asked, image: () => known }, format);
}

/** By key, for each input the links that may lead to it: selector and key. */
function linksOf(
  { vertices }: KeyedBuild,
  format: KeyFormat,
): ReadonlyMap<string, readonly ReadonlySet<string>[]> {
  const keysOf = (at: number | undefined): readonly string[] => {
    const vertex = at === undefined ? undefined : vertices[at];
    if (vertex?.image !== undefined)
      return [vertex.image.byManifest, vertex.image.byLayers ?? vertex.image.byManifest].map((key) =>
        outputKey(key, 0),
      );
    return vertex?.operation === undefined ? [] : [outputKey(vertex.operation.digest, 0)];
  };
  const stage = contentTree({ 'o/f': 'x\n', 'o/l': '->f' });
  const contentOf = ({ content, contentDigest: made }: VertexInput): string[] => {
    const root = content?.origin.kind === 'stage' ? stage : context;
    const digest = made ?? (content && contentDigest(root, content.sources, format));
    return digest === undefined ? [] : [` ${outputKey(digest, -1)}`];
  };
  return new Map(
    vertices
      .filter(({ inputs }) => inputs.length > 0)
      .map((vertex) => [
        keysOf(vertices.indexOf(vertex))[0] ?? '',
        vertex.inputs.map(
          (input) =>
            new Set([...keysOf(input.vertex).map((key) => `${input.selector} ${key}`), ...contentOf(input)]),
        ),
      ]),
  );
}

import assert from 'node:assert/strict';
import type { ListedRecord } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { outputKey } from '../../../../src/engine/build/operationKey/outputKey.ts';
import { buildImage } from '../../../support/buildImage.ts';
import { base, type Scene, tell } from './seenImage.ts';

const a = { 'a.txt': 'hello\n' };

describe('What an image tells of the next build', () => {
  it('is a record for each step that made the same entry and the same layer', async () => {
    const { seen, states } = await tell({
      dockerfile: 'FROM base\nWORKDIR /w\nCOPY a.txt b.txt\nRUN echo hi\n',
      context: a,
      history: [
        ['WORKDIR /w', { 'w/': '' }],
        ['COPY a.txt b.txt # buildkit', { 'w/': '', 'w/b.txt': 'hello\n' }],
        ['RUN /bin/sh -c echo hi # buildkit', { x: '' }],
      ],
    });
    assert.deepEqual(states, ['same', 'same', 'same']);
    assert.ok(seen.records.every(({ certainty }) => certainty === 'inferred'));
    assert.deepEqual(
      seen.steps.map(({ layer }) => layer?.position),
      [1, 2, 3],
    );
    assert.equal(seen.subject, 'docker.io/library/exam:latest');
  });

  it('links each record to the one below, and to what was copied', async () => {
    const { seen } = await tell({
      dockerfile: 'FROM base\nCOPY a.txt /\nRUN x\n',
      context: a,
      history: [
        ['COPY a.txt / # buildkit', a],
        ['RUN /bin/sh -c x # buildkit', {}],
      ],
    });
    const [copy, run] = seen.steps.map(({ record }) => record);
    assert.deepEqual(
      seen.records[copy ?? -1]?.inputs.map((links) => links.length),
      [1, 1],
    );
    const [onto] = seen.records[run ?? -1]?.inputs ?? [];
    assert.deepEqual(
      onto?.map((link) => link.record),
      [copy],
    );
  });

  it('has what stood in the place of a step that is another now, and what stood below it', async () => {
    const { seen, keyed } = await tell({
      dockerfile: 'FROM base\nENV A=2\nRUN x\nRUN new\nCOPY a.txt /\n',
      context: a,
      history: [['ENV A=1'], ['RUN /bin/sh -c x # buildkit', {}], ['COPY a.txt / # buildkit', a]],
      image: { runtime: { Env: ['PATH=/bin', 'A=1'] } },
    });
    const [run, copy] = seen.steps;
    const now = keyed.vertices.find(({ kind }) => kind === 'run')?.operation?.plaintext;
    assert.equal(run?.operation?.plaintext, now?.replace('A=2', 'A=1'));
    assert.equal(run?.finding?.state, 'rebuild');
    const [[under] = []] = seen.records[copy?.record ?? -1]?.inputs ?? [];
    assert.equal(under?.record, run.record);
    assert.equal(seen.steps.length, 2);
  });

  it('takes the entry of a line below for no other command', async () => {
    const { seen } = await tell({
      dockerfile: 'FROM base\nRUN new\nRUN x\n',
      history: [['RUN /bin/sh -c x # buildkit', {}]],
    });
    assert.deepEqual(
      seen.steps.map(({ operation, record }) => [operation !== undefined, record !== undefined]),
      [
        [false, false],
        [true, true],
      ],
    );
  });

  it('says what changed in a command', async () => {
    const run = (now: string, then: string, more: Partial<Scene> = {}): Promise<readonly string[]> =>
      tell({ dockerfile: `FROM base\n${now}`, history: [[`RUN ${then} # buildkit`, {}]], ...more }).then(
        ({ states }) => states,
      );
    assert.deepEqual(await run('RUN y\n', '/bin/sh -c x'), ['rebuild text-changed']);
    assert.deepEqual(await run('RUN x\n', '/bin/bash -c x'), ['rebuild shell-changed']);
    assert.deepEqual(await run('ARG V=1\nRUN x\n', '|1 V=2 /bin/sh -c x'), ['rebuild argument-changed']);
    // One without a value counts nowhere, and is shown like an empty one.
    assert.deepEqual(await run('ARG V\nRUN x\n', '/bin/sh -c x'), ['same']);
    assert.deepEqual(await run('ARG V=\nRUN x\n', '/bin/sh -c x'), ['rebuild argument-changed']);
    assert.deepEqual(await run('RUN x\n', '|1 V= /bin/sh -c x'), ['unknown not-shown']);
    const [args, turned] = ['ARG B=2\nARG A=1\nRUN x\n', '|2 A=1 B=2 /bin/sh -c x'];
    assert.deepEqual(await run(args, turned), ['rebuild order-changed']);
    assert.deepEqual(await run('RUN x\n', '/bin/sh -c y && /bin/sh -c x'), ['rebuild text-changed']);
    assert.deepEqual(await run('RUN x\nRUN z\n', '/bin/sh -c x'), ['same', 'rebuild never-built']);
  });

  it('counts variables, the user and the directory, which the text of RUN does not show', async () => {
    const then = (entries: readonly string[], now: string, config: object = {}): Promise<readonly string[]> =>
      tell({
        dockerfile: `FROM base\n${now}`,
        history: [...entries.map((text) => [text] as const), ['RUN /bin/sh -c x # buildkit', {}]],
        image: { runtime: { Env: ['PATH=/bin'], ...config } },
      }).then(({ states }) => states);
    const env = (...Env: readonly string[]): object => ({ Env: ['PATH=/bin', ...Env] });
    assert.deepEqual(await then(['ENV A=1'], 'ENV A=1\nRUN x\n', env('A=1')), ['same']);
    assert.deepEqual(await then(['ENV A=1 B=2 3'], 'ENV A=1\nENV B="2 3"\nRUN x\n', env('A=1', 'B=2 3')), [
      'same',
    ]);
    assert.deepEqual(await then(['ENV A=1'], 'ENV A=2\nRUN x\n', env('A=1')), [
      'rebuild environment-changed',
    ]);
    assert.deepEqual(await then(['ENV A=1', 'ENV B=2'], 'ENV B=2\nENV A=1\nRUN x\n', env('A=1', 'B=2')), [
      'rebuild order-changed',
    ]);
    assert.deepEqual(await then(['USER app'], 'USER web\nRUN x\n', { User: 'app' }), [
      'rebuild user-changed',
    ]);
    assert.deepEqual(await then(['WORKDIR /'], 'WORKDIR /\nRUN x\n', { WorkingDir: '/' }), ['same']);
  });

  it('takes the values of arguments from RUN where old histories have their defaults, and doubts those never shown', async () => {
    const old: Partial<Scene> = { version: 'v0.8.0', args: { A: '2' } };
    const then = (dockerfile: string, run: string): Promise<readonly string[]> =>
      tell({
        dockerfile,
        history: [['ARG A=1'], ['LABEL l=1'], [`RUN ${run} # buildkit`, {}]],
        ...old,
      }).then(({ states }) => states);
    const own = 'FROM base\nARG A=1\nLABEL l=1\nRUN x\n';
    assert.deepEqual(await then(own, '|1 A=2 /bin/sh -c x'), ['same']);
    assert.deepEqual(await then(own, '|1 A=3 /bin/sh -c x'), ['rebuild argument-changed']);
    const inherited = 'FROM base AS s0\nARG A=1\nLABEL l=1\nFROM s0\nRUN x\n';
    assert.deepEqual(await then(inherited, '/bin/sh -c x'), ['unknown not-shown']);
  });

  it('does not believe a text that can be read in two ways', async () => {
    const { states } = await tell({
      dockerfile: 'FROM base\nENV A=1 B=2\nRUN x\n',
      history: [['ENV A=1 B=2'], ['RUN /bin/sh -c x # buildkit', {}]],
      image: { runtime: { Env: ['PATH=/bin', 'A=1 B=2'] } },
    });
    assert.deepEqual(states, ['unknown not-understood']);
  });

  it('sees another base, and one that differs in its variables only', async () => {
    const scene: Scene = {
      dockerfile: 'FROM base\nCOPY a.txt /\nRUN x\n',
      context: a,
      history: [
        ['COPY a.txt / # buildkit', a],
        ['RUN /bin/sh -c x # buildkit', {}],
      ],
    };
    const other = buildImage([{ other: '' }], { runtime: { Env: ['PATH=/bin'] } });
    assert.deepEqual((await tell({ ...scene, baseNow: other })).states[0], 'rebuild base-changed');
    const layer = base.layers[0]?.tar;
    assert.ok(layer !== undefined);
    const renamed = buildImage([layer], { runtime: { Env: ['PATH=/bin', 'X=2'] } });
    const { states, seen, keyed } = await tell({ ...scene, baseNow: renamed });
    assert.deepEqual(states, ['same', 'rebuild base-changed']);
    // What RUN was is another operation than it is now.
    const now = keyed.vertices.find(({ kind }) => kind === 'run')?.operation;
    assert.ok(now !== undefined && seen.records.every(({ key }) => key !== outputKey(now.digest, 0)));
  });

  it('does not guess what no image shows', async () => {
    const run = (flags: string, more: Partial<Scene> = {}): Promise<readonly string[]> =>
      tell({
        dockerfile: `FROM base\nRUN ${flags} x\n`,
        history: [['RUN /bin/sh -c x # buildkit', {}]],
        ...more,
      }).then(({ states }) => states);
    for (const flags of ['--mount=type=secret,id=a', '--mount=type=cache,target=/c', '--network=none'])
      assert.deepEqual(await run(flags), ['unknown not-shown'], flags);
    assert.deepEqual(await run('', { request: { addHosts: ['h:1'] } }), ['unknown not-shown']);
    const cache = record('cached mount /c from exec /bin/sh -c x with id "//c"', 'exec.cachemount');
    const listed = [cache, record('mount / from exec /bin/sh -c x')];
    assert.deepEqual(await run('--mount=type=cache,target=/c', { listed }), ['same']);
    assert.deepEqual(await run('', { listed }), ['unknown not-shown']);
  });

  it('takes variables that the base does not have for its own where the history of the base is not known', async () => {
    const { states } = await tell({
      dockerfile: 'FROM base\nENV A=1 B=2\nRUN x\n',
      history: [['ENV A=1'], ['ENV B=2'], ['RUN /bin/sh -c x # buildkit', {}]],
      image: { runtime: { Env: ['PATH=/bin', 'A=1', 'B=2'] } },
      hidesBaseHistory: true,
    });
    assert.deepEqual(states, ['same']);
  });

  it('links the record of another heredoc to nothing that the instruction has now', async () => {
    const { seen, keyed } = await tell({
      dockerfile: 'FROM base\nCOPY <<E /f\nnow\nE\n',
      history: [['COPY <<E /f # buildkit', { f: 'before\n' }]],
    });
    const digests = keyed.vertices.flatMap(({ inputs }) =>
      inputs.flatMap((input) => input.contentDigest ?? []),
    );
    const keys = seen.records.map(({ key }) => key);
    assert.deepEqual(
      digests.map((digest) => keys.includes(outputKey(digest, -1))),
      [false],
    );
    assert.deepEqual(
      seen.steps.map(({ finding }) => finding?.reason.code),
      ['files-changed'],
    );
  });

  it('is certain of what no image shows where the keys of its build are known', async () => {
    const scene = {
      dockerfile: 'FROM base\nRUN --network=none x\n',
      history: [['RUN /bin/sh -c x # buildkit', {}]],
      keys: new Set(['sha256:other'] as const),
    } as const;
    const own = record('mount / from exec /bin/sh -c x');
    assert.deepEqual((await tell({ ...scene, listed: [own] })).states, ['rebuild flag-changed']);
    // The second one is of a build that nobody has seen.
    const listed = [own, { ...own, id: 'another' }];
    assert.deepEqual((await tell({ ...scene, listed })).states, ['unknown not-shown']);
  });

  it('leaves open what depends on another stage, and knows nothing of that stage', async () => {
    const { states } = await tell({
      dockerfile: 'FROM base AS one\nRUN make\nFROM base\nCOPY --from=one /out /out\nRUN x\nRUN z\n',
      history: [
        ['COPY /out /out # buildkit', { out: 'o' }],
        ['RUN /bin/sh -c x # buildkit', {}],
        ['RUN /bin/sh -c y # buildkit', {}],
      ],
    });
    assert.deepEqual(states, [
      'unknown not-shown',
      'depends stage-output',
      'depends stage-output',
      'rebuild text-changed',
    ]);
  });

  it('goes through the stage that the last one begins with', async () => {
    const { states } = await tell({
      dockerfile: 'FROM base AS one\nRUN a\nENV E=1\nFROM one\nCOPY a.txt /\nRUN b\n',
      context: a,
      history: [
        ['RUN /bin/sh -c a # buildkit', {}],
        ['ENV E=1'],
        ['COPY a.txt / # buildkit', a],
        ['RUN /bin/sh -c b # buildkit', {}],
      ],
      image: { runtime: { Env: ['PATH=/bin', 'E=1'] } },
    });
    assert.deepEqual(states, ['same', 'same', 'same']);
  });

  it('has the variables of a stage stand before those of the stage that it begins with', async () => {
    const scene = (history: Scene['history']): Scene => ({
      dockerfile: 'FROM base AS one\nARG A=1\nENV E=1\nRUN a\nFROM one\nENV F=1\nRUN b\n',
      history,
      image: { runtime: { Env: ['PATH=/bin', 'E=1', 'F=1'] } },
    });
    const run = (command: string): Scene['history'][number] => [
      `RUN |1 A=1 /bin/sh -c ${command} # buildkit`,
      {},
    ];
    const { states } = await tell(scene([['ARG A=1'], ['ENV E=1'], run('a'), ['ENV F=1'], run('b')]));
    assert.deepEqual(states, ['same', 'same']);
    const other = await tell(scene([['ENV E=1'], ['ARG A=1'], run('a'), ['ENV F=1'], run('b')]));
    assert.deepEqual(other.states[0], 'rebuild order-changed');
  });

  it('is worth nothing when the builder lists its steps no more, and little when it lists them with other flags', async () => {
    const scene: Scene = {
      dockerfile: 'FROM base\nCOPY a.txt /\n',
      context: a,
      history: [['COPY a.txt / # buildkit', a]],
    };
    const states = async (...descriptions: readonly string[]): Promise<readonly string[]> =>
      (await tell({ ...scene, listed: descriptions.map((each) => record(each)) })).states;
    assert.deepEqual(await states(), ['rebuild no-longer-listed']);
    assert.deepEqual(await states('[2/9] COPY a.txt /'), ['same']);
    assert.deepEqual(await states('[2/2] COPY ./a.txt /'), ['same']);
    assert.deepEqual(await states('[2/2] COPY --link a.txt /'), ['unknown not-shown']);
  });

  it('passes over what makes nothing in stages that it does not show', async () => {
    const listed = ['one', 'two'].map((name, at) => ({
      ...{ id: name, parents: at === 0 ? [] : ['one'], type: 'regular', sizeBytes: 0 },
      description: `mount / from exec /bin/sh -c ${name}`,
    }));
    const { states } = await tell({
      dockerfile: 'FROM base AS build\nRUN one\nWORKDIR /\nRUN two\nFROM base\nCOPY --from=build /x /x\n',
      history: [['COPY /x /x # buildkit', { x: '' }]],
      listed,
    });
    assert.deepEqual(states.slice(0, 2), ['unknown not-shown', 'unknown not-shown']);
  });

  it('takes a record that the builder lists for another build for a doubt', async () => {
    const listed = (count: number): Scene['listed'] =>
      ['base', ...Array.from({ length: count }, (_, at) => String(at))].map((id) => ({
        id,
        parents: id === 'base' ? [] : ['base'],
        type: 'regular',
        description:
          id === 'base' ? 'pulled from docker.io/library/base:latest@sha256:0' : '[2/2] COPY a.txt /',
        sizeBytes: 0,
      }));
    const scene = {
      dockerfile: 'FROM base\nCOPY a.txt /\n',
      context: { 'a.txt': 'other\n\n' },
      history: [['COPY a.txt / # buildkit', a]],
    } as const;
    assert.deepEqual((await tell({ ...scene, listed: listed(1) ?? [] })).states, ['rebuild files-changed']);
    assert.deepEqual((await tell({ ...scene, listed: listed(2) ?? [] })).states, ['unknown not-shown']);
  });
});

function record(description: string, type = 'regular'): ListedRecord {
  return { id: description, parents: [], type, description, sizeBytes: 0 };
}

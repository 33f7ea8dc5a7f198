import assert from 'node:assert/strict';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import type { BuilderKind } from '../../../../src/engine/build/builder.ts';
import { buildahReader } from '../../../../src/engine/builders/runs/buildahOutput.ts';
import type { BuildOutputReader } from '../../../../src/engine/builders/runs/buildEvent.ts';
import { BuildRecord } from '../../../../src/engine/builders/runs/buildRecord.ts';
import { classicReader } from '../../../../src/engine/builders/runs/classicOutput.ts';
import { plainReader } from '../../../../src/engine/builders/runs/plainProgress.ts';
import { rawJsonReader } from '../../../../src/engine/builders/runs/rawJson.ts';
import { rowPlacesOf, stepsInOrder } from '../../../../src/engine/builders/runs/rowPlaces.ts';
import { planOf, type PlanSettings } from '../../../support/planOf.ts';

const twoStages = 'FROM base AS build\nARG V=1\nRUN make $V\nCOPY a /a\nFROM base\nCOPY --from=build /a /b\n';

function recordOf(
  text: string,
  kind: BuilderKind,
  read: BuildOutputReader,
  output: readonly string[],
  settings?: PlanSettings,
): BuildRecord {
  const dockerfile = parseDockerfile(text);
  const record = new BuildRecord(dockerfile, rowPlacesOf(kind, dockerfile, planOf(text, settings)), {});
  for (const line of output) for (const event of read(line)) record.take(event);
  return record;
}

/** `instruction state` of the rows that stand for instructions, in the order of the file. */
function states({ rows }: BuildRecord): readonly string[] {
  const own = rows.flatMap(({ instruction, state }) =>
    instruction === undefined ? [] : [{ instruction, state }],
  );
  return own
    .sort((a, b) => a.instruction - b.instruction)
    .map(({ instruction, state }) => `${instruction} ${state}`);
}

function vertexLine(vertex: object): string {
  return JSON.stringify({ vertexes: [{ started: '2026-01-01T00:00:00Z', ...vertex }] });
}

describe('Rows of BuildKit, as JSON', () => {
  const completed = '2026-01-01T00:00:01.5Z';

  it('are two of COPY --link, also where its merge is told again without what it merges', () => {
    const record = recordOf('FROM base\nCOPY --link a /a\n', 'buildkit', rawJsonReader(), [
      vertexLine({ digest: 'a', inputs: ['f'], name: '[2/2] COPY --link a /a', cached: true, completed }),
      vertexLine({ digest: 'b', inputs: ['a'], name: '[2/2] LINK COPY --link a /a', completed }),
      vertexLine({ digest: 'b', name: '[2/2] LINK COPY --link a /a', completed }),
    ]);
    assert.deepEqual(states(record), ['1 done']);
  });

  it('are found by stage and number, and a hit stays a hit', () => {
    const record = recordOf(twoStages, 'buildkit', rawJsonReader(), [
      vertexLine({ digest: 'x', name: '[internal] load build context', completed }),
      vertexLine({ digest: 'a', inputs: ['f'], name: '[build 2/3] RUN make 1', cached: true }),
      vertexLine({ digest: 'a', inputs: ['f'], name: '[build 2/3] RUN make 1' }),
      vertexLine({ digest: 'b', inputs: ['a'], name: '[build 3/3] COPY a /a', completed }),
      vertexLine({ digest: 'c', inputs: ['b'], name: '[stage-1 2/2] COPY --from=build /a /b' }),
    ]);
    assert.deepEqual(states(record), ['2 cached', '3 done', '5 running']);
    assert.deepEqual(
      record.rows.find(({ instruction }) => instruction === 3),
      {
        ...{ id: 'b', name: '[build 3/3] COPY a /a', instruction: 3, state: 'done' },
        started: Date.UTC(2026, 0, 1),
        completed: Date.UTC(2026, 0, 1) + 1500,
      },
    );
  });

  it('of two vertices are cached when both are, and a download is none', () => {
    const text = 'FROM base\nCOPY --link a /a\nADD http://host/b /b\n';
    const link = [
      vertexLine({ digest: 'a', inputs: ['f'], name: '[2/3] COPY --link a /a', cached: true, completed }),
      vertexLine({ digest: 'b', inputs: ['a'], name: '[2/3] LINK COPY --link a /a', completed }),
    ];
    const add = [
      vertexLine({ digest: 'c', name: '[3/3] ADD http://host/b /b', completed }),
      vertexLine({
        digest: 'd',
        inputs: ['c', 'b'],
        name: '[3/3] ADD http://host/b /b',
        cached: true,
        completed,
      }),
    ];
    assert.deepEqual(states(recordOf(text, 'buildkit', rawJsonReader(), link)), ['1 done']);
    assert.deepEqual(states(recordOf(text, 'buildkit', rawJsonReader(), add)), ['2 cached']);
  });

  it('of triggers stand at FROM', () => {
    const images = { 'docker.io/library/base:latest': { onbuild: ['RUN one', 'COPY a b'] } };
    const lines = [
      vertexLine({ digest: 'a', inputs: ['f'], name: '[2/4] ONBUILD RUN one', completed }),
      vertexLine({ digest: 'c', inputs: ['f'], name: '[4/4] RUN own', completed }),
    ];
    const record = recordOf('FROM base\nRUN own\n', 'buildkit', rawJsonReader(), lines, { images });
    assert.deepEqual(states(record), ['0 done', '1 done']);
  });

  it('may bear a platform', () => {
    const lines = ['linux/amd64 build', 'linux/arm64->amd64 build'].map((where, at) =>
      vertexLine({ digest: `${at}`, inputs: ['f'], name: `[${where} 2/3] RUN make 1`, completed }),
    );
    assert.deepEqual(states(recordOf(twoStages, 'buildkit', rawJsonReader(), lines)), ['2 done', '2 done']);
    const single = vertexLine({ digest: 'a', inputs: ['f'], name: '[linux/amd64 2/2] RUN x', cached: true });
    assert.deepEqual(states(recordOf('FROM base\nRUN x\n', 'buildkit', rawJsonReader(), [single])), [
      '1 cached',
    ]);
  });

  it('tell what failed, with what it printed', () => {
    const record = recordOf('FROM base\nRUN x\n', 'buildkit', rawJsonReader(), [
      vertexLine({ digest: 'a', inputs: ['f'], name: '[2/2] RUN x' }),
      JSON.stringify({ logs: [{ vertex: 'a', data: Buffer.from('oh\n').toString('base64') }] }),
      vertexLine({ digest: 'a', inputs: ['f'], name: '[2/2] RUN x', completed, error: 'exit code: 1' }),
      'Dockerfile:2',
      'ERROR: failed to build: failed to solve: process "x" did not complete successfully: exit code: 1',
    ]);
    assert.deepEqual(record.failed('cancelled').failure, {
      message: 'process "x" did not complete successfully: exit code: 1',
      instruction: 1,
      output: 'oh\n',
    });
  });

  it('tell the line of what BuildKit refuses', () => {
    const lines = ['ERROR: failed to solve: dockerfile parse error on line 3: unknown instruction: WORK'];
    const record = recordOf('FROM base\n\nWORK x\n', 'buildkit', rawJsonReader(), lines);
    assert.equal(record.failed('cancelled').failure?.instruction, 1);
  });
});

describe('Rows of BuildKit, as text', () => {
  const read = (lines: readonly string[]): readonly string[] =>
    states(
      recordOf(
        twoStages,
        'buildkit',
        plainReader(() => 10_000),
        lines,
      ),
    );

  it('are hits, done, or failed', () => {
    const lines = [
      ...[
        '#5 [build 2/3] RUN make 1',
        '#5 sha256:aa',
        '#5 CACHED',
        '',
        '#6 [build 3/3] COPY a /a',
        '#6 DONE 2.5s',
      ],
      ...['#7 [stage-1 2/2] COPY --from=build /a /b', '#7 ERROR: "/a": not found'],
    ];
    assert.deepEqual(read(lines), ['2 cached', '3 done', '5 failed']);
    const record = recordOf(
      twoStages,
      'buildkit',
      plainReader(() => 10_000),
      lines,
    );
    const { started, completed } = record.rows.find(({ instruction }) => instruction === 3) ?? {};
    assert.deepEqual([started, completed], [7500, 10_000]);
  });

  it('are paused and go on, and print what looks like an end', () => {
    const lines = [
      ...['#5 [build 2/3] RUN make 1', '#5 0.100 CACHED', '#5 ...', '', '#5 [build 2/3] RUN make 1'],
      ...['#5 0.200 #5 DONE 0.1s'],
    ];
    assert.deepEqual(read(lines), ['2 running']);
    const record = recordOf(
      twoStages,
      'buildkit',
      plainReader(() => 0),
      lines,
    );
    assert.match(record.succeeded('sha256:1').log, /\nCACHED\n#5 DONE 0\.1s\n$/);
  });

  it('of a hit stay hits while it is fetched', () => {
    assert.deepEqual(
      read(['#5 [build 2/3] RUN make 1', '#5 CACHED', '#5 sha256:aa 1MB / 2MB 0.1s', '#5 DONE 0.3s']),
      ['2 cached'],
    );
  });
});

describe('Rows of the classic builder', () => {
  it('are all instructions of the file', () => {
    const record = recordOf(
      twoStages,
      'classic',
      classicReader(() => 0),
      [
        ...[
          'Sending build context to Docker daemon  5.12kB',
          'Step 1/6 : FROM base AS build',
          ' ---> 75ae28b8ebf8',
        ],
        ...['Step 2/6 : ARG V=1', ' ---> Using cache', ' ---> 447cc472ae83', 'Step 3/6 : RUN make $V'],
        ...[' ---> Running in 10d8c3d2dcaf', '\x1b[91mworse', '\x1b[0mbefore'],
        ...["The command '/bin/sh -c make $V' returned a non-zero code: 2"],
      ],
    );
    const { failure } = record.failed('failed');
    assert.deepEqual(states(record), ['0 done', '1 cached', '2 failed']);
    assert.deepEqual(failure, {
      message: "The command '/bin/sh -c make $V' returned a non-zero code: 2",
      instruction: 2,
      output: 'worse\nbefore\n',
    });
  });

  it('say why one failed that the builder has no words for', () => {
    const why = 'COPY failed: no source files were specified';
    const output = [
      'Sending build context to Docker daemon  4.096kB\r',
      'Step 1/2 : FROM base',
      'Step 2/2 : COPY a b',
    ];
    const record = recordOf(
      'FROM base\nCOPY a b\n',
      'classic',
      classicReader(() => 0),
      [...output, why],
    );
    const { failure } = record.failed('failed');
    assert.deepEqual([failure?.message, failure?.instruction], [why, 1]);
  });
});

describe('Rows of buildah', () => {
  it('are counted in each stage, FROM too', () => {
    const record = recordOf(
      `ARG G=1\n${twoStages}CMD x\n`,
      'buildah',
      buildahReader(() => 0),
      [
        ...[
          '[1/2] STEP 1/4: FROM base AS build',
          '[1/2] STEP 2/4: ARG V=1',
          '--> Using cache ebf5b10a73ef',
          '--> ebf5b',
        ],
        ...[
          '[1/2] STEP 3/4: RUN make $V',
          '[2/2] STEP 1/3: FROM base',
          '[2/2] STEP 3/3: CMD x',
          '[2/2] COMMIT t1',
        ],
        '--> 4b8a30fcb18',
      ],
    );
    assert.deepEqual(states(record), ['1 done', '2 cached', '3 done', '5 done', '7 done']);
  });

  it('have the triggers of a base after its FROM, where that stands', () => {
    const onbuild = ['ENV E=1', 'COPY a /a'];
    const record = recordOf(
      'FROM base\nCOPY b /b\nRUN make\n',
      'buildah',
      buildahReader(() => 0),
      [
        ...['STEP 1/5: FROM base', 'STEP 2/5: ENV E=1', '--> Using cache ebf5b10a73ef'],
        ...['STEP 3/5: COPY a /a', '--> Using cache 0bf5b10a73ef', 'STEP 4/5: COPY b /b', '--> 4b8a30fcb18'],
        ...['STEP 5/5: RUN make', 'COMMIT t1', '--> 5b8a30fcb18'],
      ],
      { images: { 'docker.io/library/base:latest': { onbuild } } },
    );
    assert.deepEqual(states(record), ['0 done', '0 cached', '0 cached', '1 done', '2 done']);
  });

  it('begin, and have their images, behind what a step printed without the end of a line', () => {
    const record = recordOf(
      twoStages,
      'buildah',
      buildahReader(() => 0),
      [
        ...['[1/2] STEP 1/3: FROM base AS build', '[1/2] STEP 2/3: ARG V=1', '[1/2] STEP 3/3: RUN make $V'],
        ...['made STEP 9/9: x--> 0123456789ab', '[2/2] STEP 1/2: FROM base', '[2/2] STEP 2/2: RUN cat /a'],
        'a--> Using cache 0123456789ab',
      ],
    );
    const { rows, log } = record.succeeded(undefined);
    assert.deepEqual(
      rows.map(({ name, state }) => `${name.slice(0, 14)} ${state}`),
      [
        ...['[1/2] STEP 1/3 done', '[1/2] STEP 2/3 done', '[1/2] STEP 3/3 done'],
        ...['[2/2] STEP 1/2 done', '[2/2] STEP 2/2 cached'],
      ],
    );
    assert.match(log, /^made STEP 9\/9: x\n--> 0123456789ab\n/m);
  });

  it('of a stage begin behind what the last one of the stage before printed', () => {
    const record = recordOf(
      twoStages,
      'buildah',
      buildahReader(() => 0),
      ['[1/3] STEP 1/1: FROM base', 'printed[3/3] STEP 1/2: FROM base', 'x[3/3] STEP 2/2: RUN x'],
    );
    assert.deepEqual(
      record.succeeded(undefined).rows.map(({ name }) => name.slice(0, 14)),
      ['[1/3] STEP 1/1', '[3/3] STEP 1/2', '[3/3] STEP 2/2'],
    );
  });

  it('of a single stage bear no number of it', () => {
    const record = recordOf(
      'FROM base\nRUN x\n',
      'buildah',
      buildahReader(() => 0),
      [...['STEP 1/2: FROM base', 'STEP 2/2: RUN x', 'no', 'Error: building at STEP "RUN x": exit status 1']],
    );
    assert.deepEqual(record.failed('failed').failure, {
      message: 'building at STEP "RUN x": exit status 1',
      instruction: 1,
      output: 'no\n',
    });
    assert.deepEqual(states(record), ['0 done', '1 failed']);
  });
});

describe('Steps of which a builder told', () => {
  it('are those from the top of the file, without FROM', () => {
    const rows = [
      ...[
        '4 [build 4/4] RUN make',
        '0 [build 1/4] FROM docker.io/library/base',
        '1 [build 3/4] COPY from /a',
      ],
      ...['0 [build 2/4] ONBUILD RUN echo FROM x', '5 Step 6/7 : FROM base', '6 [2/2] STEP 2/2: RUN x'],
      ...['- [internal] load build context', '7 [2/2] STEP 1/2: FROM base', '8 [linux/arm64 1/1] FROM base'],
    ].map((line) => {
      const [, instruction = '', name = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
      const at = instruction === '-' ? {} : { instruction: Number(instruction) };
      return { id: name, name, state: 'done' as const, ...at };
    });
    assert.deepEqual(
      stepsInOrder(rows).map(({ name }) => name),
      [
        ...['[build 2/4] ONBUILD RUN echo FROM x', '[build 3/4] COPY from /a'],
        ...['[build 4/4] RUN make', '[2/2] STEP 2/2: RUN x'],
      ],
    );
  });
});

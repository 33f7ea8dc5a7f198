import assert from 'node:assert/strict';
import type { BuildRequest } from '../../../../src/engine/build/buildRequest.ts';
import type {
  BuildkitBuild,
  BuildkitQuestion,
  ImageAnswer,
} from '../../../../src/engine/build/cache/buildkitQuestion.ts';
import type { ListedRecord, SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import type { CacheReport, StepStatus } from '../../../../src/engine/build/cache/cacheReport.ts';
import { predictBuildkit, recordBuildkit } from '../../../../src/engine/build/cache/predictBuildkit.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { keyBuild } from '../../../../src/engine/build/vertices/keyBuild.ts';
import { parseDiffId, parseDigest } from '../../../../src/engine/oci/digest.ts';
import type { ContentLiteral } from '../../../support/contentTree.ts';
import { planOf } from '../../../support/planOf.ts';
import { treeView, type TreeViewOptions } from '../../../support/treeView.ts';

/** One build as a test says it. */
interface Said extends TreeViewOptions {
  readonly files?: ContentLiteral;
  readonly request?: Partial<BuildRequest>;
  readonly env?: readonly string[];
  readonly image?: ImageAnswer;
  readonly version?: string;
}

const files = { 'a.txt': 'a', 'b.txt': 'b', 'src/x': 'x' };

describe('Why a step is made again', () => {
  it('is its own text, before all else', async () => {
    const [, copy, run] = await after(
      'FROM base\nCOPY a.txt /\nRUN one\n',
      'FROM base\nCOPY a.txt /\nRUN two\n',
    );
    assert.deepEqual(told(copy), ['cached', 'found']);
    assert.deepEqual(told(run), ['rebuild', 'text-changed', 'one', 'two']);
    assert.equal(run?.reason.text, 'the instruction changed: "one" → "two"');
  });

  it('is an argument or a variable, and the line that sets it', async () => {
    const text = 'FROM base\nENV E=1\nARG V=1\nRUN x\nRUN y\n';
    const byArgument = await after(text, text, {}, { request: { buildArgs: new Map([['V', '2']]) } });
    assert.deepEqual(told(byArgument[3]), ['rebuild', 'argument-changed', '1', '2']);
    assert.deepEqual([byArgument[3]?.reason.subject, byArgument[3]?.reason.instruction], ['V', 2]);
    assert.equal(byArgument[2]?.reason.text, 'metadata: changes the environment of 2 RUN lines below');
    assert.equal(byArgument[1]?.reason.text, 'metadata: no layer');
    const byLine = await after(text, text.replace('E=1', 'E=2'));
    assert.deepEqual([byLine[3]?.reason.code, byLine[3]?.reason.instruction], ['environment-changed', 1]);
    const byBase = await after(text, text, { env: ['P=1'] }, { env: ['P=2'] });
    assert.deepEqual([byBase[3]?.reason.code, byBase[3]?.reason.subject], ['environment-changed', 'P']);
  });

  it('is a variable of the stage below', async () => {
    const text = 'FROM base AS a\nENV E=1\nFROM a\nRUN x\n';
    const steps = await after(text, text.replace('E=1', 'E=2'));
    assert.deepEqual([steps[3]?.reason.code, steps[3]?.reason.instruction], ['environment-changed', 1]);
  });

  it('is the order of variables', async () => {
    const steps = await after('FROM base\nENV A=1\nENV B=2\nRUN x\n', 'FROM base\nENV B=2\nENV A=1\nRUN x\n');
    assert.equal(steps[3]?.reason.code, 'order-changed');
  });

  it('is a line that acts on it', async () => {
    const cases: readonly (readonly [string, string, string, number | undefined])[] = [
      ['USER a\nRUN x', 'USER b\nRUN x', 'user-changed', 1],
      ['SHELL ["a"]\nRUN x', 'SHELL ["b"]\nRUN x', 'shell-changed', 1],
      ['COPY a.txt /a/\nRUN x', 'COPY a.txt /b/\nRUN x', 'destination-changed', undefined],
      ['COPY a.txt /a', 'COPY --chown=1 a.txt /a', 'flag-changed', undefined],
      ['COPY a.txt /a', 'COPY --chmod=0600 a.txt /a', 'flag-changed', undefined],
      ['COPY a.txt /a', 'ADD a.txt /a', 'text-changed', undefined],
      ['COPY a.txt /a/', 'COPY b.txt /a/', 'text-changed', undefined],
      ['RUN x', 'RUN --mount=type=tmpfs,target=/t x', 'mount-changed', undefined],
      ['RUN x', 'RUN --network=none x', 'network-changed', undefined],
      ['WORKDIR /a', 'WORKDIR /b', 'directory-changed', undefined],
      ['RUN <<E\na\nE', 'RUN <<E\nb\nE', 'text-changed', undefined],
      ['COPY <<E /x\na\nE', 'COPY <<E /x\nb\nE', 'text-changed', undefined],
    ];
    for (const [before, now, code, instruction] of cases) {
      const steps = await after(`FROM base\n${before}\n`, `FROM base\n${now}\n`);
      const step = steps.find(({ state }) => state === 'rebuild');
      assert.deepEqual([step?.reason.code, step?.reason.instruction], [code, instruction], now);
    }
  });

  it('is an option of the build', async () => {
    const text = 'FROM base\nRUN x\n';
    const cases: readonly (readonly [Partial<BuildRequest>, string, string | undefined])[] = [
      [{ network: 'host' }, 'network-changed', undefined],
      [{ addHosts: ['h:1.2.3.4'] }, 'option-changed', '--add-host'],
      [{ ulimits: ['nofile=1:2'] }, 'option-changed', '--ulimit'],
      [{ shmSizeBytes: 1 }, 'option-changed', '--shm-size'],
      [{ cgroupParent: 'x' }, 'option-changed', '--cgroup-parent'],
      [{ noCache: true }, 'not-cached-asked', undefined],
    ];
    for (const [request, code, subject] of cases) {
      const [, run] = await after(text, text, {}, { request });
      assert.deepEqual([run?.state, run?.reason.code, run?.reason.subject], ['rebuild', code, subject]);
    }
  });

  it('is files, with what differs, and then the step above', async () => {
    const text = 'FROM base\nCOPY a.txt b.txt /\nRUN x\nRUN y\n';
    const differences = [
      { path: 'a.txt', change: 'content' },
      { path: 'b.txt', change: 'mode' },
    ] as const;
    const steps = await after(text, text, {}, { files: { ...files, 'a.txt': 'new' }, differences });
    assert.deepEqual(told(steps[1]), ['rebuild', 'files-changed']);
    assert.equal(steps[1]?.reason.text, 'a.txt and 1 more changed');
    assert.deepEqual([steps[1].reason.paths, steps[1].reason.pathCount], [differences, 2]);
    for (const step of steps.slice(2))
      assert.deepEqual([...told(step), step.reason.instruction], ['rebuild', 'step-above', 1]);
  });

  it('is the base, and how it was', async () => {
    const text = 'FROM base\nRUN x\n';
    const [from, run] = await after(text, text, {}, { image: known('b') });
    assert.deepEqual(told(from), ['no-step', 'base']);
    assert.deepEqual(told(run), ['rebuild', 'base-changed', digest('a'), digest('b')]);
  });

  it('is another order of the same steps', async () => {
    const steps = await after('FROM base\nRUN a\nRUN b\n', 'FROM base\nRUN b\nRUN a\n');
    assert.deepEqual(
      steps.map(({ reason }) => reason.code),
      ['base', 'order-changed', 'step-above'],
    );
  });
});

describe('A build of another Dockerfile', () => {
  it('gives what it made, and no reasons', async () => {
    const text = 'FROM base\nRUN x\nWORKDIR /w\n';
    const was = { ...(await recorded(text)), kind: 'history-record' } as const;
    const other = { ...was, isOfAnotherFile: true };
    const states = async (now: string, seen: SeenBuild): Promise<unknown> =>
      (await predicted(now, {}, [seen], { listed: listed([seen]) })).steps.slice(1).map(told);
    assert.deepEqual(await states(text, other), [
      ['cached', 'found'],
      ['cached', 'found'],
    ]);
    const changed = text.replace('RUN x', 'RUN y');
    assert.deepEqual(await states(changed, was), [
      ['rebuild', 'text-changed', 'x', 'y'],
      ['rebuild', 'step-above'],
    ]);
    assert.deepEqual(await states(changed, other), [
      ['rebuild', 'never-built'],
      ['rebuild', 'step-above'],
    ]);
  });
});

describe('What a step depends on', () => {
  const text = 'FROM base AS build\nRUN one\nFROM base\nCOPY --from=build /o /o\nRUN x\n';

  it('is the output of a stage that is made again, and so does what is below', async () => {
    const steps = await after(text, text.replace('one', 'two'));
    const lower = steps.slice(3);
    assert.deepEqual(
      lower.map(({ state, reason }) => [state, reason.code, reason.subject, reason.instruction]),
      [
        ['depends', 'stage-output', 'build', 1],
        ['depends', 'stage-output', 'build', 1],
      ],
    );
    assert.equal(steps[3]?.reason.text, 'cached if /o of build comes out as it was');
  });

  it('is nothing when the stage is found, and not needed then', async () => {
    const steps = await after(text, text.replace('RUN x', 'RUN y'));
    assert.deepEqual(
      steps.map(({ state }) => state),
      ['no-step', 'cached', 'no-step', 'cached', 'rebuild'],
    );
  });

  it('is what it stands on where the stage that it reads is as it was', async () => {
    const stages = 'FROM base AS left\nRUN l\nFROM base AS right\nRUN r\n';
    const both = `${stages}FROM base\nCOPY --from=left /l /l\nCOPY --from=right /r /r\n`;
    const now = both.replace('RUN l', 'RUN other');
    const seen = await recorded(both);
    const { vertices } = keyBuild(toBuild(now, {}), keyFormatOf('v0.33.0'));
    const reason = { code: 'stage-output', text: '', subject: 'right' } as const;
    const finding = { vertex: vertices.length - 1, state: 'depends', reason } as const;
    const told = { ...seen, steps: [...seen.steps, { stage: '', text: '', finding }] };
    const { steps } = await predicted(now, {}, [told], { listed: listed([seen]) });
    const [copy] = steps.slice(-1);
    assert.deepEqual([copy?.state, copy?.reason.subject], ['depends', 'left']);
  });

  it('does not hide that the step itself is another', async () => {
    const steps = await after(text, text.replace('one', 'two').replace('/o /o', '/p /o'));
    assert.deepEqual(told(steps[3]), ['rebuild', 'text-changed', 'o', 'p']);
  });
});

describe('What is not certain', () => {
  const text = 'FROM base\nCOPY a.txt /\nRUN x\n';

  it('is said while no build has been seen', async () => {
    assert.deepEqual((await predicted(text, {}, [])).steps.map(told), [
      ['no-step', 'base'],
      ['unknown', 'no-evidence'],
      ['unknown', 'no-evidence'],
    ]);
    const empty = await predicted(text, {}, [], { listed: [] });
    assert.deepEqual(told(empty.steps[1]), ['rebuild', 'never-built']);
  });

  it('is what nobody has listed', async () => {
    const seen = [await recorded(text)];
    assert.deepEqual((await predicted(text, {}, seen)).steps.slice(1).map(told), [
      ['likely', 'found'],
      ['likely', 'found'],
    ]);
    const gone = await predicted(text, {}, seen, { listed: [] });
    assert.deepEqual(gone.steps.slice(1).map(told), [
      ['rebuild', 'no-longer-listed'],
      ['rebuild', 'no-longer-listed'],
    ]);
  });

  it('is what an image holds that the builder lists by no such text: it may have been loaded', async () => {
    const exact = await recorded(text);
    const records = exact.records.map((record) => ({ ...record, certainty: 'inferred' }) as const);
    const image: SeenBuild = { ...exact, kind: 'image', records, steps: [] };
    const list = listed([exact]).map((record) => ({
      ...record,
      description: record.description.replace('COPY a.txt', 'COPY other.txt'),
    }));
    const [, copy] = (await predicted(text, {}, [image], { listed: list })).steps;
    assert.deepEqual(told(copy), ['unknown', 'not-shown']);
    assert.deepEqual(told((await predicted(text, {}, [exact], { listed: list })).steps[1]), [
      'likely',
      'found',
    ]);
  });

  it('is what a build has made that nobody has seen', async () => {
    const seen = [await recorded(text)];
    const elsewhere = [...seen, await recorded(text.replace('RUN x', 'RUN y'))];
    const { steps } = await predicted(text.replace('RUN x', 'RUN y'), {}, seen, {
      listed: listed(elsewhere),
    });
    assert.deepEqual(steps.slice(1).map(told), [
      ['cached', 'found'],
      ['unknown', 'not-understood'],
    ]);
  });

  it('is what is listed by one text more often than it was seen', async () => {
    const build = (value: string): string => `FROM base\nENV A=${value}\nRUN x\n`;
    const seen = [{ ...(await recorded(build('1'))), kind: 'history-record' } as const];
    const run = async (elsewhere: readonly SeenBuild[]): Promise<unknown> =>
      told((await predicted(build('2'), {}, seen, { listed: listed(elsewhere) })).steps.at(-1));
    assert.deepEqual(await run(seen), ['rebuild', 'environment-changed', '1', '2']);
    assert.deepEqual(await run([...seen, await recorded(build('2'))]), ['unknown', 'not-understood']);
  });

  it('is what stands on what nobody has seen', async () => {
    const build = (value: string): string => `FROM base\nRUN ${value}\nRUN x\n`;
    const seen = [{ ...(await recorded(build('two'))), kind: 'history-record' } as const];
    const everything = listed([...seen, await recorded(build('one'))]);
    const { steps } = await predicted(build('one'), {}, seen, { listed: everything });
    assert.deepEqual(steps.slice(1).map(told), [
      ['unknown', 'not-understood'],
      ['unknown', 'not-understood'],
    ]);
  });

  it('is nothing where no more is listed on what is above than was seen', async () => {
    const build = (value: string): string => `FROM base\nENV A=${value}\nRUN x\n`;
    const was = await recorded(build('1'));
    const seen = [{ kind: 'inline-cache', records: was.records, steps: [] } as const];
    const list = listed([was]);
    const pulled = list.flatMap(({ parents }) => parents.map((id) => pulledAs(id)));
    const run = async (more: readonly ListedRecord[]): Promise<unknown> =>
      told((await predicted(build('2'), {}, seen, { listed: [...pulled, ...list, ...more] })).steps.at(-1));
    assert.deepEqual(await run([]), ['rebuild', 'never-built']);
    const others = list.map((record) => ({ ...record, id: 'other' }));
    assert.deepEqual(await run(others), ['unknown', 'not-understood']);
  });

  it('is nothing where what else is listed on what is above is files that were copied onto it', async () => {
    const build = (value: string): string =>
      `FROM base AS one\nENV A=${value}\nRUN x\nFROM base\nCOPY --from=one /x /x\n`;
    const was = await recorded(build('1'));
    const seen = [{ kind: 'inline-cache', records: was.records, steps: [] } as const];
    const list = listed([was]);
    const pulled = list.flatMap(({ parents }) => parents.map((id) => pulledAs(id)));
    const { steps } = await predicted(build('2'), {}, seen, { listed: [...pulled, ...list] });
    assert.deepEqual(steps.map(({ state }) => state).slice(2), ['rebuild', 'no-step', 'depends']);
  });

  it('is not what was made on a base that nobody knows any more', async () => {
    const [short, long] = ['FROM base\nRUN x\n', 'FROM base\nRUN x\nRUN y\n'];
    const [was, other] = [await recorded(short), await recorded(long)];
    const isFirst = new Set(other.records.flatMap(({ inputs }, at) => (inputs.length === 0 ? [at] : [])));
    const records = other.records.map((record) => ({
      ...record,
      inputs: record.inputs.map((links) => links.filter((link) => !isFirst.has(link.record))),
    }));
    const seen = [was, { ...other, kind: 'history-record', records } as const];
    const run = async (list: readonly ListedRecord[]): Promise<unknown> =>
      told((await predicted(long, {}, seen, { listed: list })).steps.at(-1));
    assert.deepEqual(await run(listed([was])), ['rebuild', 'never-built']);
    assert.deepEqual(await run(listed([was, await recorded(long)])), ['unknown', 'not-shown']);
  });

  it('is what other files may have been copied by', async () => {
    const copying = 'FROM base\nCOPY a.txt /\nRUN x\n';
    const [was, now] = [{ files: { 'a.txt': '1' } }, { files: { 'a.txt': '2' } }];
    const seen = [{ ...(await recorded(copying, was)), kind: 'history-record' } as const];
    const steps = async (elsewhere: readonly SeenBuild[]): Promise<readonly unknown[]> =>
      (await predicted(copying, now, seen, { listed: listed(elsewhere) })).steps.slice(1).map(told);
    assert.deepEqual(await steps(seen), [
      ['rebuild', 'files-changed'],
      ['rebuild', 'step-above'],
    ]);
    const [copy] = await steps([...seen, await recorded(copying, now)]);
    assert.deepEqual(copy, ['unknown', 'not-understood']);
  });

  it('is what stands on an image that is assumed, or not known', async () => {
    const steps = await after(text, text, {}, { image: { ...known('a'), isAssumed: true } });
    assert.deepEqual(
      steps.map(({ state }) => state),
      ['no-step', 'likely', 'likely'],
    );
    const unknown = await after(text, text, {}, { image: { kind: 'unknown', reason: 'no network' } });
    assert.deepEqual(told(unknown[1]), ['unknown', 'base-not-asked']);
  });

  it('is a URL without a checksum, but not one with it', async () => {
    const url = (checksum: string): string => `FROM base\nADD ${checksum}https://example.org/f /f\nRUN x\n`;
    assert.deepEqual(told((await after(url(''), url('')))[2]), ['unknown', 'remote-source']);
    const sum = `--checksum=${digest('c')} `;
    assert.deepEqual(
      (await after(url(sum), url(sum))).slice(1).map(({ state }) => state),
      ['cached', 'cached'],
    );
  });

  it('is what a cache may have that cannot be read', async () => {
    const seen = [await recorded(text)];
    const report = await predicted(text.replace('RUN x', 'RUN y'), {}, seen, { unreadCaches: ['c'] });
    assert.deepEqual(
      [told(report.steps[2]), report.steps[2]?.reason.subject],
      [['unknown', 'remote-cache'], 'c'],
    );
  });

  it('is what another frontend makes of the file, or one that is newer or older', async () => {
    const by = async (syntax: string): Promise<StepStatus | undefined> =>
      (await after(`# syntax=${syntax}\n${text}`, `# syntax=${syntax}\n${text}`))[1];
    assert.equal((await by('docker/dockerfile:1'))?.state, 'cached');
    assert.equal((await by('docker/dockerfile:1.99'))?.reason.code, 'frontend-newer');
    assert.equal((await by('example/other'))?.reason.code, 'not-understood');
    const old = await predicted('FROM base\nCOPY --link a.txt /\n', { version: '0.8.0' }, []);
    assert.deepEqual([old.steps[1]?.reason.code, old.problems.length], ['invalid', 1]);
  });

  it('is what is read of a file that is not there', async () => {
    const steps = await after(text, text, {}, { files: {} });
    assert.deepEqual(
      [told(steps[1]), steps[1]?.reason.subject],
      [['unknown', 'context-unreadable'], '/a.txt'],
    );
  });

  it('is a pattern that builders refuse', async () => {
    const [, copy, run] = await after(text, 'FROM base\nCOPY --exclude=[ a.txt /\nRUN x\n');
    assert.deepEqual([told(copy), run?.state], [['unknown', 'invalid'], 'unknown']);
  });
});

describe('What the builder does not see', () => {
  const text = 'FROM base\nCOPY a.txt /\nRUN x\n';

  it('is told as stale', async () => {
    const unseen = [{ path: 'a.txt', change: 'content' }] as const;
    const now = { files: { ...files, 'a.txt': 'z' }, counted: files, unseen };
    const steps = await after(text, text, {}, now);
    assert.deepEqual(told(steps[1]), ['stale', 'same-size-and-time']);
    assert.deepEqual(steps[1]?.reason.paths, unseen);
    assert.equal(steps[2]?.state, 'cached');
    const mode = await after(text, text, {}, { ...now, unseen: [{ path: 'a.txt', change: 'mode' }] });
    assert.deepEqual(told(mode[1]), ['stale', 'not-compared']);
  });
});

describe('What is no step', () => {
  it('is said of every line of the file', async () => {
    const text = 'ARG G=1\nFROM base AS a\nRUN x\nFROM base\nLABEL a=b\nWORKDIR /\nCOPY a.txt /\nBOGUS\n';
    const { steps } = await predicted(text, {}, [await recorded(text)]);
    assert.deepEqual(
      steps.map(({ stage, reason }) => [stage, reason.code]),
      [
        ['', 'global-argument'],
        ['a', 'base'],
        ['a', 'stage-not-needed'],
        ['1', 'base'],
        ['1', 'metadata'],
        ['1', 'root-directory'],
        ['1', 'found'],
        ['1', 'invalid'],
      ].map(([stage, code]) => [stage, code === 'base' && stage === 'a' ? 'stage-not-needed' : code]),
    );
  });

  it('is told of triggers apart', async () => {
    const plan = { images: { 'docker.io/library/base:latest': { onbuild: ['COPY a.txt /t'] } } };
    const build = toBuild('FROM base\n', {}, plan);
    const seen = [await recordBuildkit(build, { builtAt: 1 })];
    const report = await predictBuildkit({ ...build, command: '', seen, listed: listed(seen) });
    assert.deepEqual(
      report.triggers.map(({ instruction, state, text }) => [instruction, state, text]),
      [[0, 'cached', 'COPY a.txt /t']],
    );
  });
});

describe('What was made the last time', () => {
  it('is told of what is found: its layer and its seconds', async () => {
    const text = 'FROM base\nRUN x\n';
    const layer = { diffId: parseDiffId(digest('d')), size: 5 };
    const result = { builtAt: 1, layers: new Map([[1, layer]]), seconds: new Map([[1, 3]]) };
    const seen = [await recordBuildkit(toBuild(text, {}), result)];
    const { steps } = await predicted(text, {}, seen, { listed: listed(seen) });
    assert.deepEqual([steps[1]?.layer, steps[1]?.seconds], [layer, 3]);
  });

  it('is told of what is made again, too: what it was is compared with what it will be', async () => {
    const layer = { diffId: parseDiffId(digest('d')), size: 5 };
    const result = { builtAt: 1, layers: new Map([[1, layer]]), seconds: new Map([[1, 3]]) };
    const seen = [await recordBuildkit(toBuild('FROM base\nRUN x\n', {}), result)];
    const { steps } = await predicted('FROM base\nRUN y\n', {}, seen, { listed: listed(seen) });
    assert.deepEqual([steps[1]?.state, steps[1]?.layer, steps[1]?.seconds], ['rebuild', layer, 3]);
  });

  it('is found again in an older build', async () => {
    const [one, two] = ['FROM base\nRUN one\nRUN x\n', 'FROM base\nRUN two\nRUN x\n'];
    const seen = [await recorded(two), await recorded(one)];
    const { steps } = await predicted(one, {}, seen, { listed: listed(seen) });
    assert.deepEqual(
      steps.map(({ state }) => state),
      ['no-step', 'cached', 'cached'],
    );
  });
});

function told(step: StepStatus | undefined): readonly (string | undefined)[] {
  const { before, after: now } = step?.reason ?? {};
  return [step?.state, step?.reason.code, ...[before, now].filter((value) => value !== undefined)];
}

/** The statuses of a build after another, everything listed. */
async function after(
  before: string,
  now: string,
  was: Said = {},
  is: Said = {},
): Promise<readonly StepStatus[]> {
  const seen = [await recorded(before, was)];
  return (await predicted(now, is, seen, { listed: listed(seen) })).steps;
}

function recorded(text: string, said: Said = {}): Promise<SeenBuild> {
  return recordBuildkit(toBuild(text, said), { builtAt: 1, upload: 'u' });
}

function predicted(
  text: string,
  said: Said,
  seen: readonly SeenBuild[],
  more: Partial<BuildkitQuestion> = {},
): Promise<CacheReport> {
  return predictBuildkit({ ...toBuild(text, said), command: 'docker build .', seen, ...more });
}

function toBuild(text: string, said: Said, settings: Parameters<typeof planOf>[1] = {}): BuildkitBuild {
  const request = {
    context: '/c',
    dockerfile: '/c/Dockerfile',
    buildArgs: new Map<string, string>(),
    tags: [],
    ...said.request,
  };
  const args = Object.fromEntries(request.buildArgs);
  const images = { 'docker.io/library/base:latest': { env: said.env ?? [] } };
  const isUnknown = said.image?.kind === 'unknown';
  return {
    builder: {
      id: 'b',
      kind: 'buildkit',
      client: 'buildx',
      name: 'BuildKit',
      version: said.version ?? '0.33.0',
    },
    request,
    dockerfile: parseDockerfile(text),
    plan: planOf(text, { args, ...(!isUnknown && { images }), ...settings }),
    context: treeView(said.files ?? files, said),
    image: () => said.image ?? known('a'),
  };
}

function known(letter: string): Extract<ImageAnswer, { readonly kind: 'known' }> {
  return { kind: 'known', manifest: parseDigest(digest(letter)), diffIds: [parseDiffId(digest(letter))] };
}

function digest(letter: string): `sha256:${string}` {
  return `sha256:${letter.repeat(64)}`;
}

/** Everything that was made, each on the one above, as the builder calls it. */
function pulledAs(id: string): ListedRecord {
  const description = `pulled from docker.io/library/base:latest@sha256:${'0'.repeat(64)}`;
  return { id, parents: [], description, type: 'regular', sizeBytes: 1 };
}

function listed(seen: readonly SeenBuild[]): readonly ListedRecord[] {
  return seen.flatMap((build, at) =>
    build.steps.flatMap(({ row, record, operation }) => {
      if (record === undefined || row === undefined) return [];
      const parents = (build.records[record]?.inputs[0] ?? []).map((link) => `${at} ${link.record}`);
      const args = /"args":(\[.*?\]),"env"/.exec(operation?.plaintext ?? '')?.[1];
      const description =
        args === undefined ? row : `mount / from exec ${(JSON.parse(args) as string[]).join(' ')}`;
      return [{ id: `${at} ${record}`, parents, description, type: 'regular', sizeBytes: 1 }];
    }),
  );
}

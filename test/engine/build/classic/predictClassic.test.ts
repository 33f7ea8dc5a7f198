import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import type { BuildRequest } from '../../../../src/engine/build/buildRequest.ts';
import type { CacheReport } from '../../../../src/engine/build/cache/cacheReport.ts';
import type { BuilderImage } from '../../../../src/engine/build/classic/builderImage.ts';
import type { ClassicInput } from '../../../../src/engine/build/classic/classicInput.ts';
import { openClassicContext } from '../../../../src/engine/build/classic/openClassicContext.ts';
import { predictClassic } from '../../../../src/engine/build/classic/predictClassic.ts';
import { copyKey, seenCopies } from '../../../../src/engine/build/classic/seenCopies.ts';
import { parseDockerfile } from '../../../../src/engine/build/dockerfile/parseDockerfile.ts';
import { FakeCaseWorld } from '../../../support/buildCaseImages.ts';
import { buildImage } from '../../../support/buildImage.ts';
import { ClassicStore } from '../../../support/classicStore.ts';
import { tempDir } from '../../../support/tempDir.ts';

const base = '127.0.0.1:5999/base:1';

/** A context of two files, built on one base. */
class Bench {
  readonly folder = tempDir();
  readonly store: ClassicStore;

  constructor() {
    const world = new FakeCaseWorld();
    world.publish(base, buildImage([{ 'bin/sh': 'x' }], { runtime: { Env: ['PATH=/bin'] } }));
    this.store = new ClassicStore(world);
    for (const name of ['a.txt', 'b.txt']) writeFileSync(this.folder.file(name), name);
  }

  request(options: Partial<BuildRequest> = {}): BuildRequest {
    const dockerfile = this.folder.file('Dockerfile');
    return { context: this.folder.path, dockerfile, buildArgs: new Map(), tags: [], ...options };
  }

  /** As an engine has the image that was made last. */
  changeLast(change: (image: BuilderImage) => BuilderImage): void {
    const last = this.store.images.pop();
    if (last !== undefined) this.store.images.push(change(last));
  }

  build(lines: string, options: Partial<BuildRequest> = {}): Promise<void> {
    return this.store.build(this.request(options), `FROM ${base}\n${lines}`);
  }

  predict(
    lines: string,
    options: Partial<BuildRequest> = {},
    more: Partial<ClassicInput> = {},
  ): Promise<CacheReport> {
    return this.predictFile(`FROM ${base}\n${lines}`, options, more);
  }

  predictFile(
    text: string,
    options: Partial<BuildRequest> = {},
    more: Partial<ClassicInput> = {},
  ): Promise<CacheReport> {
    return predictClassic({ ...this.inputOf(text, options), ...more });
  }

  inputOf(text: string, options: Partial<BuildRequest> = {}): ClassicInput {
    const request = this.request(options);
    return {
      builder: { id: '', kind: 'classic', client: 'docker-cli', name: '', engineVersion: '29.0.0' },
      command: '',
      request,
      dockerfile: parseDockerfile(text),
      images: this.store.images,
      context: openClassicContext(request),
      filesOfSum: (sum) => Promise.resolve(this.store.filesOfSums.get(sum)),
      evidence: [],
    };
  }
}

function statesOf({ steps }: CacheReport): string {
  return steps.map(({ state }) => state).join(' ');
}

function codesOf({ steps }: CacheReport): string {
  return steps.map(({ reason }) => reason.code).join(' ');
}

describe('a prediction for the classic builder', () => {
  it('names the file that changed, and the step above', async () => {
    const bench = new Bench();
    await bench.build('COPY a.txt b.txt /\nRUN make');
    writeFileSync(bench.folder.file('b.txt'), 'another');
    const report = await bench.predict('COPY a.txt b.txt /\nRUN make');
    assert.equal(statesOf(report), 'no-step rebuild rebuild');
    assert.deepEqual(report.steps[1]?.reason.paths, [{ path: 'b.txt', change: 'content' }]);
    assert.equal(report.steps[2]?.reason.instruction, 1);
  });

  it('tells what of a step is another than it was', async () => {
    const bench = new Bench();
    const reasonOf = async (lines: string, args: Readonly<Record<string, string>> = {}): Promise<string> => {
      const { steps } = await bench.predict(lines, { buildArgs: new Map(Object.entries(args)) });
      const { code, subject, before, after } = steps.at(-1)?.reason ?? { code: '' };
      return [code, subject, before, after].filter((each) => each !== undefined).join(' | ');
    };
    await bench.build('ARG V=1\nRUN make');
    assert.equal(await reasonOf('ARG V=1\nRUN make', { V: '2' }), 'argument-changed | V | 1 | 2');
    assert.equal(await reasonOf('ARG V=1\nRUN mend'), 'text-changed | /bin/sh -c make | /bin/sh -c mend');
    await bench.build('COPY a.txt /a');
    assert.equal(await reasonOf('COPY a.txt /b'), 'destination-changed | /a | /b');
    assert.equal(await reasonOf('COPY --chown=1 a.txt /a'), 'flag-changed | --chown |  | 1');
    await bench.build('ENV A=1');
    assert.equal(await reasonOf('ENV A=2'), 'text-changed | ENV A=1 | ENV A=2');
    assert.equal(await reasonOf('LABEL x=1'), 'never-built');
    await bench.build('ARG W=1\nLABEL w=$W', { buildArgs: new Map([['W', '2']]) });
    assert.equal(await reasonOf('ARG W=1\nLABEL w=$W'), 'argument-changed | W | LABEL w=2 | LABEL w=1');
  });

  it('takes the newest of equal images', async () => {
    const bench = new Bench();
    await bench.build('RUN make\nRUN test');
    await bench.build('RUN make', { noCache: true });
    assert.equal(statesOf(await bench.predict('RUN make\nRUN test')), 'no-step cached rebuild');
  });

  it('looks nowhere but in the images of --cache-from', async () => {
    const bench = new Bench();
    await bench.build('RUN make\nRUN test\nRUN pack');
    bench.changeLast((image) => ({ ...image, names: ['docker.io/library/old:1'] }));
    const lines = 'RUN make\nRUN test\nRUN pack';
    assert.equal(
      codesOf(await bench.predict(lines, { cacheFrom: ['none'] })),
      'base option-changed step-above step-above',
    );
    assert.equal(
      statesOf(await bench.predict(lines, { cacheFrom: ['old:1'] })),
      'no-step cached cached cached',
    );
    // As after a pull: its history is here, what it was made on is not.
    const [own, ...others] = [...bench.store.images].reverse();
    assert.ok(own);
    const pulled = [{ ...own, parent: '' }, ...others.filter(({ names }) => names.length > 0)];
    const report = await bench.predict(`${lines}\nRUN more`, { cacheFrom: ['old:1'] }, { images: pulled });
    assert.equal(statesOf(report), 'no-step cached cached cached rebuild');
  });

  it('refuses what needs BuildKit, and says what is ignored', async () => {
    const bench = new Bench();
    await bench.build('COPY a.txt /a');
    const refused = await bench.predict('COPY a.txt /a\nRUN --mount=type=tmpfs,target=/t make\nRUN pack');
    assert.equal(codesOf(refused), 'base found invalid invalid');
    assert.deepEqual(
      refused.problems.map(({ severity }) => severity),
      ['error'],
    );
    const ignored = await bench.predict('COPY --exclude=x a.txt /a');
    assert.equal(statesOf(ignored), 'no-step cached');
    assert.match(ignored.steps[1]?.reason.text ?? '', /ignores --exclude/);
    assert.equal(ignored.steps[1]?.reason.ignored, '--exclude');
    assert.deepEqual(
      ignored.problems.map(({ severity }) => severity),
      ['warning'],
    );
    const old = {
      id: '',
      kind: 'classic',
      client: 'docker-cli',
      name: '',
      engineVersion: '20.10.24',
    } as const;
    assert.equal(
      codesOf(await bench.predict('COPY --exclude=x a.txt /a', {}, { builder: old })),
      'base invalid',
    );
  });

  it('ends where a source is not there', async () => {
    const bench = new Bench();
    await bench.build('RUN make');
    const report = await bench.predict('RUN make\nCOPY none /x\nRUN pack');
    assert.equal(codesOf(report), 'base found invalid invalid');
    assert.equal(report.problems.length, 1);
  });

  it('builds all stages up to the target, and none behind it', async () => {
    const bench = new Bench();
    const text = `FROM ${base} AS one\nRUN make\nFROM scratch AS two\nCOPY a.txt /\nFROM one\nRUN pack\n`;
    await bench.store.build(bench.request({ target: 'two' }), text);
    const report = await bench.predictFile(text, { target: 'two' });
    assert.equal(statesOf(report), 'no-step cached no-step cached no-step no-step');
    assert.equal(report.steps[5]?.reason.code, 'stage-not-needed');
    assert.equal(report.steps[3]?.row, 'Step 4/4 : COPY a.txt /');
    const none = await bench.predictFile(text, { target: 'three' });
    assert.equal(none.steps[1]?.reason.code, 'invalid');
  });

  it('does not know what a base that is not here would be, but what was never built', async () => {
    const bench = new Bench();
    await bench.build('RUN make');
    const report = await bench.predictFile('FROM elsewhere\nRUN make\nRUN other\n');
    assert.equal(statesOf(report), 'no-step unknown rebuild');
    assert.equal(report.steps[1]?.reason.code, 'base-not-asked');
    const asked = await bench.predictFile(
      'FROM elsewhere\nRUN make\n',
      {},
      {
        pulled: new Map([['docker.io/library/elsewhere:latest', 'sha256:new']]),
      },
    );
    assert.equal(codesOf(asked), 'base base-changed');
  });

  it('waits for a stage that is made again', async () => {
    const bench = new Bench();
    const text = (first: string): string =>
      `FROM ${base} AS one\nRUN ${first}\nFROM ${base}\nCOPY --from=one /x /x\nRUN pack\nCOPY --from=one /y /other\n`;
    await bench.store.build(bench.request(), text('make'));
    const report = await bench.predictFile(text('make again').replace('/y /other', '/y /elsewhere'));
    assert.equal(statesOf(report), 'no-step rebuild no-step depends depends rebuild');
    assert.equal(report.steps[3]?.reason.instruction, 1);
    assert.equal(report.steps[3].reason.subject, 'one');
    const same = await bench.predictFile(text('make'));
    assert.equal(statesOf(same), 'no-step cached no-step unknown unknown unknown');
  });

  it('sees of newer engines that a second HEALTHCHECK never hits: images keep what the first one said', async () => {
    const bench = new Bench();
    const lines = 'HEALTHCHECK --interval=90s CMD a\nHEALTHCHECK CMD b';
    await bench.build(lines);
    bench.changeLast((image) => {
      const first = { interval: 90e9, timeout: 0, startPeriod: 0, startInterval: 0, retries: 0 };
      const healthcheck = { test: ['CMD-SHELL', 'b'], ...first };
      const containerConfig = { ...image.config, healthcheck, cmd: image.containerConfig?.cmd ?? [] };
      return { ...image, containerConfig };
    });
    assert.equal(statesOf(await bench.predict(lines)), 'no-step cached rebuild');
  });

  it('learns from the output of a build what was copied of a stage', async () => {
    const bench = new Bench();
    const text = `FROM ${base} AS one\nRUN make\nFROM ${base}\nCOPY --from=one /x /x\nRUN pack\n`;
    await bench.store.build(bench.request(), text);
    const ids = bench.store.images.map(({ id }) => id.slice('sha256:'.length, 'sha256:'.length + 12));
    const [first, made, copied, packed] = ids;
    const output = [
      ...['Step 1/5 : FROM x', ` ---> ${first}`, 'Step 2/5 : RUN make', ` ---> Running in 0123456789ab`],
      ...[
        'Removing intermediate container 0123456789ab',
        ` ---> ${made}`,
        'Step 3/5 : FROM x',
        ` ---> ${first}`,
      ],
      ...[
        'Step 4/5 : COPY --from=one /x /x',
        ` ---> ${copied}`,
        'Step 5/5 : RUN pack',
        ' ---> Using cache',
        ` ---> ${packed}`,
      ],
    ].join('\n');
    const copies = await seenCopies(bench.inputOf(text), output);
    const imageSum = (image: string, sources: readonly string[]): Promise<string | undefined> =>
      Promise.resolve(copies.get(copyKey(image, sources)));
    assert.equal(
      statesOf(await bench.predictFile(text, {}, { imageSum })),
      'no-step cached no-step cached cached',
    );
    const other = text.replace('/x /x', '/y /x');
    assert.equal(
      statesOf(await bench.predictFile(other, {}, { imageSum })),
      'no-step cached no-step unknown unknown',
    );
  });
});

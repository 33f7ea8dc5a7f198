import assert from 'node:assert/strict';
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { release, totalmem } from 'node:os';
import path from 'node:path';
import {
  contextWorkInPlace,
  type ContextWork,
} from '../../../../src/engine/build/contextHash/contextWork.ts';
import type { AskedEngine } from '../../../../src/engine/builders/askedEngine.ts';
import { BuildxRefs } from '../../../../src/engine/builders/evidence/buildxRefs.ts';
import { BuiltHere } from '../../../../src/engine/builders/evidence/builtHere.ts';
import type { BuiltContext } from '../../../../src/engine/builders/imageEvidence/unchangedContent.ts';
import type { PreparedBuild } from '../../../../src/engine/builders/prepare/preparedBuild.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { selectionOf, sourceOf } from '../../../../src/engine/build/vertices/inputList.ts';
import type { EngineEndpoint } from '../../../../src/engine/sources/dockerEngine/endpoint.ts';
import { settledTimes } from '../../../support/settledTimes.ts';
import { tempDir } from '../../../support/tempDir.ts';

interface Scene {
  readonly directory?: string;
  readonly endpoint?: EngineEndpoint;
  readonly info?: Readonly<Record<string, unknown>>;
  readonly ref?: string;
  readonly name?: string;
  readonly startedAt?: number;
  readonly ignored?: readonly string[];
  readonly ignoreFile?: string;
}

describe('The directory that a build of this machine was sent', function () {
  let home: string;
  let contexts: ContextWork;
  beforeEach(function () {
    if (process.platform !== 'linux') this.skip();
    home = tempDir().path;
    contexts = contextWorkInPlace(path.join(home, 'records'));
    mkdirSync(inHome('work/project/src'), { recursive: true });
    for (const name of ['a.txt', 'src/one', 'src/two']) writeFileSync(inHome(`work/project/${name}`), name);
    mkdirSync(inHome('work/other'));
    remember('ref1', inHome('work/project'));
  });
  afterEach(() => contexts[Symbol.asyncDispose]());

  it('is the one that buildx keeps of it', async () => {
    assert.ok((await find()) !== undefined);
    assert.equal(await find({ directory: 'work/other' }), undefined);
    assert.equal(await find({ ref: 'ref2' }), undefined);
    assert.equal(await find({ ref: '../ref1' }), undefined);
    assert.equal(await find({ name: 'another' }), undefined);
  });

  it('is kept beside the Dockerfile that was built', async () => {
    const env = { BUILDX_CONFIG: inHome('buildx') };
    const [context, dockerfile] = [inHome('work/project'), inHome('work/other/Dockerfile')];
    remember('ref3', context, dockerfile);
    assert.deepEqual(await new BuildxRefs().find('ref3', env), { context, dockerfile });
    const own = { context, dockerfile: inHome('work/project/Dockerfile') };
    assert.deepEqual(await new BuildxRefs().find('ref1', env), own);
    writeFileSync(inHome('buildx/refs/default/default/ref5'), '{"LocalPath":"-","DockerfilePath":""}');
    assert.deepEqual(await new BuildxRefs().find('ref5', env), {});
    writeFileSync(inHome('buildx/refs/default/default/ref4'), '{');
    assert.equal(await new BuildxRefs().find('ref4', env), undefined);
  });

  it('is not told by another clock', async () => {
    assert.equal(await find({ endpoint: { kind: 'tcp', host: 'localhost', port: 2375 } }), undefined);
    for (const other of [{ KernelVersion: '1' }, { MemTotal: 1 }, { SystemTime: '2020-01-01T00:00:00Z' }])
      assert.equal(await find({ info: other }), undefined);
    assert.equal(await find({ startedAt: Date.now() + 60_000 }), undefined);
  });

  it('is none where a link on the way was made since', async () => {
    symlinkSync('work', inHome('link'));
    remember('ref1', inHome('link/project'));
    assert.equal(await find({ startedAt: Date.now() - 60_000 }), undefined);
    assert.ok((await find({ startedAt: await later() })) !== undefined);
  });

  it('is none where a directory above was given its name since', async () => {
    const startedAt = await later();
    renameSync(inHome('work'), inHome('moved'));
    mkdirSync(inHome('work'));
    renameSync(inHome('moved/project'), inHome('work/project'));
    assert.equal(await find({ startedAt }), undefined);
  });

  it('is read as the ignore file of then has it', async () => {
    const keyOf = async (built: BuiltContext | undefined): Promise<string | undefined> => {
      const selection = selectionOf({ kind: 'context' }, [sourceOf('/src')]);
      return (await built?.view.contents([selection], keyFormatOf('v0.33.0')))?.[0]?.actual;
    };
    const all = await keyOf(await find({}));
    const some = await keyOf(await find({ ignored: ['src/two'], ignoreFile: 'src/two\n' }));
    assert.ok(all !== undefined && some !== undefined && all !== some);
    assert.equal(await keyOf(await find({ ignoreFile: 'src/two\n' })), all);
    assert.equal(await keyOf(await find({ ignored: ['src/two'] })), some);
    // A line that begins so is none.
    assert.equal(await find({ ignored: ['#src'], ignoreFile: 'src/two\n' }), undefined);
  });

  function find(scene: Scene = {}): Promise<BuiltContext | undefined> {
    const { ref = 'ref1', name = 'context', ignored = [], startedAt = Date.now() } = scene;
    const directory = inHome(scene.directory ?? 'work/project');
    const context = { directory, ...(scene.ignoreFile !== undefined && { ignoreFile: scene.ignoreFile }) };
    const seen = { kind: 'history-record', subject: ref, records: [], steps: [] } as const;
    const history = { seen, startedAt, gaps: [], attributes: new Map<string, string>(), images: [] };
    const question = {
      // Of a prepared build nothing else is asked here.
      prepared: { request: { context: directory }, context } as unknown as PreparedBuild,
      build: { context: contexts.view(context) },
      here: { env: { BUILDX_CONFIG: inHome('buildx') }, contexts },
    };
    return new BuiltHere(engineOf(scene), new BuildxRefs()).find(history, { name, ignored }, question, {});
  }

  /** So much later that nothing that was made has the time of it. */
  async function later(): Promise<number> {
    await settledTimes();
    return Date.now();
  }

  function remember(ref: string, directory: string, dockerfile = ''): void {
    const file = inHome(`buildx/refs/default/default/${ref}`);
    mkdirSync(path.dirname(file), { recursive: true });
    rmSync(file, { force: true });
    writeFileSync(file, JSON.stringify({ LocalPath: directory, DockerfilePath: dockerfile }));
  }

  function inHome(name: string): string {
    return path.join(home, name);
  }
});

/** An engine that says of its machine what is true of this one. */
function engineOf({ endpoint = { kind: 'unix', path: '/run/docker.sock' }, info }: Scene): AskedEngine {
  const told = (): Promise<unknown> => {
    const own = { KernelVersion: release(), MemTotal: totalmem(), SystemTime: new Date().toISOString() };
    const json = { ...own, ...info };
    return Promise.resolve({ memoryBytes: json.MemTotal, json });
  };
  const client = { endpoint, info: told };
  const memory = { remember: <T>(_key: string, ask: () => Promise<T>) => ask() };
  return { client, memory } as unknown as AskedEngine;
}

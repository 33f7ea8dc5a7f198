import assert from 'node:assert/strict';
import { utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BuildkitBuild } from '../../../../src/engine/build/cache/buildkitQuestion.ts';
import type { CacheRecord } from '../../../../src/engine/build/cache/cacheGraph.ts';
import {
  type ContextWork,
  contextWorkInPlace,
} from '../../../../src/engine/build/contextHash/contextWork.ts';
import { Ledger } from '../../../../src/engine/build/ledger/ledger.ts';
import { keyFormatOf } from '../../../../src/engine/build/operationKey/keyFormat.ts';
import { sha256 } from '../../../../src/engine/build/sha256.ts';
import { SeenContents } from '../../../../src/engine/builders/evidence/seenContents.ts';
import type {
  ContentGap,
  HistoryBuild,
} from '../../../../src/engine/builders/historyRecords/historyBuild.ts';
import { selectionOfRead } from '../../../../src/engine/builders/imageEvidence/unchangedContent.ts';
import type { PreparedBuild } from '../../../../src/engine/builders/prepare/preparedBuild.ts';
import { settledTimes } from '../../../support/settledTimes.ts';
import { tempDir } from '../../../support/tempDir.ts';

/** Seconds since 1970. */
const written = 1_700_000_000;
const rules = keyFormatOf('v0.33.0');
const [one, two] = [gapOf('/one', 0), gapOf('/two', 1)];

describe('What a recorded build read of its context', () => {
  let directory: string;
  let contexts: ContextWork;
  let ledger: Ledger;
  beforeEach(async () => {
    directory = tempDir().path;
    ledger = new Ledger({ directory: path.join(tempDir().path, 'ledger') });
    contexts = contextWorkInPlace(tempDir().path);
    for (const name of ['one', 'two']) write(name, name, written);
    await settledTimes();
  });
  afterEach(() => contexts[Symbol.asyncDispose]());

  it('is known when files were edited since, and so is what differs', async () => {
    const before = await keep(one, two);
    await edit('one', 'longer');
    const seen = await open(one, two);
    assert.deepEqual(await seen.find(one), { kind: 'same', digest: before.get(one) });
    assert.notEqual(await digestOf(one), before.get(one));
    const differences = contexts
      .view({ directory })
      .differences(selectionOfRead(one.sources), seen.upload ?? '');
    assert.deepEqual(await differences, [{ path: 'one', change: 'content' }]);
  });

  it('is open where the builder may overlook what was changed', async () => {
    await keep(one, two);
    await edit('one', 'ONE', written);
    const seen = await open(one, two);
    const found = await seen.find(one);
    assert.ok(found?.kind === 'finding');
    assert.deepEqual(
      [found.finding.state, found.finding.reason.code, found.finding.reason.paths],
      ['unknown', 'same-size-and-time', [{ path: 'one', change: 'content' }]],
    );
    assert.equal((await seen.find(two))?.kind, 'same');
  });

  it('is kept as a whole, or not at all', async () => {
    const seen = await open(one, two);
    seen.prove(one, await digestOf(one));
    await seen.keep();
    const later = await open(one, two);
    assert.equal(later.upload, undefined);
    assert.equal(await later.find(one), undefined);
  });

  it('is not that of another build, of another context, or of other paths', async () => {
    await keep(one, two);
    assert.equal(await (await open(one, two)).find({ ...one, sources: two.sources }), undefined);
    assert.equal(
      await (await open(one, two)).find({ ...one, sent: { name: 'other', ignored: [] } }),
      undefined,
    );
    const other = await SeenContents.of(historyOf([one, two], 'another'), asked());
    assert.equal(await other.find(one), undefined);
  });

  async function keep(...gaps: readonly ContentGap[]): Promise<ReadonlyMap<ContentGap, string>> {
    const seen = await open(...gaps);
    const digests = new Map<ContentGap, string>();
    for (const gap of gaps) {
      const digest = await digestOf(gap);
      digests.set(gap, digest);
      seen.prove(gap, digest);
    }
    await seen.keep();
    return digests;
  }

  function open(...gaps: readonly ContentGap[]): Promise<SeenContents> {
    return SeenContents.of(historyOf(gaps, 'ref'), asked());
  }

  function asked(): Parameters<typeof SeenContents.of>[1] {
    const notes = {
      known: () => ledger.contents('builder'),
      add: (contents: ReadonlyMap<string, string>) => ledger.addContents('builder', contents),
    };
    // Of a build nothing else is asked here.
    return {
      prepared: { context: { directory } } as unknown as PreparedBuild,
      build: { builder: { version: 'v0.33.0' } } as unknown as BuildkitBuild,
      here: { env: {}, contexts, notes },
    };
  }

  async function digestOf({ sources }: ContentGap): Promise<ReturnType<typeof sha256>> {
    const view = contexts.view({ directory });
    const [answer] = await view.contents([selectionOfRead(sources)], rules);
    assert.ok(answer?.actual);
    return answer.actual;
  }

  async function edit(name: string, text: string, time = Date.now() / 1000): Promise<void> {
    write(name, text, time);
    await contexts.changed({ directory }, [name]);
  }

  function write(name: string, text: string, time: number): void {
    writeFileSync(path.join(directory, name), text);
    utimesSync(path.join(directory, name), time, time);
  }
});

function gapOf(source: string, record: number): ContentGap {
  const sources = [{ path: source, include: [], exclude: [], allowsWildcards: true }];
  return { record, input: 0, origin: 'context', sources, sent: { name: 'context', ignored: [] } };
}

function historyOf(gaps: readonly ContentGap[], subject: string): HistoryBuild {
  const record = (name: string): CacheRecord => ({ key: sha256(name), inputs: [[]], certainty: 'exact' });
  const seen = { kind: 'history-record', subject, records: ['1', '2'].map(record), steps: [] } as const;
  return { seen, gaps, attributes: new Map(), images: [] };
}

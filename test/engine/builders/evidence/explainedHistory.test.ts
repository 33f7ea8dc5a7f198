import assert from 'node:assert/strict';
import type { CacheRecord, SeenBuild } from '../../../../src/engine/build/cache/cacheGraph.ts';
import { isExplained } from '../../../../src/engine/builders/evidence/explainedHistory.ts';
import type { HistoryBuild } from '../../../../src/engine/builders/historyRecords/historyBuild.ts';

const copy: CacheRecord = { key: 'sha256:copy', inputs: [], certainty: 'exact' };
const exact: SeenBuild = { kind: 'lamina', records: [copy], steps: [] };

function history(steps: SeenBuild['steps'], gaps: HistoryBuild['gaps']): HistoryBuild {
  const seen: SeenBuild = { kind: 'history-record', records: [copy], steps };
  return { seen, gaps, attributes: new Map(), images: [] };
}

describe('A build by history, beside builds that are known exactly', () => {
  const found = { stage: '', text: 'COPY . /', row: '2/2', record: 0 };
  const gap = { record: 0, input: 1, step: 0, origin: 'context', sources: [] } as const;

  it('tells nothing of files that they do not, where its steps were found', () => {
    assert.equal(isExplained(history([found], [gap]), [exact]), true);
    assert.equal(isExplained(history([{ ...found, seconds: 1 }], [gap]), [exact]), false);
    assert.equal(isExplained(history([found], [gap]), []), false);
  });

  it('is told whole where it read no files', () => {
    assert.equal(isExplained(history([found], []), []), false);
  });
});

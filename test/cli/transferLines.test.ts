import assert from 'node:assert/strict';
import { ProgressBar } from '../../src/cli/progressBar.ts';
import { summaryText, TransferLines } from '../../src/cli/transferLines.ts';
import type { BlobTransfer, TransferResult, TransferState } from '../../src/engine/index.ts';
import { digestOf } from '../../src/engine/oci/digest.ts';

const words = { here: 'already here', moved: 'pulled' } as const;

function layer(name: string, state: TransferState): BlobTransfer {
  const descriptor = { mediaType: 'x', digest: digestOf(Buffer.from(name)), size: 10 };
  return { descriptor, role: 'layer', layer: 0, state };
}

const states: readonly (readonly [TransferState, string | undefined])[] = [
  [{ kind: 'waiting' }, undefined],
  [{ kind: 'moving', done: 1, total: 2 }, undefined],
  [{ kind: 'already-here' }, 'already here'],
  [{ kind: 'mounted', from: 'team/app' }, 'mounted from team/app'],
  [{ kind: 'moved', bytes: 12_345_678 }, 'pulled 12.3MB'],
  [{ kind: 'moved', bytes: 5_000_000, resumedAt: 7_345_678 }, 'pulled 5MB, resumed at 7.35MB'],
  [{ kind: 'failed', reason: 'the connection\x1b broke' }, 'failed: the connection\\x1b broke'],
];

describe('TransferLines', () => {
  function lines(isTerminal: boolean): { readonly written: string[]; readonly lines: TransferLines } {
    const written: string[] = [];
    const output = {
      isTerminal,
      columns: 80,
      write: (text: string | Uint8Array) => Promise.resolve(void written.push(String(text))),
    };
    return { written, lines: new TransferLines(output, new ProgressBar(output), words) };
  }

  it('tells of each layer once, when it is settled', () => {
    const { written, lines: told } = lines(true);
    states.forEach(([state], at) => {
      told.listeners.onBlob?.(layer(String(at), state));
      told.listeners.onBlob?.(layer(String(at), state));
    });
    told.listeners.onBlob?.({ ...layer('config', { kind: 'moved', bytes: 5 }), role: 'config' });
    assert.deepEqual(
      written.map((line) => line.replace(/^sha256:[0-9a-f]{12} (.*)\n$/, '$1')),
      states.flatMap(([, text]) => text ?? []),
    );
  });

  it('tells only of waits where there is no terminal', () => {
    const { written, lines: told } = lines(false);
    for (const [state] of states) told.listeners.onBlob?.(layer('a', state));
    told.listeners.onWait?.({ reason: 'rate-limited', host: 'registry', seconds: 4.2 });
    assert.deepEqual(written, ['lamina: registry: it limits how often it is asked; trying again in 5 s\n']);
  });
});

describe('summaryText', () => {
  it('counts layers alone', () => {
    const result: TransferResult = {
      target: layer('m', { kind: 'already-here' }).descriptor,
      name: undefined,
      blobs: [
        { ...layer('c', { kind: 'already-here' }), role: 'config' },
        layer('1', { kind: 'already-here' }),
        layer('2', { kind: 'mounted', from: 'team/app' }),
        layer('3', { kind: 'moved', bytes: 12_345_678 }),
      ],
      movedBytes: 12_345_678,
      totalBytes: 45_600_000,
    };
    assert.equal(
      summaryText(result, words),
      '12.3MB of 45.6MB moved (1 of 3 layers already here, 1 mounted)',
    );
  });
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as vscode from 'vscode';
import { alignSteps } from '../../../src/editor/alignSteps.ts';
import { reasonText, statusText, statusTitle } from '../../../src/editor/cacheWords.ts';
import { summarize, summaryText } from '../../../src/editor/cacheSummary.ts';
import {
  parseDockerfile,
  type ReasonCode,
  type StepReason,
  type StepState,
  type StepStatus,
} from '../../../src/engine/index.ts';

const span = { first: 1, last: 1 };
function step(state: StepState, reason: StepReason, more: Partial<StepStatus> = {}): StepStatus {
  return {
    instruction: 0,
    range: { start: 0, end: 1 },
    lines: span,
    stage: '0',
    text: 'RUN x',
    state,
    reason,
    ...more,
  };
}

describe('words of the build cache', () => {
  it('has some for each reason that the engine knows, with and without details', () => {
    const root = vscode.extensions.getExtension('lamina.lamina')?.extensionPath ?? '';
    const contract = readFileSync(path.join(root, 'src/engine/build/cache/cacheReport.ts'), 'utf8');
    const list = contract.slice(
      contract.indexOf('export type ReasonCode'),
      contract.indexOf('export interface PathDifference'),
    );
    const codes = [...list.matchAll(/\| '([\w-]+)'/g)].map((match) => match[1] as ReasonCode);
    assert.ok(codes.length > 30, 'the pattern finds the codes');
    for (const code of codes) {
      assert.match(reasonText({ code, text: '' }), /^\S(?:.*\S)?$/, code);
      assert.doesNotMatch(reasonText({ code, text: '' }), / {2}/, code);
      const told = reasonText({ code, text: '', subject: 'NAME', before: '1', after: '2' });
      assert.match(told, /^\S(?:.*\S)?$/, code);
    }
  });

  const said: readonly (readonly [string, StepStatus])[] = [
    [
      'cached if /out of build stays the same',
      step(
        'depends',
        { code: 'stage-output', text: '', subject: 'build' },
        { text: 'COPY --from=build /out /out' },
      ),
    ],
    [
      'cached if what it takes from build stays the same',
      step('depends', { code: 'stage-output', text: '', subject: 'build' }),
    ],
    [
      'rebuilds: argument VERSION (1 → 2) changed',
      step('rebuild', { code: 'argument-changed', text: '', subject: 'VERSION', before: '1', after: '2' }),
    ],
    [
      'rebuilds: a and 4 more changed',
      step('rebuild', {
        code: 'files-changed',
        text: '',
        paths: [{ path: 'a', change: 'mode' }],
        pathCount: 5,
      }),
    ],
    [
      'rebuilds: mode of a changed',
      step('rebuild', { code: 'files-changed', text: '', paths: [{ path: 'a', change: 'mode' }] }),
    ],
    [
      'cached, but app.py changed: same size and time',
      step('stale', { code: 'same-size-and-time', text: '', paths: [{ path: 'app.py', change: 'content' }] }),
    ],
    [
      'unknown: base debian was not asked for',
      step('unknown', { code: 'base-not-asked', text: '', subject: 'debian' }),
    ],
    ['metadata · no layer', step('no-step', { code: 'metadata', text: '' })],
  ];
  for (const [text, told] of said)
    it(`says: ${text}`, () => {
      assert.equal(statusText(told), text);
    });

  it('draws nothing of a file’s name as an icon, and shows what would hide', () => {
    const reason = {
      code: 'files-changed',
      text: '',
      paths: [{ path: '$(trash)\u202egpj', change: 'content' }],
    } as const;
    const title = statusTitle(step('rebuild', reason));
    assert.doesNotMatch(title.slice(2), /\$\(/);
    assert.doesNotMatch(title, /\u202e/);
  });

  it('counts what is taken from the cache, and what is made again', () => {
    const layer = { size: 140_000_000 };
    const steps = [
      step('no-step', { code: 'base', text: '' }),
      step('cached', { code: 'found', text: '' }, { layer }),
      step('stale', { code: 'not-compared', text: '' }, { layer }),
      step('rebuild', { code: 'step-above', text: '' }, { layer }),
      step('unknown', { code: 'no-evidence', text: '' }),
    ];
    const builder = { id: 'x', kind: 'buildkit', client: 'buildx', name: 'x' } as const;
    const report = { builder, command: '', steps, triggers: [], problems: [], evidence: [] };
    assert.equal(
      summaryText(summarize(report)),
      '2 of 4 steps cached · 1 unknown · about 140 MB to make again',
    );
  });
});

describe('steps that moved', () => {
  const aligned = (before: string, now: string): readonly (number | undefined)[] =>
    alignSteps(parseDockerfile(before).instructions, parseDockerfile(now).instructions);

  it('stay what they are when one comes, goes or is edited', () => {
    const text = 'FROM a\nRUN b\nRUN c\n';
    assert.deepEqual(aligned(text, 'FROM a\nENV X=1\nRUN b\nRUN c\n'), [0, undefined, 1, 2]);
    assert.deepEqual(aligned(text, 'FROM a\nRUN c\n'), [0, 2]);
    assert.deepEqual(aligned(text, 'FROM a\nRUN edited\nRUN c\n'), [0, 1, 2]);
    assert.deepEqual(aligned('', text), [undefined, undefined, undefined]);
  });
});

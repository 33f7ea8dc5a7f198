import * as vscode from 'vscode';
import type { CacheReport, StepStatus } from '../../engine/index.ts';
import { assumedText, summarize, summaryText } from '../cacheSummary.ts';
import { reasonText } from '../cacheWords.ts';
import type { CacheAnswer, CacheState } from '../followedDockerfile.ts';
import { oneLine, shortId, sizeText } from '../text.ts';
import { obstacleText } from './lensTitles.ts';
import { changeRows, evidenceText, pathLines, statusSentence } from './stepReport.ts';

/** The columns before the instruction, which has the rest of the line. */
interface Cells {
  readonly line: string;
  readonly row: string;
  readonly layer: string;
  readonly size: string;
  readonly seconds: string;
  readonly state: string;
  readonly text: string;
}

/** What the next build of a Dockerfile does, as a table, and why, step by step. */
export function buildCacheText(name: string, { answer, obstacle }: CacheState): string {
  const head = [`# ${oneLine(name)}`, ...(obstacle === undefined ? [] : [`# ${obstacleText(obstacle)}`])];
  if (answer === undefined) return [...head, ''].join('\n');
  const { steps, triggers } = answer.report;
  const all = steps.flatMap((step, at) => [step, ...triggers.filter((each) => each.instruction === at)]);
  const lines = table([heading(), ...all.map(cells)]);
  return [...head, ...facts(answer), '', ...lines, '', ...reasons(answer.report, all), ''].join('\n');
}

function facts({ report, request, origin }: CacheAnswer): readonly string[] {
  const origins: Readonly<Record<CacheAnswer['origin'], string>> = {
    chosen: vscode.l10n.t('as you chose'),
    setting: vscode.l10n.t('as the settings say'),
    file: vscode.l10n.t('as a compose or bake file says'),
    folder: vscode.l10n.t('assumed'),
  };
  const known = report.evidence.map(evidenceText);
  return [
    vscode.l10n.t('Next build: {0}', summaryText(summarize(report))),
    vscode.l10n.t('Holds for: {0}', assumedText(report)),
    vscode.l10n.t('Context: {0} ({1})', oneLine(request.context), origins[origin]),
    ...known.map((each) => vscode.l10n.t('Known from: {0}', each)),
  ].map((line) => `# ${line}`);
}

function heading(): Cells {
  return {
    line: vscode.l10n.t('LINE'),
    row: vscode.l10n.t('STEP'),
    layer: vscode.l10n.t('LAYER'),
    size: vscode.l10n.t('SIZE'),
    seconds: vscode.l10n.t('SECONDS'),
    state: vscode.l10n.t('NEXT BUILD'),
    text: vscode.l10n.t('INSTRUCTION'),
  };
}

function cells(step: StepStatus): Cells {
  const { lines, row, layer, seconds, text } = step;
  return {
    line: String(lines.first),
    row: /^\[(.*?)\]/.exec(oneLine(row ?? ''))?.[1] ?? '',
    layer: shortId(layer?.diffId ?? layer?.digest) ?? '',
    size: layer?.size === undefined ? '' : sizeText(layer.size),
    seconds: seconds === undefined ? '' : seconds.toFixed(1),
    state: stateWord(step),
    text: oneLine(text).slice(0, 200),
  };
}

function stateWord({ state, reason }: StepStatus): string {
  switch (state) {
    case 'cached':
      return vscode.l10n.t('cached');
    case 'likely':
      return vscode.l10n.t('likely cached');
    case 'depends':
      return vscode.l10n.t('depends');
    case 'rebuild':
      return vscode.l10n.t('rebuilds');
    case 'stale':
      return vscode.l10n.t('cached, stale');
    case 'unknown':
      return vscode.l10n.t('unknown');
    case 'no-step':
      return reason.code === 'metadata' || reason.code === 'base' ? '' : reasonText(reason);
  }
}

function table(rows: readonly Cells[]): readonly string[] {
  const width = (pick: (row: Cells) => string): number => Math.max(...rows.map((row) => pick(row).length));
  const widths = {
    line: width((row) => row.line),
    row: width((row) => row.row),
    layer: width((row) => row.layer),
    size: width((row) => row.size),
    seconds: width((row) => row.seconds),
    state: width((row) => row.state),
  };
  return rows.map((row) =>
    [
      row.line.padStart(widths.line),
      row.state.padEnd(widths.state),
      row.row.padEnd(widths.row),
      row.layer.padEnd(widths.layer),
      row.size.padStart(widths.size),
      row.seconds.padStart(widths.seconds),
      row.text,
    ]
      .join('   ')
      .trimEnd(),
  );
}

/** Each step that is not simply cached, with what differs. */
function reasons({ steps }: CacheReport, all: readonly StepStatus[]): readonly string[] {
  const told = all.filter(({ state }) => state !== 'no-step' && state !== 'cached');
  return told.flatMap((step) => {
    const paths = pathLines(step.reason, 100);
    const changes = changeRows(step.reason).filter(([, value]) => value !== undefined && value !== '');
    return [
      `${vscode.l10n.t('Line {0}', step.lines.first)}   ${oneLine(step.text).slice(0, 200)}`,
      `    ${statusSentence(step, steps)}`,
      // A single one is in the sentence already.
      ...(paths.length > 1 ? paths.map((line) => `    ${line}`) : []),
      ...changes.map(([name, value]) => `    ${name}: ${value ?? ''}`),
      '',
    ];
  });
}

import * as vscode from 'vscode';
import type { LayerChange, StepLayer, StepStatus } from '../../engine/index.ts';
import { assumedText } from '../cacheSummary.ts';
import type { DockerfileBuilds } from '../dockerfileBuilds.ts';
import { instructionAt, instructionRange, parsedDocument } from '../dockerfiles.ts';
import type { CacheAnswer } from '../followedDockerfile.ts';
import { type MarkdownLink, SafeMarkdown } from '../markdown.ts';
import { ageText, countText, nameText, oneLine, shortId, sizeText } from '../text.ts';
import { linesOf } from './dockerfileLines.ts';
import { lineTitle, withoutIcons } from './lensTitles.ts';
import type { StepLayers } from '../stepLayers.ts';
import { bestEvidence, changeRows, evidenceText, pathLines, statusSentence } from './stepReport.ts';

/** A hover waits that long for what a layer holds, and shows the rest without it. */
const patienceMs = 1500;

/** Why an instruction is cached or not, what its layer holds, and what the builder runs. */
export class StepHover implements vscode.HoverProvider {
  readonly #builds: DockerfileBuilds;
  readonly #layers: StepLayers;

  constructor(builds: DockerfileBuilds, layers: StepLayers) {
    this.#builds = builds;
    this.#layers = layers;
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
  ): Promise<vscode.Hover | undefined> {
    const at = instructionAt(document, position);
    const line = at === undefined ? undefined : linesOf(this.#builds, document)[at];
    const instruction = at === undefined ? undefined : parsedDocument(document).instructions[at];
    if (at === undefined || line === undefined || instruction === undefined) return undefined;
    const { answer } = line.state;
    const markdown = new SafeMarkdown();
    const links = linksOf(document.uri, at, line.step);
    if (answer === undefined || line.step === undefined)
      markdown.title(withoutIcons(lineTitle(line))).links(links);
    else await this.#explain(markdown, answer, line.step, links);
    return new vscode.Hover(markdown.build(), instructionRange(document, instruction));
  }

  async #explain(
    markdown: SafeMarkdown,
    answer: CacheAnswer,
    step: StepStatus,
    links: readonly MarkdownLink[],
  ): Promise<void> {
    // What can be done comes before the facts: a hover shows the beginning alone.
    markdown.title(statusSentence(step, answer.report.steps)).links(links);
    const paths = pathLines(step.reason, 10);
    if (paths.length > 1) markdown.list(paths);
    markdown.facts(changeRows(step.reason));
    if (step.expanded !== undefined && step.expanded !== step.text) markdown.code(step.expanded);
    markdown.facts(layerRows(step));
    const changes = await soon(this.#changesOf(answer, step));
    if (changes !== undefined) describeChanges(markdown, changes);
    const evidence = bestEvidence(answer.report.evidence);
    markdown.facts([
      [vscode.l10n.t('Known from'), evidence && evidenceText(evidence)],
      [vscode.l10n.t('Holds for'), assumedText(answer.report)],
    ]);
  }

  async #changesOf(answer: CacheAnswer, step: StepStatus): Promise<readonly LayerChange[] | undefined> {
    const place = await this.#layers.find(answer, step);
    return place && this.#layers.changesAtHand(place);
  }
}

function layerRows({ layer, seconds, row }: StepStatus): readonly (readonly [string, string | undefined])[] {
  return [
    [
      vscode.l10n.t('Layer'),
      layer && [layerText(layer), madeText(layer, seconds)].filter(Boolean).join(' \u00b7 '),
    ],
    [vscode.l10n.t('In the build'), row && oneLine(row)],
  ];
}

/** `a1b2c3d4e5f6 · 60.7 MB` */
function layerText({ diffId, digest, size }: StepLayer): string {
  const parts = [shortId(diffId ?? digest), size === undefined ? undefined : sizeText(size)];
  return parts.filter(Boolean).join(' \u00b7 ');
}

/** `made 2 hours ago in 41 s` */
function madeText({ created }: StepLayer, seconds: number | undefined): string | undefined {
  const took = seconds === undefined ? undefined : countText(Math.round(seconds * 10) / 10);
  if (created === undefined) return took && vscode.l10n.t('made in {0} s', took);
  const age = ageText(created / 1000);
  return took === undefined ? vscode.l10n.t('made {0}', age) : vscode.l10n.t('made {0} in {1} s', age, took);
}

function describeChanges(markdown: SafeMarkdown, changes: readonly LayerChange[]): void {
  const largest = changes
    .filter(({ entry }) => entry?.type === 'file' && entry.size > 0)
    .toSorted((a, b) => (b.entry?.size ?? 0) - (a.entry?.size ?? 0))
    .slice(0, 5);
  if (largest.length > 0) {
    markdown.title(vscode.l10n.t('Largest files'));
    markdown.list(largest.map(({ path, entry }) => `${nameText(path)} \u00b7 ${sizeText(entry?.size ?? 0)}`));
  }
  const gone = changes.filter(({ kind, before }) => kind === 'removed' && (before?.size ?? 0) > 0);
  if (gone.length === 0) return;
  markdown.title(vscode.l10n.t('Removed here, and still in the image'));
  markdown.list(
    gone.slice(0, 5).map(({ path, before }) => `${nameText(path)} \u00b7 ${sizeText(before?.size ?? 0)}`),
  );
}

function linksOf(uri: vscode.Uri, at: number, step: StepStatus | undefined): readonly MarkdownLink[] {
  const args = [uri.toString(), at];
  const links: MarkdownLink[] = [];
  if (step?.layer?.image !== undefined)
    links.push({
      title: vscode.l10n.t('Show layer'),
      command: 'lamina.showStepLayer',
      arguments: args,
    });
  links.push(
    { title: vscode.l10n.t('More…'), command: 'lamina.explainStep', arguments: args },
    {
      title: vscode.l10n.t('Explain build cache'),
      command: 'lamina.explainBuildCache',
      arguments: [uri.toString()],
    },
  );
  return links;
}

async function soon<T>(work: Promise<T>): Promise<T | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs, undefined));
  // What cannot be read is not shown here; the tree says why.
  return Promise.race([work.catch(() => undefined), late]);
}

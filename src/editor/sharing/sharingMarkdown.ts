import * as vscode from 'vscode';
import type { ReorderedPair, SharedLayer, SharingReport, TransferCost } from '../../engine/index.ts';
import {
  countText,
  imageTitle,
  instructionText,
  oneLine,
  shortId,
  sizeText as plainSizeText,
} from '../text.ts';

/** The report as a Markdown page. Everything from an image goes in as text. */
export function sharingMarkdown(report: SharingReport): string {
  return [
    `# ${vscode.l10n.t('What these images share')}`,
    summary(report),
    imageTable(report),
    `## ${vscode.l10n.t('Layer by layer')}`,
    layerTable(report),
    legend(),
    ...report.reordered.map((pair) => `> ${reorderedText(report, pair)}`),
    ...(report.images.length > 1 ? [`## ${vscode.l10n.t('What has to be sent')}`, sendTable(report)] : []),
    '',
  ].join('\n\n');
}

function summary({ images, chainBytes, contentBytes }: SharingReport): string {
  const sum = images.reduce((total, { size }) => total + size, 0);
  const [alone, docker, content] = [sizeText(sum), sizeText(chainBytes), sizeText(contentBytes)];
  return vscode.l10n.t(
    'Each on its own they would take {0}. Because equal stacks of layers are kept once, they take {1} in Docker; with every equal layer kept once, wherever it stands, {2}.',
    alone,
    docker,
    content,
  );
}

function imageTable({ images }: SharingReport): string {
  const heading = [
    vscode.l10n.t('Image'),
    vscode.l10n.t('Size'),
    vscode.l10n.t('Shared'),
    vscode.l10n.t('Only its own'),
    vscode.l10n.t('Shared by content'),
  ];
  const rows = images.map(({ image, ...bytes }, at) => [
    `**${letterOf(at)}** ${literal(imageTitle(image))}`,
    sizeText(bytes.size),
    sizeText(bytes.shared),
    sizeText(bytes.unique),
    sizeText(bytes.sharedByContent),
  ]);
  return table(heading, rows, ['', 'r', 'r', 'r', 'r']);
}

function layerTable({ images, layers }: SharingReport): string {
  const letters = images.map((_, at) => letterOf(at));
  const heading = ['#', ...letters, vscode.l10n.t('Size'), vscode.l10n.t('Made by')];
  const rows = layers.map((row, at) => [
    String(at),
    ...letters.map((_, image) => markOf(row, image, layers)),
    sizeText(row.size),
    madeBy(row),
  ]);
  return table(heading, rows, ['r', ...letters.map(() => 'c' as const), 'r', '']);
}

function madeBy({ createdBy, diffId, sameFilesAs }: SharedLayer): string {
  const instruction = instructionText(
    createdBy === undefined ? undefined : { createdBy, isEmptyLayer: false },
  );
  const text = literal(shortened(instruction) ?? shortId(diffId) ?? '');
  if (sameFilesAs === undefined) return text;
  return `${text} _${literal(vscode.l10n.t('same files as layer {0}, other times', String(sameFilesAs)))}_`;
}

const longest = 160;

function shortened(text: string | undefined): string | undefined {
  return text !== undefined && text.length > longest ? `${text.slice(0, longest)}…` : text;
}

/** A number and its unit stay on one line. */
function sizeText(bytes: number): string {
  return plainSizeText(bytes).replace(' ', '\u00a0');
}

const marks = { shared: '●', elsewhere: '◐', own: '○', absent: '' } as const;

/** How an image has a layer: shared by docker, elsewhere in another image, or alone. */
function markOf(row: SharedLayer, image: number, layers: readonly SharedLayer[]): string {
  const own = row.places.filter((place) => place.image === image);
  if (own.length === 0) return marks.absent;
  if (own.some(({ isChainShared }) => isChainShared)) return marks.shared;
  return alike(row, layers).some(({ places }) => places.some((place) => place.image !== image))
    ? marks.elsewhere
    : marks.own;
}

/** The row and those that make the same changes. */
function alike(row: SharedLayer, layers: readonly SharedLayer[]): readonly SharedLayer[] {
  const first = row.sameFilesAs === undefined ? row : layers[row.sameFilesAs];
  return layers.filter((other) => other === first || layers[other.sameFilesAs ?? -1] === first);
}

function legend(): string {
  return [
    `${marks.shared} ${vscode.l10n.t('shared: the same layer on the same stack')}`,
    `${marks.elsewhere} ${vscode.l10n.t('another image has the same content, on another stack')}`,
    `${marks.own} ${vscode.l10n.t('only here')}`,
  ].join(' &nbsp; ');
}

function reorderedText(
  { images }: SharingReport,
  { images: pair, commonBase, layers }: ReorderedPair,
): string {
  const [one, other] = pair.map((at) => literal(imageTitleAt(images, at)));
  const text = vscode.l10n.t(
    '{0} and {1} make the same changes in another order above {2} common layers. The content is the same, but each layer stands on another stack, so Docker shares only the common ones: the order of instructions matters.',
    one ?? '',
    other ?? '',
    countText(commonBase),
  );
  if (layers.every(({ isSameLayer }) => isSameLayer)) return text;
  return `${text} ${vscode.l10n.t('Their layers differ in times only.')}`;
}

function imageTitleAt(images: SharingReport['images'], at: number): string {
  const found = images[at];
  return found === undefined ? '' : imageTitle(found.image);
}

function sendTable({ images, transfers }: SharingReport): string {
  const heading = [
    vscode.l10n.t('To send'),
    vscode.l10n.t('to somebody with none'),
    ...images.map((_, at) => vscode.l10n.t('with {0}', letterOf(at))),
  ];
  const rows = images.map(({ image, whole }, to) => [
    `**${letterOf(to)}** ${literal(imageTitle(image))}`,
    costText(whole),
    ...transfers.map((row, from) => (from === to ? '' : costText(row[to]))),
  ]);
  return table(heading, rows, ['', ...images.map(() => 'r' as const), 'r']);
}

/** As stored where that is known: that is what is sent. */
function costText(cost: TransferCost | undefined): string {
  return cost === undefined ? '' : sizeText(cost.compressedBytes ?? cost.bytes);
}

function table(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  alignment: readonly ('' | 'r' | 'c')[],
): string {
  const rule = heading.map((_, at) => ({ '': '---', r: '--:', c: ':-:' })[alignment[at] ?? '']);
  return [heading, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Text in which nothing is markup. */
function literal(text: string): string {
  return oneLine(text).replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** A, B, … Z, AA, … */
function letterOf(at: number): string {
  const letter = String.fromCharCode(65 + (at % 26));
  return at < 26 ? letter : `${letterOf(Math.floor(at / 26) - 1)}${letter}`;
}

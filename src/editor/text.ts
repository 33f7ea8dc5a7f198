import * as vscode from 'vscode';
import {
  type ByteName,
  escapeForDisplay,
  familiarName,
  type HistoryItem,
  type HistoryStep,
  type Image,
  type LayerPath,
  type Platform,
  toText,
} from '../engine/index.ts';

// Everything from an image that a person sees passes through one of these: hostile names show as escapes.

/** A name or path of a layer, safe to show. */
export function nameText(name: ByteName | LayerPath): string {
  return escapeForDisplay(toText(name));
}

/** Other text of an image (labels, instructions, references), safe to show on one line. */
export function oneLine(text: string): string {
  return escapeForDisplay(text.replace(/\s+/g, ' ').trim());
}

/** Text for a quick pick, which would draw `$(name)` as an icon. */
export function pickText(text: string): string {
  return text.replace(/\$\(/g, '\\$(');
}

/** `nginx:1.27` for `docker.io/library/nginx:1.27`; the short id of an image without a name. */
export function imageTitle(image: Image): string {
  return referenceTitle(image.names[0]) ?? shortId(image.imageId) ?? vscode.l10n.t('untitled image');
}

/** A full name as people write it. */
export function referenceTitle(name: string | undefined): string | undefined {
  return name === undefined ? undefined : oneLine(familiarName(name));
}

/** The first twelve hex digits of a digest, as docker shows it. */
export function shortId(digest: string | undefined): string | undefined {
  return digest === undefined ? undefined : oneLine(digest.slice(digest.indexOf(':') + 1).slice(0, 12));
}

export function platformText(platform: Platform | undefined): string | undefined {
  if (platform === undefined) return undefined;
  const { os, architecture, variant, osVersion } = platform;
  return oneLine(
    [os, architecture, variant, osVersion].filter((part) => part !== undefined && part !== '').join('/'),
  );
}

/** What a layer was made by, or that the history does not say. */
export function layerTitle(image: Image, layer: number): string {
  return instructionText(image.layers[layer]?.history) ?? vscode.l10n.t('no instruction recorded');
}

export function stepTitle(step: HistoryStep): string {
  return instructionText(step.item) ?? vscode.l10n.t('no instruction recorded');
}

/**
 * A step's instruction as it stood in the Dockerfile, as far as builders let it be told: without the shell they put
 * before it, the build arguments, and their marks.
 */
export function instructionText(item: HistoryItem | undefined): string | undefined {
  const text = oneLine(item?.createdBy ?? '');
  if (text === '')
    return item?.comment === undefined || item.comment === '' ? undefined : oneLine(item.comment);
  const plain = text
    .replace(/ ?# buildkit$/, '')
    .replace(/^\/bin\/sh -c #\(nop\) +/, '')
    .replace(/^(RUN )?(?:\|\d+ .*? )?\/bin\/sh -c /, 'RUN ');
  return plain.replace(/^(ADD|COPY) (?:file|dir|multi):[0-9a-f]{60,64} in /, '$1 … ');
}

/**
 * An instruction in two parts, for lines that are narrow: `COPY`, and what it copies. What begins with no word of a
 * Dockerfile has no first part.
 */
export function instructionParts(instruction: string): readonly [keyword: string, rest: string] {
  const keyword = /^[A-Z]{2,16}(?= )/.exec(instruction)?.[0] ?? '';
  return [keyword, instruction.slice(keyword.length).trimStart()];
}

/** Bytes in decimal units, as docker prints them: `12.3 MB`. */
export function sizeText(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), sizeUnits.length - 1);
  const value = bytes / 1000 ** power;
  // What rounds up to 1000 belongs to the next unit.
  const isFull = power < sizeUnits.length - 1 && Number(value.toPrecision(3)) >= 1000;
  const unit = sizeUnits[isFull ? power + 1 : power] ?? 'B';
  return `${threeDigits().format(isFull ? value / 1000 : value)} ${unit}`;
}

// Making a formatter takes longer than a hundred uses of it, and lists have thousands of rows.
const threeDigits = madeOnce(
  () => new Intl.NumberFormat(vscode.env.language, { maximumSignificantDigits: 3 }),
);
const relativeTime = madeOnce(() => new Intl.RelativeTimeFormat(vscode.env.language, { numeric: 'always' }));

function madeOnce<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}

const sizeUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

export function countText(count: number): string {
  return count.toLocaleString(vscode.env.language);
}

/** `1 layer`, `5 layers`. */
export function layerCountText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 layer') : vscode.l10n.t('{0} layers', countText(count));
}

export function problemCountText(count: number): string {
  return count === 1 ? vscode.l10n.t('1 problem') : vscode.l10n.t('{0} problems', countText(count));
}

/** `2024-05-01 12:00:00 UTC` for decimal seconds; the same everywhere, so that texts can be compared. */
export function timeText(seconds: string): string {
  const date = new Date(Number(seconds) * 1000);
  return Number.isNaN(date.getTime()) ? oneLine(seconds) : dateText(date.toISOString());
}

/** The same for the date of a config; what is no date is shown as it is. */
export function dateText(created: string): string {
  const date = new Date(created);
  if (Number.isNaN(date.getTime())) return oneLine(created);
  return `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** `2 weeks ago` for seconds since 1970, in the person's language. */
export function ageText(seconds: number, nowMs = Date.now()): string {
  const age = Math.max(0, nowMs / 1000 - seconds);
  const [unit, length] = ageUnits.findLast(([, each]) => age >= each) ?? ageUnits[0];
  return relativeTime().format(-Math.floor(age / length), unit);
}

const ageUnits = [
  ['second', 1],
  ['minute', 60],
  ['hour', 3600],
  ['day', 86_400],
  ['week', 604_800],
  ['month', 2_629_800],
  ['year', 31_557_600],
] as const;

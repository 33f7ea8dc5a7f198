import {
  dockerSize,
  type ReorderedPair,
  type SharedLayer,
  type SharingReport,
  type TransferCost,
} from '../engine/index.ts';
import type { Printer } from './printer.ts';
import { printTable } from './table.ts';

/** A report for people: the images, the layers × images, what is the same in another order, and what has to be sent. */
export async function printSharing(
  out: Printer,
  report: SharingReport,
  names: readonly string[],
): Promise<void> {
  await printTable(out, imageHeading, imageRows(report, names));
  await out.line(`\n${totalText(report)}\n`);
  const letters = report.images.map((_, at) => letterOf(at));
  await printTable(out, ['#', ...letters, 'SIZE', 'DIFF ID', 'CREATED BY'], layerRows(report));
  if (report.reordered.length > 0) await out.line('');
  for (const pair of report.reordered) await out.line(reorderedText(pair));
  if (letters.length < 2) return;
  await out.line(`\n${sendTitle(report)}`);
  await printTable(out, ['SEND', 'TO NOBODY', ...letters.map((letter) => `HAS ${letter}`)], sendRows(report));
}

const imageHeading = ['', 'IMAGE', 'SIZE', 'SHARED', 'UNIQUE', 'SHARED BY CONTENT', 'UNIQUE BY CONTENT'];

function imageRows({ images }: SharingReport, names: readonly string[]): readonly (readonly string[])[] {
  return images.map(({ size, shared, unique, sharedByContent, uniqueByContent }, at) => [
    letterOf(at),
    names[at] ?? '',
    // As docker prints them: three digits, and four.
    dockerSize(size),
    ...[shared, unique, sharedByContent, uniqueByContent].map((bytes) => dockerSize(bytes, 4)),
  ]);
}

function totalText({ images, chainBytes, contentBytes }: SharingReport): string {
  const count = `${images.length} ${images.length === 1 ? 'image' : 'images'}`;
  return `${count}, shared layers once: ${dockerSize(chainBytes, 4)} for docker, ${dockerSize(contentBytes, 4)} by content`;
}

function layerRows({ images, layers }: SharingReport): readonly (readonly string[])[] {
  return layers.map((row, at) => [
    String(at),
    ...images.map((_, image) => markOf(row, image, layers)),
    dockerSize(row.size),
    row.diffId?.slice(7, 19) ?? '<unknown>',
    [row.sameFilesAs === undefined ? '' : `(same files as #${row.sameFilesAs})`, row.createdBy ?? '']
      .join(' ')
      .trim(),
  ]);
}

/** How one image has a layer. */
function markOf(row: SharedLayer, image: number, layers: readonly SharedLayer[]): string {
  const own = row.places.filter((place) => place.image === image);
  if (own.length === 0) return '.';
  if (own.some(({ isChainShared }) => isChainShared)) return '=';
  const first = row.sameFilesAs === undefined ? row : layers[row.sameFilesAs];
  const likes = layers.filter((other) => other === first || layers[other.sameFilesAs ?? -1] === first);
  return likes.some(({ places }) => places.some((place) => place.image !== image)) ? '~' : '+';
}

function reorderedText({ images, commonBase, layers }: ReorderedPair): string {
  const [one, other] = images.map(letterOf);
  const isSame = layers.every(({ isSameLayer }) => isSameLayer);
  const what = isSame ? 'the same layers' : 'the same changes, but for times,';
  const common = commonBase === 1 ? '1 common layer' : `${commonBase} common layers`;
  const where = commonBase === 0 ? '' : ` above ${common}`;
  return `${one} and ${other}: ${what} in another order${where}: same content, other chain`;
}

function sendTitle({ images }: SharingReport): string {
  const areStored = images.every(({ whole }) => whole.compressedBytes !== undefined);
  // An engine does not say how large a layer is when it is sent.
  return `To send an image to someone who has another${areStored ? '' : ', unpacked where the stored size is not known'}:`;
}

function sendRows({ images, transfers }: SharingReport): readonly (readonly string[])[] {
  return images.map(({ whole }, to) => [
    letterOf(to),
    costText(whole),
    ...transfers.map((row, from) => (from === to ? '-' : costText(row[to]))),
  ]);
}

/** As stored where that is known, because that is what is sent. */
function costText(cost: TransferCost | undefined): string {
  return cost === undefined ? '' : dockerSize(cost.compressedBytes ?? cost.bytes, 4);
}

/** A, B, … Z, AA, … */
function letterOf(at: number): string {
  const letter = String.fromCharCode(65 + (at % 26));
  return at < 26 ? letter : `${letterOf(Math.floor(at / 26) - 1)}${letter}`;
}

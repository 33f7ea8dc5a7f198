import * as vscode from 'vscode';
import { type HistoryRow } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import { belowOf, type OpenedImage } from '../openedImages.ts';
import {
  dateText,
  imageTitle,
  instructionText,
  layerCountText,
  oneLine,
  platformText,
  shortId,
  sizeText,
} from '../text.ts';

/** The columns before the instruction, which has the rest of the line. */
interface Cells {
  readonly id: string;
  readonly layer: string;
  readonly created: string;
  readonly size: string;
  readonly createdBy: string;
  readonly comment: string;
}

/**
 * The history of an image as a table, newest step first, as `docker image history` prints it: with whole instructions
 * and exact times, so that two of them can be compared, and the layer that each step made.
 */
export async function historyText({ engine }: EditorContext, opened: OpenedImage): Promise<string> {
  const { image } = opened;
  const rows = await engine.history(image, 'classic', { priority: 'seen', below: belowOf(opened) });
  const facts = [platformText(image.platform), layerCountText(image.layers.length), totalText(rows)];
  const lines = table([heading(), ...rows.map(cells)]);
  return [`# ${imageTitle(image)}`, `# ${facts.filter(Boolean).join(' \u00b7 ')}`, '', ...lines, ''].join(
    '\n',
  );
}

/** Sizes as stored do not add up with those of files. */
function totalText(rows: readonly HistoryRow[]): string {
  const total = rows.reduce((sum, row) => sum + row.size, 0);
  if (rows.every(({ isStoredSize }) => isStoredSize !== true)) return sizeText(total);
  return vscode.l10n.t('layers that were not fetched show what is stored');
}

function rowSizeText({ size, layer, isStoredSize }: HistoryRow): string {
  if (isStoredSize === true) return vscode.l10n.t('{0} stored', sizeText(size));
  return size === 0 && layer === undefined ? '' : sizeText(size);
}

function heading(): Cells {
  return {
    layer: vscode.l10n.t('LAYER'),
    id: vscode.l10n.t('IMAGE'),
    created: vscode.l10n.t('CREATED'),
    size: vscode.l10n.t('SIZE'),
    createdBy: vscode.l10n.t('CREATED BY'),
    comment: vscode.l10n.t('COMMENT'),
  };
}

function cells(row: HistoryRow): Cells {
  return {
    layer: row.layer === undefined ? '' : String(row.layer),
    id: row.id.startsWith('<') ? row.id : (shortId(row.id) ?? ''),
    created: row.created === undefined ? '' : dateText(row.created),
    size: rowSizeText(row),
    createdBy: instructionText({ createdBy: row.createdBy, isEmptyLayer: row.layer === undefined }) ?? '',
    comment: oneLine(row.comment),
  };
}

function table(rows: readonly Cells[]): readonly string[] {
  const width = (pick: (row: Cells) => string): number => Math.max(...rows.map((row) => pick(row).length));
  const layer = width((row) => row.layer);
  const id = width((row) => row.id);
  const created = width((row) => row.created);
  const size = width((row) => row.size);
  const createdBy = Math.min(
    90,
    width((row) => row.createdBy),
  );
  return rows.map((row) =>
    [
      row.id.padEnd(id),
      row.layer.padStart(layer),
      row.created.padEnd(created),
      row.size.padStart(size),
      row.comment === '' ? row.createdBy : `${row.createdBy.padEnd(createdBy)}   ${row.comment}`,
    ]
      .join('   ')
      .trimEnd(),
  );
}

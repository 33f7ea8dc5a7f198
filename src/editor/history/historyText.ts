import * as vscode from 'vscode';
import { type HistoryRow } from '../../engine/index.ts';
import type { EditorContext } from '../context.ts';
import type { OpenedImage } from '../openedImages.ts';
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
export async function historyText({ engine }: EditorContext, { image }: OpenedImage): Promise<string> {
  const rows = await engine.history(image, 'classic', { priority: 'seen' });
  const total = rows.reduce((sum, row) => sum + row.size, 0);
  const facts = [platformText(image.platform), layerCountText(image.layers.length), sizeText(total)];
  const lines = table([heading(), ...rows.map(cells)]);
  return [`# ${imageTitle(image)}`, `# ${facts.filter(Boolean).join(' \u00b7 ')}`, '', ...lines, ''].join(
    '\n',
  );
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
    size: row.size === 0 && row.layer === undefined ? '' : sizeText(row.size),
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

import { characterWidth, displayWidth } from '../base/displayWidth.ts';
import { alignColumns } from './alignColumns.ts';
import { dockerAge, dockerSize, localTime } from './dockerUnits.ts';

/** What of a history row is printed; `HistoryRow` of the engine's contract has it. */
export interface PrintedRow {
  readonly id: string;
  readonly created: string | undefined;
  readonly createdBy: string;
  readonly size: number;
  readonly comment: string;
}

export interface HistoryTextOptions {
  /** Ids and instructions in full (`--no-trunc`). */
  readonly isFull: boolean;
  /** Ages and rounded sizes; else times and bytes (`--human=false`). */
  readonly isHuman: boolean;
  /** What ages are counted from. */
  readonly now: Date;
}

/** The table of `docker image history`, byte for byte (formats.md §3.3). Ends with a line break. */
export function historyTable(rows: readonly PrintedRow[], options: HistoryTextOptions): string {
  const heading = ['IMAGE', options.isHuman ? 'CREATED' : 'CREATED AT', 'CREATED BY', 'SIZE', 'COMMENT'];
  const lines = rows.map((row) => {
    const { id, createdSince, createdBy, size, comment } = cellsOf(row, options);
    return [id, createdSince, createdBy, size, comment];
  });
  return alignColumns([heading, ...lines].map((cells) => `${cells.join('\t')}\n`).join(''));
}

/** The objects of `docker image history --format json`, one a line. Ends with a line break unless there are none. */
export function historyJson(rows: readonly PrintedRow[], options: HistoryTextOptions): string {
  return rows.map((row) => `${goJson(jsonObject(cellsOf(row, options)))}\n`).join('');
}

/** The ids of `docker image history -q`, one a line. */
export function historyIds(rows: readonly PrintedRow[], options: HistoryTextOptions): string {
  return rows.map((row) => `${cellsOf(row, options).id}\n`).join('');
}

interface Cells {
  readonly id: string;
  readonly createdAt: string;
  readonly createdSince: string;
  readonly createdBy: string;
  readonly size: string;
  readonly comment: string;
}

function cellsOf(row: PrintedRow, { isFull, isHuman, now }: HistoryTextOptions): Cells {
  const seconds = createdSeconds(row.created);
  const createdAt = localTime(seconds);
  const createdBy = row.createdBy.replaceAll('\t', ' ');
  return {
    id: isFull ? row.id : shortId(row.id),
    createdAt,
    createdSince: isHuman ? ageText(seconds, now) : createdAt,
    createdBy: isFull ? createdBy : ellipsis(createdBy, 45),
    size: isHuman ? dockerSize(row.size) : String(row.size),
    comment: row.comment,
  };
}

/** Whole seconds, rounded down; a date that is missing or no date is 1970. */
function createdSeconds(created: string | undefined): number {
  const milliseconds = Date.parse(created ?? '');
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

/** A time at or before the year 2000 says that there is none. */
function ageText(seconds: number, now: Date): string {
  const year2000 = 946_684_800;
  return seconds <= year2000 ? 'N/A' : `${dockerAge(now.getTime() - seconds * 1000)} ago`;
}

function shortId(id: string): string {
  return id.startsWith('sha256:') ? id.slice(7, 19) : id;
}

/** Cut to a width on the terminal, the last column an ellipsis. */
function ellipsis(text: string, maxWidth: number): string {
  if (displayWidth(text) <= maxWidth) return text;
  let width = 0;
  let kept = '';
  for (const character of text) {
    width += characterWidth(character);
    if (width > maxWidth - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

function jsonObject(cells: Cells): Readonly<Record<string, string>> {
  return {
    Comment: cells.comment,
    CreatedAt: cells.createdAt,
    CreatedBy: cells.createdBy,
    CreatedSince: cells.createdSince,
    ID: cells.id,
    Size: cells.size,
  };
}

/** JSON as Go's encoder writes it: characters that matter to HTML, and the two line separators, as escapes. */
function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

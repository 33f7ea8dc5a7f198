import type { HistoryRow } from './layerHistory.ts';
import { dockerDuration, dockerSize } from '../base/humanize.ts';
import { formatLocalRfc3339, parseRfc3339 } from '../base/rfc3339.ts';
import { truncateText } from './displayWidth.ts';
import { goJson } from './goJson.ts';
import { tabulate } from './tabulate.ts';

export interface HistoryTextOptions {
  /** Ids and instructions in full (`--no-trunc`). */
  readonly isFull: boolean;
  /** Ages and rounded sizes; else times and bytes (`--human=false`). */
  readonly isHuman: boolean;
  readonly now: Date;
}

/** What `docker image history` prints, byte for byte: text is not escaped. */
export function historyTable(rows: readonly HistoryRow[], options: HistoryTextOptions): string {
  const created = options.isHuman ? 'CREATED' : 'CREATED AT';
  const cells = rows.map((row) => {
    const { ID, CreatedSince, CreatedBy, Size, Comment } = fieldsOf(row, options);
    return [ID, CreatedSince, CreatedBy, Size, Comment].join('\t');
  });
  return tabulate(`${[`IMAGE\t${created}\tCREATED BY\tSIZE\tCOMMENT`, ...cells].join('\n')}\n`);
}

/** What `docker image history --format json` prints: one object a line, keys in order. */
export function historyJson(rows: readonly HistoryRow[], options: HistoryTextOptions): string {
  return rows.map((row) => `${goJson(fieldsOf(row, options))}\n`).join('');
}

/** What `docker image history -q` prints. */
export function historyIds(rows: readonly HistoryRow[], options: HistoryTextOptions): string {
  return rows.map((row) => `${fieldsOf(row, options).ID}\n`).join('');
}

/** The columns, keys in the order of docker's JSON. */
function fieldsOf(row: HistoryRow, { isFull, isHuman, now }: HistoryTextOptions) {
  // A missing date is 1970 to the engine.
  const seconds = parseRfc3339(row.created ?? '')?.seconds ?? 0;
  const createdAt = formatLocalRfc3339(seconds);
  const createdBy = row.createdBy.replaceAll('\t', ' ');
  return {
    Comment: row.comment,
    CreatedAt: createdAt,
    CreatedBy: isFull ? createdBy : truncateText(createdBy, createdByWidth),
    CreatedSince: isHuman ? ageText(seconds, now) : createdAt,
    ID: isFull ? row.id : shortId(row.id),
    Size: isHuman ? dockerSize(row.size) : String(row.size),
  };
}

const createdByWidth = 45;
/** 2000-01-01: dates up to it are those of builders that set none. */
const firstCredibleSecond = 946_684_800;

function ageText(seconds: number, now: Date): string {
  return seconds <= firstCredibleSecond ? 'N/A' : `${dockerDuration(now.getTime() / 1000 - seconds)} ago`;
}

function shortId(id: string): string {
  return id.slice(id.indexOf(':') + 1).slice(0, 12);
}

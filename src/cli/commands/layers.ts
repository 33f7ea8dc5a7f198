import { type LayerRow, dockerSize } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonLinesOption, jsonOption, platformOption } from '../commonOptions.ts';
import type { ExitCode } from '../exitCode.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { printTable } from '../table.ts';

export const layers: Command = {
  name: 'layers',
  usage: 'IMAGE',
  summary: 'list the layers, lowest first: size, content, changes, instruction',
  options: [platformOption, jsonOption, jsonLinesOption],
  positionals: { min: 1, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const { image } = await session.openImage(args.positionals[0] ?? '');
  const rows = await (await session.engine()).layerRows(image, session.callOptions);
  if (wantsJson(args)) await printJsonList(session.out, args, rows.map(rowObject));
  else await printTable(session.out, heading, rows.map(rowCells));
  await session.out.flush();
  return session.warn([
    ...image.problems,
    ...rows.flatMap((row) => row.problems.map((problem) => ({ ...problem, layer: row.index }))),
  ]);
}

/** The fields in the order of the command line's description; unknown ones are null. */
function rowObject(row: LayerRow): Readonly<Record<string, unknown>> {
  const {
    index,
    diffId = null,
    chainId = null,
    digest = null,
    mediaType = null,
    compressedSize = null,
  } = row;
  const {
    size,
    contentSize,
    createdBy = null,
    created = null,
    entries,
    added,
    modified,
    removed,
    problems,
  } = row;
  const identity = { index, diffId, chainId, digest, mediaType, compressedSize, size, contentSize };
  return { ...identity, createdBy, created, entries, added, modified, removed, problems };
}

const heading = ['LAYER', 'DIFF ID', 'SIZE', 'STORED', 'ENTRIES', 'A', 'M', 'D', 'CREATED BY'];

function rowCells(row: LayerRow): readonly string[] {
  return [
    String(row.index),
    row.diffId?.slice(7, 19) ?? '<unknown>',
    dockerSize(row.size),
    row.compressedSize === undefined ? '' : dockerSize(row.compressedSize),
    ...[row.entries, row.added, row.modified, row.removed].map(String),
    row.createdBy ?? '',
  ];
}

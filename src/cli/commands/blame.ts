import { modeText, parseLayerPath, toText, type Touch, EngineError } from '../../engine/index.ts';
import type { Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import { jsonLinesOption, jsonOption, platformOption } from '../commonOptions.ts';
import { type ExitCode, exitCode } from '../exitCode.ts';
import { splitImagePath } from '../imageName.ts';
import type { OpenedTree } from '../openTree.ts';
import { printJsonList, wantsJson } from '../printJson.ts';
import type { Session } from '../session.ts';
import { printTable } from '../table.ts';
import { UsageError } from '../usageError.ts';

export const blame: Command = {
  name: 'blame',
  usage: 'IMAGE:PATH',
  summary: 'list every layer that touched a path, newest first',
  options: [platformOption, jsonOption, jsonLinesOption],
  positionals: { min: 1, max: 1 },
  run,
};

async function run(session: Session, args: Arguments): Promise<ExitCode> {
  const { out } = session;
  const typed = splitImagePath(args.positionals[0] ?? '', session.host.platform);
  if (typed.path === undefined)
    throw new UsageError(args.positionals[0] ?? '', 'a path is missing: IMAGE:/PATH');
  const tree = await session.openTree(typed.image);
  const path = parseLayerPath(typed.path);
  const touches = await tree.blame(path);
  if (wantsJson(args))
    await printJsonList(
      out,
      args,
      touches.map((touch) => touchObject(tree, touch)),
    );
  else if (touches.length > 0)
    await printTable(
      out,
      ['LAYER', 'CHANGE', 'MODE', 'SIZE', 'DIFFERS', 'INSTRUCTION'],
      touches.map((touch) => touchRow(tree, touch)),
    );
  await out.flush();
  if (touches.length > 0) return exitCode.done;
  throw new EngineError('not-found', toText(path), 'no layer has it');
}

function touchObject(tree: OpenedTree, touch: Touch): Readonly<Record<string, unknown>> {
  const { image } = tree;
  const { layer, change, entry, differs, removedBy } = touch;
  return {
    layer,
    diffId: image.layers[layer]?.diffId,
    change,
    ...(entry !== undefined && { type: entry.type, size: entry.size, mode: octal(entry.mode) }),
    ...(entry !== undefined && { uid: entry.uid, gid: entry.gid, mtime: entry.mtime }),
    differs,
    ...(removedBy !== undefined && { removedBy }),
    ...(isWritable(tree, layer) && { container: tree.container?.config.name }),
    instruction: image.layers[layer]?.history?.createdBy,
    created: image.layers[layer]?.history?.created,
  };
}

function touchRow(tree: OpenedTree, touch: Touch): readonly string[] {
  const { layer, change, entry, differs, removedBy } = touch;
  const how = removedBy === undefined || removedBy === 'whiteout' ? '' : ` (${removedBy})`;
  return [
    String(layer),
    `${change}${how}`,
    entry === undefined ? '' : modeText(entry.type, entry.mode),
    entry === undefined ? '' : String(entry.size),
    change === 'modified' && differs.length === 0 ? 'nothing' : differs.join(', '),
    instructionOf(tree, layer),
  ];
}

function instructionOf(tree: OpenedTree, layer: number): string {
  if (isWritable(tree, layer)) return `container ${tree.container?.config.name ?? ''}`;
  return tree.image.layers[layer]?.history?.createdBy ?? '';
}

function isWritable({ container, layerCount }: OpenedTree, layer: number): boolean {
  return container !== undefined && layer === layerCount - 1;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}

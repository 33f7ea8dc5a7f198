import { modeText, type RootfsEntry } from '../engine/index.ts';
import type { Arguments } from './arguments.ts';
import type { Printer } from './printer.ts';

/** An entry as one line for {@link Printer.bytesLine}: its name, or all about it with `-l`. */
export function entryLine(out: Printer, entry: RootfsEntry, args: Arguments, name: string): string {
  if (!args.isOn('long')) return out.name(name);
  const owner = `${entry.uid}:${entry.gid}`.padEnd(9);
  const target = entry.linkTarget === undefined ? '' : ` -> ${out.name(entry.linkTarget)}`;
  const about = `${modeText(entry.type, entry.mode)} ${owner} ${sizeColumn(entry)} ${timeColumn(entry)}`;
  return `${about} ${String(entry.layer).padStart(3)} ${out.name(name)}${target}`;
}

function sizeColumn({ type, size, device }: RootfsEntry): string {
  const text =
    device !== undefined ? `${device.major}, ${device.minor}` : type === 'file' ? String(size) : '-';
  return text.padStart(10);
}

function timeColumn({ mtime }: RootfsEntry): string {
  const date = new Date(Number(mtime ?? NaN) * 1000);
  return Number.isNaN(date.getTime()) ? '-'.padEnd(16) : date.toISOString().slice(0, 16).replace('T', ' ');
}

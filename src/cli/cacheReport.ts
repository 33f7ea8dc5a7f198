import { type CacheReport, dockerSize, type StepStatus } from '../engine/index.ts';
import type { Printer } from './printer.ts';
import { printTable } from './table.ts';

/** A status as JSON. Members without a value are left out. */
export function cacheObject({ builder, command, steps, triggers, evidence }: CacheReport): object {
  return {
    builder,
    command,
    steps: steps.map(stepObject),
    ...(triggers.length > 0 && { triggers: triggers.map(stepObject) }),
    evidence,
  };
}

/** A status as a table, the builder and the command above it. */
export async function printCache(
  out: Printer,
  { builder, command, steps, triggers }: CacheReport,
): Promise<void> {
  await out.bytesLine(out.text(`${builder.name}: ${command}`));
  await printTable(out, heading, [...steps, ...triggers].map(rowOf));
}

const heading = ['LINE', 'STAGE', 'STEP', 'STATUS', 'SIZE', 'INSTRUCTION', 'REASON'];

function rowOf(step: StepStatus): readonly string[] {
  const { lines, stage, state, layer, text, reason } = step;
  const size = layer?.size === undefined ? '' : dockerSize(layer.size);
  return [String(lines.first), stage, numberOf(step), state, size, shortened(text), reason.text];
}

const longest = 44;

function shortened(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}

function stepObject(step: StepStatus): object {
  const { lines, stage, text, state, reason, layer } = step;
  const number = numberOf(step);
  return {
    line: lines.first,
    endLine: lines.last,
    stage,
    ...(number !== '' && { step: number }),
    instruction: text,
    status: state,
    reason: { code: reason.code, text: reason.text, ...(reason.paths && { paths: reason.paths }) },
    ...(layer && { layer: layerObject(layer) }),
  };
}

function layerObject({ diffId, digest, size, created }: NonNullable<StepStatus['layer']>): object {
  return {
    ...(diffId !== undefined && { diffId }),
    ...(digest !== undefined && { digest }),
    ...(size !== undefined && { size }),
    ...(created !== undefined && { created: new Date(created).toISOString() }),
  };
}

/** `2/5` of `[build 2/5] RUN make` and of `Step 2/5 : RUN make`; empty for what has no row. */
function numberOf({ row = '' }: StepStatus): string {
  return /^(?:\[[^\]]*?|(?:\[\d+\/\d+\] )?STEP |Step )(\d+\/\d+)/i.exec(row)?.[1] ?? '';
}

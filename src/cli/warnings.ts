import { escapeForDisplay, type Problem } from '../engine/index.ts';
import type { Output } from './host.ts';

const shown = 20;

/** One line of warning a problem on stderr; beyond a screenful only their number, unless asked for. */
export async function printWarnings(
  stderr: Output,
  problems: readonly Problem[],
  isVerbose: boolean,
): Promise<void> {
  const lines = [...new Set(problems.map(warningText))];
  const printed = isVerbose ? lines : lines.slice(0, shown);
  const more = lines.length - printed.length;
  if (more > 0) printed.push(`lamina: ${more} more warnings (--verbose shows them)`);
  if (printed.length > 0) await stderr.write(`${printed.join('\n')}\n`);
}

function warningText({ code, subject, detail, layer }: Problem): string {
  const where = layer === undefined ? '' : ` (layer ${layer})`;
  const why = detail === undefined || detail === '' ? code : `${code}, ${escapeForDisplay(detail)}`;
  return `lamina: warning: ${escapeForDisplay(subject)}: ${why}${where}`;
}

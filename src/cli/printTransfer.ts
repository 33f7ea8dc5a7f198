import type { TransferResult } from '../engine/index.ts';
import { printJson } from './printJson.ts';
import type { Session } from './session.ts';
import { summaryText, type TransferWords } from './transferLines.ts';

/** The answer of a pull or a push: the report as JSON; or what moved, and the name and digest of what is there now. */
export async function printTransfer(
  { args, out, progress }: Session,
  result: TransferResult,
  words: TransferWords,
  name: string | undefined,
): Promise<void> {
  progress.clear();
  if (args.isOn('json')) await printJson(out, result);
  else {
    if (!args.isOn('quiet')) await out.line(summaryText(result, words));
    await out.bytesLine(out.text([name, result.target.digest].filter(Boolean).join(' ')));
  }
  await out.flush();
}

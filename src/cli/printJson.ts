import type { Arguments } from './arguments.ts';
import type { Printer } from './printer.ts';

/** Whether the answer is to be JSON. */
export function wantsJson(args: Arguments): boolean {
  return args.isOn('json') || args.isOn('jsonl');
}

/** A list as one JSON array, or with `--jsonl` one object a line; streamed, so that a long one needs no memory. */
export async function printJsonList(
  out: Printer,
  args: Arguments,
  items: Iterable<unknown> | AsyncIterable<unknown>,
): Promise<void> {
  if (args.isOn('jsonl')) {
    for await (const item of items) await out.block(`${JSON.stringify(item)}\n`);
    return;
  }
  let before = '[\n';
  for await (const item of items) {
    await out.block(`${before}${JSON.stringify(item)}`);
    before = ',\n';
  }
  await out.line(before === '[\n' ? '[]' : '\n]');
}

/** One JSON document. */
export async function printJson(out: Printer, value: unknown): Promise<void> {
  await out.block(`${JSON.stringify(value, undefined, 2)}\n`);
}

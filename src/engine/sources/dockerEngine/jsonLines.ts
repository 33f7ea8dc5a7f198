import { StringDecoder } from 'node:string_decoder';
import { EngineError } from '../../base/errors.ts';

/** A message of an engine is some hundred bytes long. */
const longestLine = 4 * 2 ** 20;

/**
 * The JSON values of a stream of lines. Lines that are no JSON, which proxies and defects leave behind, are passed over.
 *
 * @throws EngineError `limit-exceeded` for a line beyond all bounds.
 */
export async function* readJsonLines(chunks: AsyncIterable<Uint8Array>, subject: string): AsyncGenerator {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.write(Buffer.from(chunk))).split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > longestLine)
      throw new EngineError('limit-exceeded', subject, 'a message of it does not end');
    for (const line of lines) yield* parseLine(line);
  }
  yield* parseLine(rest);
}

function* parseLine(line: string): Generator {
  const text = line.trim();
  if (text === '') return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return;
  }
  yield value;
}

import type { TextRange } from '../dockerfile/ast.ts';
import { dropSpaces, skipSpaces, trimSpace } from '../dockerfile/goText.ts';
import { LineTable, type PhysicalLine } from '../dockerfile/lineTable.ts';
import { cleanPath } from './cleanPath.ts';

/** One line of a `.dockerignore` that says something. */
export interface IgnoreLine {
  /** As the builder takes it: cleaned, relative to the context, with its `!`. */
  readonly pattern: string;
  /** Without blanks around it. */
  readonly range: TextRange;
}

/**
 * The patterns of an ignore file, as moby's `ignorefile.ReadAll` reads it: `#` at the very beginning makes a comment,
 * blanks around a pattern do not count, and `/a` is `a`.
 */
export function readIgnoreFile(text: string): readonly IgnoreLine[] {
  const lines = new LineTable(text);
  const found: IgnoreLine[] = [];
  for (let number = 1; number <= lines.count; number++) {
    const line = lines.line(number);
    const read = line && readLine(text, line);
    if (read !== undefined) found.push(read);
  }
  return found;
}

function readLine(text: string, line: PhysicalLine): IgnoreLine | undefined {
  const hasMark = line.number === 1 && text.startsWith('\uFEFF');
  const first = line.start + (hasMark ? 1 : 0);
  if (text.startsWith('#', first)) return undefined;
  const start = skipSpaces(text, first, line.next);
  const end = dropSpaces(text, start, line.next);
  return start === end ? undefined : { pattern: normalized(text.slice(start, end)), range: { start, end } };
}

function normalized(written: string): string {
  if (!written.startsWith('!')) return relative(written);
  const exception = trimSpace(written.slice(1));
  return exception === '' ? '!' : `!${relative(exception)}`;
}

function relative(written: string): string {
  const clean = cleanPath(written);
  return clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean;
}

import type { TextRange } from './ast.ts';
import { DirectiveReader } from './directives.ts';
import { LineTable, type PhysicalLine } from './lineTable.ts';

/** The frontend that a file asks for. */
export interface SyntaxChoice {
  /** The image of the frontend: `docker/dockerfile:1`. */
  readonly image: string;
  /** The whole value, of which the image is the first word. */
  readonly commandLine: string;
  readonly range: TextRange;
}

/**
 * Which frontend BuildKit would use instead of its own (`DetectSyntax`): `# syntax=`, or `// syntax=`, or a JSON object
 * with `syntax`, each also below a line that begins with `#!`. Undefined when the file asks for none.
 */
export function detectSyntax(text: string): SyntaxChoice | undefined {
  const lines = new LineTable(text);
  const first = text.startsWith('#!', markLength(text)) ? 2 : 1;
  return (
    findDirective(text, lines, first, '#') ??
    findDirective(text, lines, first, '//') ??
    inJson(text, lines, first)
  );
}

function findDirective(
  text: string,
  lines: LineTable,
  first: number,
  mark: '#' | '//',
): SyntaxChoice | undefined {
  const reader = new DirectiveReader(text, mark);
  for (let number = first; ; number++) {
    const line = lines.line(number);
    if (line === undefined) return undefined;
    const found = reader.read(line, startOf(text, line));
    if (found.kind !== 'directive') return undefined;
    if (found.directive.name === 'syntax') return choiceOf(found.directive.value, found.directive.range);
  }
}

function inJson(text: string, lines: LineTable, first: number): SyntaxChoice | undefined {
  const line = lines.line(first);
  if (line === undefined) return undefined;
  const start = startOf(text, line);
  const syntax = memberOf(text.slice(start), 'syntax');
  if (typeof syntax !== 'string') return undefined;
  return { image: syntax, commandLine: syntax, range: { start, end: text.length } };
}

function memberOf(text: string, name: string): unknown {
  if (!/^[ \t\r\n]*\{/.test(text)) return undefined;
  try {
    return (JSON.parse(text) as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}

function choiceOf(commandLine: string, range: TextRange): SyntaxChoice {
  const [image = ''] = commandLine.split(' ', 1);
  return { image, commandLine, range };
}

function startOf(text: string, line: PhysicalLine): number {
  return line.number === 1 ? line.start + markLength(text) : line.start;
}

/** Of a byte order mark. */
function markLength(text: string): number {
  return text.startsWith('\uFEFF') ? 1 : 0;
}

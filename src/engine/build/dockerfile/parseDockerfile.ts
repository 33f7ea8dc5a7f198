import { atOnce, type Pieces } from '../../base/pieces.ts';
import type { Directive, Dockerfile, EscapeCharacter, Heredoc, Instruction, TextRange } from './ast.ts';
import { DirectiveReader } from './directives.ts';
import type { DockerfileProblem, DockerfileProblemCode } from './dockerfileProblem.ts';
import { skipSpaces, trimSpace } from './goText.ts';
import { HeredocBodies } from './heredocBodies.ts';
import { findHeredocs } from './heredocWords.ts';
import { LineTable, type PhysicalLine } from './lineTable.ts';
import { LogicalLine } from './logicalLine.ts';
import { type InstructionLine, readInstruction } from './readInstruction.ts';

/**
 * Parses a Dockerfile as BuildKit does (`frontend/dockerfile/parser`), in time that grows with its length. BuildKit gives
 * up at the first error; here each is a problem, and the rest is read as if it were not there. No text is refused.
 */
export function parseDockerfile(text: string): Dockerfile {
  return atOnce(parsingOf(text));
}

/** The same, instruction by instruction. */
export function parsingOf(text: string): Pieces<Dockerfile> {
  return new DockerfileParser(text).parse();
}

class DockerfileParser {
  readonly #text: string;
  readonly #lines: LineTable;
  readonly #directives: DirectiveReader;
  readonly #bodies: HeredocBodies;
  readonly #found: Directive[] = [];
  readonly #instructions: Instruction[] = [];
  readonly #problems: DockerfileProblem[] = [];
  #escape: EscapeCharacter = '\\';
  #comments: string[] = [];
  #next = 1;

  constructor(text: string) {
    this.#text = text;
    this.#lines = new LineTable(text);
    this.#directives = new DirectiveReader(text, '#');
    this.#bodies = new HeredocBodies(text, this.#lines);
  }

  *parse(): Pieces<Dockerfile> {
    for (let line = this.#take(); line !== undefined; line = this.#take()) {
      this.#readLine(line);
      yield;
    }
    if (this.#instructions.length === 0) this.#reportNothing();
    return {
      text: this.#text,
      escape: this.#escape,
      directives: this.#found,
      instructions: this.#instructions,
      problems: this.#problems.sort((a, b) => a.range.start - b.range.start),
    };
  }

  /** One line where an instruction may begin. */
  #readLine(line: PhysicalLine): void {
    const hasMark = line.number === 1 && this.#text.startsWith('\uFEFF');
    const lineStart = line.start + (hasMark ? 1 : 0);
    const start = skipSpaces(this.#text, lineStart, line.end);
    const isDirective = this.#readDirective(line, start);
    if (this.#isComment(start, line)) {
      if (!isDirective) this.#addComment(this.#text.slice(lineStart + 1, line.end));
    } else if (start < line.end) this.#readInstruction(line, start);
  }

  #readDirective(line: PhysicalLine, start: number): boolean {
    const found = this.#directives.read(line, start);
    if (found.kind === 'none') return false;
    const range = { start, end: line.end };
    if (found.kind === 'repeated') {
      this.#report('directive-repeated', range, `only one ${found.name} parser directive can be used`);
      return false;
    }
    this.#found.push(found.directive);
    if (found.directive.name === 'escape') this.#setEscape(found.directive.value, range);
    return true;
  }

  #setEscape(value: string, range: TextRange): void {
    if (value === '\\' || value === '`') this.#escape = value;
    else this.#report('escape-invalid', range, `invalid escape token '${value}' does not match \` or \\`);
  }

  /** BuildKit takes one character off the line, which is a blank when the comment is indented. */
  #addComment(behindFirst: string): void {
    const comment = trimSpace(behindFirst);
    if (comment === '') this.#comments = [];
    else this.#comments.push(comment);
  }

  #isComment(start: number, line: PhysicalLine): boolean {
    return start < line.end && this.#text.charAt(start) === '#';
  }

  #readInstruction(first: PhysicalLine, start: number): void {
    const line = new LogicalLine(this.#text, this.#joinLines(first, start));
    const read = readInstruction(line, 0, line.text.length, this.#escape);
    if (read.failure !== undefined) this.#report(read.failure.code, read.failure.range, read.failure.message);
    const heredocs = canHaveHeredocs(read.instruction) ? this.#readHeredocs(line) : [];
    const lines = { first: first.number, last: this.#next - 1 };
    const end = this.#lines.line(lines.last)?.end ?? this.#text.length;
    const range = { start: read.instruction.range.start, end: Math.max(end, read.instruction.range.end) };
    this.#instructions.push({
      ...completed(read.instruction, lines),
      range,
      heredocs,
      comments: this.#comments,
    });
    this.#comments = [];
  }

  /** The parts of the lines that make up an instruction: an escape character at the end continues a line. */
  #joinLines(first: PhysicalLine, start: number): readonly TextRange[] {
    const parts: TextRange[] = [];
    let part = this.#withoutContinuation(start, first.end);
    parts.push(part);
    while (part.isContinued) {
      const line = this.#take();
      if (line === undefined) break;
      const content = skipSpaces(this.#text, line.start, line.end);
      if (this.#isComment(content, line)) continue;
      if (content === line.end) this.#reportEmpty(line);
      else parts.push((part = this.#withoutContinuation(line.start, line.end)));
    }
    return parts;
  }

  /** The escape character must not be escaped itself; blanks behind it do not count. */
  #withoutContinuation(start: number, end: number): TextRange & { readonly isContinued: boolean } {
    let at = end;
    while (at > start && isBlank(this.#text.charAt(at - 1))) at--;
    const isContinued = at > start && this.#text.charAt(at - 1) === this.#escape;
    if (!isContinued || (at - 1 > start && this.#text.charAt(at - 2) === this.#escape))
      return { start, end, isContinued: false };
    return { start, end: at - 1, isContinued: true };
  }

  #readHeredocs(line: LogicalLine): readonly Heredoc[] {
    if (!line.text.includes('<<')) return [];
    const heredocs: Heredoc[] = [];
    for (const { range: place, parsed } of findHeredocs(line.text)) {
      const range = line.rangeOf(place.start, place.end);
      if (parsed.kind === 'refused') this.#report('heredoc-invalid', range, parsed.failure);
      if (parsed.kind !== 'heredoc') continue;
      const { next, ...body } = this.#bodies.read(parsed.heredoc, this.#next);
      if (body.terminator === undefined) this.#report('heredoc-unterminated', range, 'unterminated heredoc');
      while (this.#next < next) this.#take();
      heredocs.push({ ...parsed.heredoc, range, ...body });
    }
    return heredocs;
  }

  #take(): PhysicalLine | undefined {
    const line = this.#lines.line(this.#next);
    if (line === undefined) return undefined;
    this.#next++;
    if (isTooLong(this.#text, line)) this.#reportLength(line);
    return line;
  }

  #reportLength(line: PhysicalLine): void {
    const message = `dockerfile line greater than max allowed size of ${maxLineBytes - 1}`;
    this.#report('line-too-long', { start: line.start, end: line.end }, message);
  }

  #reportEmpty(line: PhysicalLine): void {
    const message = 'Empty continuation lines will become errors in a future release';
    const range = { start: line.start, end: line.next };
    this.#problems.push({ code: 'empty-continuation', severity: 'warning', range, message });
  }

  #reportNothing(): void {
    const message = this.#text === '' ? 'the Dockerfile cannot be empty' : 'file with no instructions';
    this.#report('no-instructions', { start: 0, end: this.#text.length }, message);
  }

  #report(code: DockerfileProblemCode, range: TextRange, message: string): void {
    this.#problems.push({ code, severity: 'error', range, message });
  }
}

function completed(line: InstructionLine, lines: Instruction['lines']): Instruction {
  const { trigger, ...instruction } = line;
  const rest = { lines, heredocs: [], comments: [] };
  if (trigger === undefined) return { ...instruction, ...rest };
  return { ...instruction, ...rest, trigger: completed(trigger, lines) };
}

/** Only RUN, COPY and ADD have heredocs, also behind ONBUILD, and only when they are not in the JSON form. */
function canHaveHeredocs(instruction: InstructionLine): boolean {
  const { name, isJson } = instruction.trigger ?? instruction;
  return (name === 'RUN' || name === 'COPY' || name === 'ADD') && !isJson;
}

function isBlank(character: string): boolean {
  return character === ' ' || character === '\t';
}

/** The buffer of the scanner that reads lines for BuildKit; a line must fit into it with its end. */
const maxLineBytes = 65536;

function isTooLong(text: string, { start, next }: PhysicalLine): boolean {
  // No code unit is more than three bytes.
  if ((next - start) * 3 < maxLineBytes) return false;
  const bytes = Buffer.byteLength(text.slice(start, next));
  return bytes > maxLineBytes || (bytes === maxLineBytes && text.charAt(next - 1) !== '\n');
}

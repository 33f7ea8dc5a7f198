/** What `JSON.parse` does not tell about a text: how deep it nests, and which keys come twice in one object. */
export interface JsonScan {
  readonly depth: number;
  /** At most twenty, in the order of the text. A case variant of an earlier key counts (Go's decoder takes it for the same field), except in {@link freeMaps}. */
  readonly repeatedKeys: readonly string[];
}

/** Members that map free names, where `a` and `A` are two keys for every reader. */
const freeMaps = new Set([
  'annotations',
  'labels',
  'exposedports',
  'volumes',
  'layersources',
  'repositories',
]);
const maxReported = 20;

/** Scans a JSON text without building it. Iterative, so that nesting cannot exhaust the stack; text that is no JSON gives some answer. */
export function scanJson(text: string): JsonScan {
  const open: Frame[] = [];
  const repeated: string[] = [];
  let depth = 0;
  let key = '';
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const frame = open.at(-1);
    if (code === quote) {
      const end = stringEnd(text, at);
      if (frame?.expectsKey === true) {
        key = keyText(text.slice(at, end));
        frame.expectsKey = false;
        if (isRepeated(frame, key) && repeated.length < maxReported) repeated.push(key);
      }
      at = end - 1;
    } else if (code === openBrace || code === openBracket) {
      open.push(newFrame(code === openBrace, freeMaps.has(key.toLowerCase())));
      depth = Math.max(depth, open.length);
      key = '';
    } else if (code === closeBrace || code === closeBracket) {
      open.pop();
    } else if (code === comma && frame?.keys !== undefined) {
      frame.expectsKey = true;
    }
  }
  return { depth, repeatedKeys: repeated };
}

interface Frame {
  /** Keys seen, as compared; undefined for an array. */
  readonly keys: Set<string> | undefined;
  readonly isFreeMap: boolean;
  expectsKey: boolean;
}

function newFrame(isObject: boolean, isFreeMap: boolean): Frame {
  return { keys: isObject ? new Set() : undefined, isFreeMap, expectsKey: isObject };
}

function isRepeated(frame: Frame, key: string): boolean {
  const compared = frame.isFreeMap ? key : foldCase(key);
  if (frame.keys?.has(compared) === true) return true;
  frame.keys?.add(compared);
  return false;
}

/** Case folded so that two names are equal when Go's JSON decoder takes them for one field (`ſ` and `K` included). */
export function foldCase(name: string): string {
  return name.toUpperCase().toLowerCase();
}

/** The position after a string's closing quote. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at + 1;
  }
  return text.length;
}

function keyText(literal: string): string {
  if (!literal.includes('\\')) return literal.slice(1, -1);
  try {
    return String(JSON.parse(literal));
  } catch {
    return literal;
  }
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const comma = 0x2c;

/** A name from a tar as a path below the root: no empty, `.` or `..` component, no slash at either end; '' is the root. */
export interface CleanName {
  readonly path: string;
  /** Whether `..` climbed above the root, where it was held. */
  readonly escapes: boolean;
}

/** Resolves a name by its text alone, without looking at links (formats.md §2.2, 1). */
export function cleanName(name: string): CleanName {
  const start = leadingNoise(name);
  let end = name.length;
  while (end > start && name.charCodeAt(end - 1) === slash) end--;
  const path = start === 0 && end === name.length ? name : name.slice(start, end);
  return mayHoldNoise(path) ? cleanSlowly(path) : { path, escapes: false };
}

const slash = 0x2f;
const dot = 0x2e;

/** Where the first component begins, slashes and `./` left out. */
function leadingNoise(name: string): number {
  let at = 0;
  for (;;) {
    if (name.charCodeAt(at) === slash) at++;
    else if (name.charCodeAt(at) === dot && name.charCodeAt(at + 1) === slash) at += 2;
    else return at;
  }
}

function mayHoldNoise(path: string): boolean {
  return path.charCodeAt(0) === dot || path.includes('//') || path.includes('/.');
}

function cleanSlowly(path: string): CleanName {
  const kept: string[] = [];
  let escapes = false;
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') kept.push(part);
    else if (kept.pop() === undefined) escapes = true;
  }
  return { path: kept.join('/'), escapes };
}

import { rowOf, type ShownRow } from './letters.ts';

/** Rows of `--progress=rawjson`: one JSON object a line. */
export function rowsOfEvents(lines: string): readonly ShownRow[] {
  const vertices = new Map<string, SeenVertex>();
  for (const line of lines.split('\n').filter((each) => each.startsWith('{'))) {
    const { vertexes = [] } = JSON.parse(line) as { readonly vertexes?: readonly RawVertex[] | null };
    for (const vertex of vertexes ?? []) see(vertices, vertex);
  }
  return [...vertices.values()].flatMap(({ name, isCached, isStarted, isSource }) => {
    const row = rowOf(name);
    return row === undefined || !(isCached || isStarted) ? [] : [{ row, isCached, isSource }];
  });
}

interface RawVertex {
  readonly digest: string;
  readonly name: string;
  readonly inputs?: readonly string[] | null;
  readonly started?: string;
  readonly cached?: boolean;
}

interface SeenVertex {
  readonly name: string;
  readonly isSource: boolean;
  readonly isStarted: boolean;
  readonly isCached: boolean;
}

/** Cached once is cached: what comes later is the unpacking. */
function see(vertices: Map<string, SeenVertex>, { digest, name, inputs, started, cached }: RawVertex): void {
  const before = vertices.get(digest);
  vertices.set(digest, {
    name,
    isSource: (inputs ?? []).length === 0,
    isStarted: started !== undefined || before?.isStarted === true,
    isCached: cached === true || before?.isCached === true,
  });
}

/** Rows of `--progress=plain`, for clients that know nothing else. */
export function rowsOfText(output: string): readonly ShownRow[] {
  const rows = new Map<string, TextRow>();
  // What a command prints without a line's end stands before the row's next line.
  for (const line of output.split(/\n|(?=#\d+ DONE \d+\.\d+s$)/m)) {
    const [, id, rest = ''] = /^#(\d+) (.*)$/.exec(line) ?? [];
    if (id !== undefined) read(rows, id, rest);
  }
  const lastOf = new Map([...rows.values()].map((row) => [row.name, row] as const));
  return [...rows.values()].flatMap((row) => {
    const name = rowOf(row.name);
    if (name === undefined || row.state === undefined) return [];
    const isCached = row.state === 'cached' || isOnlyUnpacked(row);
    // A download comes before the step, under the same name.
    return [{ row: name, isCached, isSource: lastOf.get(row.name) !== row }];
  });
}

interface TextRow {
  readonly name: string;
  readonly did: string[];
  state: 'cached' | 'done' | undefined;
}

function read(rows: Map<string, TextRow>, id: string, rest: string): void {
  const row = rows.get(id);
  if (row === undefined) {
    if (rest.startsWith('[')) rows.set(id, { name: rest, did: [], state: undefined });
    return;
  }
  if (rest === 'CACHED') row.state = 'cached';
  else if (/^DONE \d/.test(rest) || rest.startsWith('ERROR')) row.state ??= 'done';
  else if (!rest.startsWith('[')) row.did.push(rest);
}

/** A hit of an imported cache is shown as its layers being fetched. */
function isOnlyUnpacked({ did }: TextRow): boolean {
  const done = did.filter((each) => !/^sha256:[0-9a-f]{64}( done)?$/.test(each));
  return (
    done.some((each) => each.startsWith('extracting ')) &&
    done.every((each) => /^(sha256:|extracting )/.test(each))
  );
}

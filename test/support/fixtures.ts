import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

/** A file of test/fixtures. */
export function fixture(...names: string[]): string {
  return path.join(import.meta.dirname, '../fixtures', ...names);
}

/** One case of the shared union vectors: the layers' exact tars, and the tree and issues they must give. */
export interface UnionCase {
  readonly id: string;
  readonly title: string;
  /** Lowest first. */
  readonly tars: readonly Buffer[];
  readonly expect: { readonly tree: readonly ExpectedEntry[]; readonly issues: readonly string[] };
}

export interface ExpectedEntry {
  readonly path: string;
  readonly pathHex?: string;
  readonly type: string;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly size?: number;
  readonly data?: string;
  readonly sha256?: string;
  readonly mtime?: string;
  readonly link?: string;
  readonly hardlinkOf?: string;
  readonly dev?: string;
  readonly xattrs?: Readonly<Record<string, string>>;
}

export function unionCases(): readonly UnionCase[] {
  const document = JSON.parse(readFileSync(fixture('vectors/union-cases.json'), 'utf8')) as {
    readonly cases: readonly RawCase[];
  };
  return document.cases.map(({ layers, ...rest }) => ({
    ...rest,
    tars: layers.map(({ tarGzB64 }) => gunzipSync(Buffer.from(tarGzB64, 'base64'))),
  }));
}

type RawCase = Omit<UnionCase, 'tars'> & {
  readonly layers: readonly { readonly tarGzB64: string }[];
};

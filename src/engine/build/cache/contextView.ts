import type { ContentRules } from '../contentKey/contentKey.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Sha256 } from '../sha256.ts';
import type { PathDifference } from './cacheReport.ts';
import type { ContentSelection } from './vertex.ts';

/** The build context as it is now, asked about by paths. A worker holds the files; answers are small. */
export interface ContextView {
  /** The keys of what these selections read. */
  contents(
    selections: readonly ContentSelection[],
    rules: ContentRules,
    options?: CallOptions,
  ): Promise<readonly ContentAnswer[]>;
  /** What of a selection is another than in an upload that was kept; undefined when that one is not kept any more. */
  differences(
    selection: ContentSelection,
    upload: string,
    options?: CallOptions,
  ): Promise<readonly PathDifference[] | undefined>;
  /** The files that a selection reads, in byte order, for comparing them with a layer's. */
  files(selection: ContentSelection, options?: CallOptions): Promise<readonly SelectedFile[]>;
  /**
   * The files in the archive that a selection is, for comparing them with what a layer holds; undefined where it is not one
   * file, or an archive that is not read here: damaged, packed otherwise than by gzip or zstd, or very large.
   */
  members(selection: ContentSelection, options?: CallOptions): Promise<readonly ArchiveMember[] | undefined>;
  /** By when all that a selection reads had become what it is now. */
  lastChange(selection: ContentSelection, options?: CallOptions): Promise<LastChange>;
}

/** A file with bytes of its own in an archive; of equal paths the last one is there. */
export interface ArchiveMember {
  /** Below where it is unpacked; byte string. */
  readonly path: string;
  readonly size: number;
  /** Whole seconds since 1970. */
  readonly mtimeSeconds: number;
  /** SHA-256 of its bytes, hex. */
  readonly sha256: string;
}

/** What of a selection was changed last. */
export interface LastChange {
  /** Milliseconds since 1970, by the clock of this machine; `Infinity` where that cannot be told. */
  readonly byMs: number;
  /** Of the file or directory, below the context; empty of the context itself. */
  readonly path: string;
}

export interface ContentAnswer {
  /** As the builder will count it, which keeps the old bytes where size and time did not change; undefined when the path is not there. */
  readonly counted?: Sha256;
  /** As it is. */
  readonly actual?: Sha256;
  /** Files whose change the builder will not see. */
  readonly unseen: readonly PathDifference[];
  /** Paths of the selection that could not be read. */
  readonly unreadable: readonly string[];
}

export interface SelectedFile {
  /**
   * Below the source: empty for the source itself; byte string. Of a source with wildcards below its part without them,
   * and of one with filters below the source.
   */
  readonly path: string;
  /** Which source of the selection. */
  readonly source: number;
  readonly type: 'file' | 'directory' | 'link' | 'other';
  readonly mode: number;
  readonly size: number;
  /** When its bytes changed last, milliseconds since 1970: a builder does not look at a file whose size and time are the same. */
  readonly mtimeMs?: number;
  /** When anything was done to it last, its name and its mode included, milliseconds since 1970; undefined where that is not known. */
  readonly changedMs?: number;
  /** It has extended attributes that count. */
  readonly hasXattrs?: true;
  /** SHA-256 of a file's bytes, hex. */
  readonly sha256?: string;
  readonly target?: string;
}

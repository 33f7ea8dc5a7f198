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
  /** SHA-256 of a file's bytes, hex. */
  readonly sha256?: string;
  readonly target?: string;
}

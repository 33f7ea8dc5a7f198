import type { DiffId } from './digest.ts';

/** One step of `history` (image-spec, config.md). Absent fields stay absent. */
export interface HistoryItem {
  readonly created?: string;
  readonly createdBy?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly isEmptyLayer: boolean;
}

/** The config of an image, parsed once; unknown fields stay in `raw`. */
export interface ImageConfig {
  readonly raw: Readonly<Record<string, unknown>>;
  readonly created?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly architecture?: string;
  readonly os?: string;
  readonly osVersion?: string;
  readonly variant?: string;
  readonly dockerVersion?: string;
  readonly diffIds: readonly DiffId[];
  readonly history: readonly HistoryItem[];
  /** The `config` member, as it is. */
  readonly runtime: Readonly<Record<string, unknown>>;
}

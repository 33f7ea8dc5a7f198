import type { CallOptions } from '../../engine/index.ts';
import type { OpenedImage } from '../openedImages.ts';
import type { CommitForm } from './commitSubject.ts';
import type { Config } from './configWords.ts';

/** Where a container's image goes, and how it is made there. */
export interface CommitPlace {
  /** The config that a commit begins with. */
  readonly config: Config;
  /** Whether there is anything for a layer. */
  readonly hasChanges: boolean;
  readonly canPause: boolean;
  /** The names that images have there, in full. */
  readonly takenNames: ReadonlySet<string>;
  /** @param changes instructions, as docker's `--change` takes them. */
  commit(form: CommitForm, changes: readonly string[], options: CallOptions): Promise<CommittedOpened>;
}

export interface CommittedOpened {
  readonly opened: OpenedImage;
  /** What docker counts for the newest step. */
  readonly size: number;
}

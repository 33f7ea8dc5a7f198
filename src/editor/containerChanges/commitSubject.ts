import type { ConfigEdits } from './configEdits.ts';
import type { Config } from './configWords.ts';

/** What a person says about the image that is to be made. */
export interface CommitForm {
  /** Empty for none. */
  readonly name: string;
  readonly message: string;
  readonly author: string;
  /** Whether the container stands still meanwhile. */
  readonly pauses: boolean;
  readonly edits: ConfigEdits;
}

/** What the form is about. */
export interface CommitSubject {
  readonly title: string;
  /** What will be made, in words. */
  readonly outcome: string;
  /** The config that is changed. */
  readonly config: Config;
  /** Only what runs can be paused. */
  readonly canPause: boolean;
  /** Whether an image is called so already; the name then moves. */
  readonly isTaken: (name: string) => boolean;
}

import { type Sha256, sha256 } from '../sha256.ts';

/** The name of an operation's output in a record of the cache; −1 for the content that an operation reads. */
export function outputKey(digest: Sha256, output: number): Sha256 {
  return sha256(`${digest}@${output}`);
}

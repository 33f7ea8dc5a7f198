/**
 * A stretch of the Dockerfile's text: offsets in UTF-16 code units, as editors count, the end not included. What is
 * written over several physical lines has one range, escape characters, comments and line ends between them included.
 */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

import type { TextRange } from './textRange.ts';

/** What is wrong with a Dockerfile. A code exists when a host may want to say or offer something of its own. */
export type DockerfileProblemCode =
  | 'no-instructions'
  | 'line-too-long'
  | 'directive-repeated'
  | 'escape-invalid'
  /** An empty line inside a continued instruction: deprecated, still accepted. */
  | 'empty-continuation'
  | 'heredoc-unterminated'
  | 'heredoc-invalid'
  | 'json-not-strings'
  | 'pair-malformed'
  | 'unknown-instruction'
  | 'unknown-flag'
  | 'flag-repeated'
  | 'flag-value'
  | 'mount-invalid'
  | 'argument-count'
  | 'argument-invalid'
  | 'stage-name-invalid'
  | 'onbuild-forbidden'
  | 'no-stage'
  | 'stage-not-found'
  | 'stage-circular'
  | 'expansion-failed'
  /** Not BuildKit's: more than is planned here. */
  | 'too-large';

/** One finding, where it stands. */
export interface DockerfileProblem {
  readonly code: DockerfileProblemCode;
  /** Whether BuildKit refuses to build for it. */
  readonly severity: 'error' | 'warning';
  readonly range: TextRange;
  /** In BuildKit's own words, which people find when they look for them; parts of the file stand in it. */
  readonly message: string;
}

/** A context, and what its ignore file says. */
export interface ContextRequest {
  /** Absolute. */
  readonly directory: string;
  /** The text of the ignore file that the builder goes by; undefined when there is none. */
  readonly ignoreFile?: string | undefined;
}

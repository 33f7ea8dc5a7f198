/** A context, and what its ignore file says. */
export interface ContextRequest {
  /** Absolute. */
  readonly directory: string;
  /** The text of the ignore file that the builder goes by; undefined when there is none. */
  readonly ignoreFile?: string | undefined;
  /** It is sent as a tar, as by the engine's API: `COPY .` then has another key than of a folder (build-cache.md §0.4). */
  readonly isTar?: boolean | undefined;
}

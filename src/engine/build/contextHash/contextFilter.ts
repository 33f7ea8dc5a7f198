/** What of a context is left out. Paths are below the context, with `/` between names, as text. */
export interface ContextFilter {
  isIgnored(path: string): boolean;
  /** Nothing in this ignored directory can be wanted again. */
  isSkipped(directory: string): boolean;
}

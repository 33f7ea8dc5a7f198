/** What a builder tells of a running build, whoever is asked and in whatever form. */
export type BuildEvent =
  | VertexEvent
  /** What a step printed. */
  | { readonly kind: 'log'; readonly vertex: string; readonly text: string }
  /** What belongs to no step: notices, the failure in words. */
  | { readonly kind: 'text'; readonly text: string };

/** A vertex is told of many times; what is left out stays as it was. */
export interface VertexEvent {
  readonly kind: 'vertex';
  /** The builder's name of it, stable during the build. */
  readonly id: string;
  /** As it is shown: `[build 2/5] RUN make`. */
  readonly name: string;
  /** Whether something goes in: a download of ADD has nothing, the step of the same name has. Undefined when not told. */
  readonly hasInputs?: boolean;
  /** Only ever true: a hit stays one, whatever is told afterwards (build-cache.md §5.2). */
  readonly isCached?: true;
  /** Milliseconds since 1970. */
  readonly started?: number;
  /** It may be started again. */
  readonly completed?: number;
  readonly failure?: string;
}

/** Reads the output of a build line by line, line ends taken away. */
export type BuildOutputReader = (line: string) => readonly BuildEvent[];

import type { CallOptions } from '../../base/progress.ts';
import type { BuilderIdentity } from '../builder.ts';
import type { BuildRequest } from '../buildRequest.ts';
import type { Evidence } from '../cache/cacheReport.ts';
import type { Dockerfile } from '../dockerfile/ast.ts';
import type { BuilderImage } from './builderImage.ts';
import type { CopySum, SummedFile } from './copySum.ts';

/** What a prediction for the classic builder is asked with. */
export interface ClassicInput {
  readonly builder: BuilderIdentity;
  /** The command that is assumed, as a person would type it. */
  readonly command: string;
  readonly request: BuildRequest;
  readonly dockerfile: Dockerfile;
  /** Every image of the engine, those without a name too (`images/json?all=1`). */
  readonly images: readonly BuilderImage[];
  /** IDs by names, of what a registry has now: asked for with `--pull`, or when the engine has no such image. */
  readonly pulled?: ReadonlyMap<string, string>;
  readonly context: ClassicContext;
  /**
   * What COPY would print for sources of an image, where that is known from a build that was seen (`seenCopies`).
   *
   * @param at the position of the instruction that asks.
   */
  readonly imageSum?: (image: string, sources: readonly string[], at: number) => Promise<string | undefined>;
  /** What went into a sum that an earlier build printed, where a record was kept: tells which files are others. */
  readonly filesOfSum?: (sum: string) => Promise<readonly SummedFile[] | undefined>;
  readonly evidence: readonly Evidence[];
}

/** The context as docker's client sends it to the classic builder. A worker has the files; see `copySum`. */
export interface ClassicContext {
  sum(sources: readonly string[], options?: CallOptions): Promise<CopySum>;
}

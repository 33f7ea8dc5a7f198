import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import type { ListedRecord, SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { CacheReport } from '../../build/cache/cacheReport.ts';
import { predictBuildkit } from '../../build/cache/predictBuildkit.ts';
import type { ContextView } from '../../build/cache/contextView.ts';
import type { ContextRequest } from '../../build/contextHash/contextRequest.ts';
import { commandText } from '../prepare/commandText.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';

/** A prepared build in the form that keys are computed from. */
export function toBuildkitBuild(
  { builder, request, dockerfile, plan, image, namedContexts }: PreparedBuild,
  context: ContextView,
  viewOf: (context: ContextRequest) => ContextView,
): BuildkitBuild {
  const named = new Map([...namedContexts].map(([name, each]) => [name, viewOf(each)]));
  return { builder: builder.identity, request, dockerfile, plan, context, namedContexts: named, image };
}

/** What is known of a builder's builds. */
export interface KnownBuilds {
  /** Newest first. */
  readonly seen: readonly SeenBuild[];
  /** Undefined when the builder was not asked, or did not tell. */
  readonly listed?: readonly ListedRecord[] | undefined;
  /** Values of `--cache-from` that could not be read. */
  readonly unreadCaches?: readonly string[];
  /** Whether something that may tell of builds could not be read. */
  readonly isUnread?: boolean;
}

export function buildkitStatus(
  build: BuildkitBuild,
  { seen, listed, unreadCaches = [], isUnread = false }: KnownBuilds,
  options: CallOptions,
): Promise<CacheReport> {
  const { builder, request } = build;
  return predictBuildkit(
    {
      ...build,
      command: commandText(builder, request),
      seen,
      ...(listed !== undefined && { listed }),
      unreadCaches,
      isUnread,
    },
    options,
  );
}

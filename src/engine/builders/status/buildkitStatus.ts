import { isEngineError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { BuildkitBuild } from '../../build/cache/buildkitQuestion.ts';
import type { ListedRecord, SeenBuild } from '../../build/cache/cacheGraph.ts';
import type { CacheReport } from '../../build/cache/cacheReport.ts';
import { predictBuildkit } from '../../build/cache/predictBuildkit.ts';
import type { ContextView } from '../../build/cache/contextView.ts';
import type { AskedEngine } from '../askedEngine.ts';
import { readBuilderList } from '../builderList/readBuilderList.ts';
import { commandText } from '../prepare/commandText.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';

/** A prepared build in the form that keys are computed from. */
export function toBuildkitBuild(
  { builder, request, dockerfile, plan, image }: PreparedBuild,
  context: ContextView | undefined,
): BuildkitBuild {
  return { builder: builder.identity, request, dockerfile, plan, context, image };
}

/** @param engine undefined when nobody may be asked. */
export async function buildkitStatus(
  prepared: PreparedBuild,
  context: ContextView,
  seen: readonly SeenBuild[],
  engine: AskedEngine | undefined,
  options: CallOptions,
): Promise<CacheReport> {
  const { builder, request } = prepared;
  const listed = engine && (await listOf(engine, options));
  const question = {
    ...toBuildkitBuild(prepared, context),
    command: commandText(builder.identity, request),
    seen,
    ...(listed !== undefined && { listed }),
    ...(request.cacheFrom !== undefined && { unreadCaches: request.cacheFrom }),
  };
  return predictBuildkit(question, options);
}

/** Undefined when it is not to be had. */
async function listOf(
  { client, buildkit }: AskedEngine,
  { signal }: CallOptions,
): Promise<readonly ListedRecord[] | undefined> {
  try {
    return await readBuilderList(client, buildkit, signal);
  } catch (error) {
    if (isEngineError(error, 'cancelled')) throw error;
    return undefined;
  }
}

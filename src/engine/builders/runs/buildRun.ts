import type { EngineClient } from '../../sources/dockerEngine/engineClient.ts';
import type { BuildOutcome, BuildRow, BuildRunOptions } from '../builds.ts';
import type { PreparedBuild } from '../prepare/preparedBuild.ts';
import { buildByApi } from './apiBuild.ts';
import { BuildRecord } from './buildRecord.ts';
import type { RowListener } from './buildRows.ts';
import { buildByClient, type RunOptions } from './clientBuild.ts';
import type { Environment } from './clientEnvironment.ts';
import { isRowOfStep, rowPlacesOf, stepsInOrder } from './rowPlaces.ts';

export interface RunPlace {
  readonly env: Environment;
  /** Of the builder's engine; undefined of one that stands alone. */
  readonly client: EngineClient | undefined;
}

/**
 * Runs a build in the way of its client.
 *
 * @throws EngineError `unsupported`, `unreachable`, `cancelled`, and what reading the context says.
 */
export function runBuild(
  prepared: PreparedBuild,
  { env, client }: RunPlace,
  options: RowListener & RunOptions,
): Promise<BuildOutcome> {
  const { builder, request, text, dockerfile, plan } = prepared;
  const { kind } = builder.identity;
  const record = new BuildRecord(dockerfile, rowPlacesOf(kind, dockerfile, plan, request), options);
  if (builder.identity.client === 'api' && client !== undefined)
    return buildByApi(client, builder.identity, request, text, record, options);
  return buildByClient(builder, request, record, env, options);
}

/** A row of text comes before the word that it was found. */
const settleMs = 60;

/**
 * Starts a build and stops it at the first step that is not found. A RUN may have begun by then.
 *
 * @throws EngineError as {@link runBuild}.
 */
export async function askBuilder(
  prepared: PreparedBuild,
  place: RunPlace,
  { signal, onRow, onLog }: BuildRunOptions,
): Promise<readonly BuildRow[]> {
  const kill = new AbortController();
  const miss = new FirstMiss(prepared, () => {
    kill.abort();
  });
  const { rows } = await runBuild(prepared, place, {
    signal,
    kill: kill.signal,
    makesNoImage: true,
    onRow: (row) => {
      miss.take(row);
      onRow?.(row);
    },
    onLog: (log) => onLog?.(log),
  });
  miss.end();
  return stepsInOrder(rows.filter(({ state }) => state !== 'waiting'));
}

/** Waits for a step that is made. */
class FirstMiss {
  readonly #prepared: PreparedBuild;
  readonly #onMiss: () => void;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(prepared: PreparedBuild, onMiss: () => void) {
    this.#prepared = prepared;
    this.#onMiss = onMiss;
  }

  take(row: BuildRow): void {
    clearTimeout(this.#timers.get(row.id));
    if (!isRowOfStep(row)) return;
    if (row.state === 'done') this.#onMiss();
    if (row.state !== 'running') return;
    const isTold = this.#prepared.builder.identity.client === 'buildx' || this.#isBuildkitApi();
    if (isTold) this.#onMiss();
    else this.#timers.set(row.id, setTimeout(this.#onMiss, settleMs));
  }

  end(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  /** Events say at once that a step was found. */
  #isBuildkitApi(): boolean {
    const { kind, client } = this.#prepared.builder.identity;
    return kind === 'buildkit' && (client === 'api' || client === 'buildctl');
  }
}

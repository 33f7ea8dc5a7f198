import type { BuildLog, BuildRow } from '../builds.ts';
import type { BuildEvent, VertexEvent } from './buildEvent.ts';
import { canceled } from './plainProgress.ts';
import type { FindRowPlace } from './rowPlaces.ts';

export interface RowListener {
  readonly onRow?: ((row: BuildRow) => void) | undefined;
  readonly onLog?: ((log: BuildLog) => void) | undefined;
}

/** Vertices that stand for one row. */
interface Group {
  readonly id: string;
  readonly instruction?: number;
  readonly vertices: Map<string, Vertex>;
  shown?: BuildRow;
}

type Vertex = VertexEvent;

/** A build with more vertices than that is none that a person wrote. */
const maxVertices = 20_000;

/** The rows of a running build, as its events tell them. */
export class BuildRows {
  readonly #placeOf: FindRowPlace;
  readonly #listener: RowListener;
  readonly #groups = new Map<string, Group>();
  readonly #groupOf = new Map<string, Group>();

  constructor(placeOf: FindRowPlace, listener: RowListener = {}) {
    this.#placeOf = placeOf;
    this.#listener = listener;
  }

  /** In the order in which they were first told of. */
  get rows(): readonly BuildRow[] {
    return [...this.#groups.values()].flatMap(({ shown }) => shown ?? []);
  }

  take(event: BuildEvent): void {
    if (event.kind === 'vertex') this.#takeVertex(event);
    else if (event.kind === 'log') {
      const row = this.#groupOf.get(event.vertex)?.id;
      if (row !== undefined) this.#listener.onLog?.({ row, text: event.text });
    }
  }

  /** The build is over. @param as what becomes of steps of whose end nothing was told. */
  end(as: 'done' | 'failed' | 'cancelled', failure?: string): void {
    for (const group of this.#groups.values()) {
      if (group.shown?.state !== 'running') continue;
      const words = as === 'failed' && failure !== undefined ? { failure } : {};
      this.#show(group, { ...group.shown, ...words, state: as });
    }
  }

  #takeVertex(event: VertexEvent): void {
    if (this.#groupOf.size >= maxVertices && !this.#groupOf.has(event.id)) return;
    const group = this.#groupOf.get(event.id) ?? this.#newGroup(event);
    group.vertices.set(event.id, merged(group.vertices.get(event.id), event));
    this.#show(group, rowOfGroup(group));
  }

  #newGroup({ id, name }: VertexEvent): Group {
    const place = this.#placeOf(name);
    const key = place === undefined ? `vertex ${id}` : `row ${place.group}`;
    const made = { id, vertices: new Map<string, Vertex>() };
    const fresh = place?.instruction === undefined ? made : { ...made, instruction: place.instruction };
    const group = this.#groups.get(key) ?? fresh;
    this.#groups.set(key, group);
    this.#groupOf.set(id, group);
    return group;
  }

  #show(group: Group, row: BuildRow): void {
    if (JSON.stringify(row) === JSON.stringify(group.shown)) return;
    group.shown = row;
    this.#listener.onRow?.(row);
  }
}

function merged(before: Vertex | undefined, event: Vertex): Vertex {
  // Told as running again, it has not ended.
  const isAgain = event.started !== undefined && event.completed === undefined && event.isCached !== true;
  const { completed, ...rest } = before ?? { completed: undefined };
  const kept = isAgain || completed === undefined ? rest : { ...rest, completed };
  // Told again while its layers are unpacked, it may come without its inputs.
  const inputs = before?.hasInputs === true ? { hasInputs: true } : {};
  return { ...kept, ...event, ...inputs };
}

/** One row of its vertices: cached only if all are that count. */
function rowOfGroup({ id, instruction, vertices }: Group): BuildRow {
  const all = [...vertices.values()];
  const steps = all.filter(({ hasInputs }) => hasInputs !== false);
  const counted = steps.length > 0 ? steps : all;
  const state = stateOf(counted);
  const started = counted.flatMap((each) => each.started ?? []);
  const ended = counted.flatMap((each) => each.completed ?? []);
  const failure = counted.find((each) => each.failure !== undefined)?.failure;
  const isOver = state !== 'running' && state !== 'waiting' && ended.length > 0;
  return {
    id,
    name: counted.at(0)?.name ?? '',
    ...(instruction !== undefined && { instruction }),
    state,
    ...(started.length > 0 && { started: Math.min(...started) }),
    ...(isOver && { completed: Math.max(...ended) }),
    ...(failure !== undefined && { failure }),
  };
}

function stateOf(vertices: readonly Vertex[]): BuildRow['state'] {
  const states = vertices.map(stateOfVertex);
  for (const state of ['failed', 'cancelled', 'running'] as const) if (states.includes(state)) return state;
  if (states.every((state) => state === 'cached')) return 'cached';
  if (states.every((state) => state === 'waiting')) return 'waiting';
  // A copy that was found, and a merge that has not begun.
  return states.includes('waiting') ? 'running' : 'done';
}

function stateOfVertex({ failure, isCached, completed, started }: Vertex): BuildRow['state'] {
  if (failure !== undefined) return failure.includes(canceled) ? 'cancelled' : 'failed';
  if (isCached === true) return 'cached';
  if (completed !== undefined) return 'done';
  return started === undefined ? 'waiting' : 'running';
}

import { EngineError, isEngineError } from '../../base/errors.ts';
import type { EngineCalls } from './engineCalls.ts';
import type { EngineClient, EventOptions } from './engineClient.ts';
import type { EngineCapabilities, EngineEvent } from './engineApi.ts';
import { toSeconds } from './instants.ts';
import { readJsonLines } from './jsonLines.ts';
import { parseDiskUsage } from './parseDiskUsage.ts';
import { deriveCapabilities, parseEvent, parseInfo, parseVersion } from './parseSystem.ts';

type SystemCalls = Pick<EngineClient, 'ping' | 'capabilities' | 'version' | 'info' | 'events' | 'diskUsage'>;

/** Adding up sizes takes engines with many layers minutes. */
const addingUpMs = 10 * 60_000;

/** A stream of events begins at once, even when nothing happens. */
const openingMs = 15_000;

/** What is asked of the engine as a whole. */
export function systemCalls(calls: EngineCalls): SystemCalls {
  const info: SystemCalls['info'] = async ({ signal } = {}) =>
    parseInfo(await calls.json({ path: '/info', signal }));
  return {
    ping: ({ signal } = {}) => isThere(calls, signal),
    capabilities: rememberCapabilities(calls, info),
    version: async ({ signal } = {}) => parseVersion(await calls.json({ path: '/version', signal })),
    info,
    events: (options) => readEvents(calls, options),
    diskUsage: async ({ signal, types = [], verbose = true } = {}) => {
      const query = { type: types, verbose };
      return parseDiskUsage(await calls.json({ path: '/system/df', query, signal, idleMs: addingUpMs }));
    },
  };
}

async function isThere(calls: EngineCalls, signal: AbortSignal | undefined): Promise<boolean> {
  calls.forget();
  try {
    await calls.negotiated();
    return signal?.aborted !== true;
  } catch {
    return false;
  }
}

/** They hold as long as what was agreed on. */
function rememberCapabilities(calls: EngineCalls, info: SystemCalls['info']): SystemCalls['capabilities'] {
  let known: { readonly of: object; readonly capabilities: EngineCapabilities } | undefined;
  return async (options) => {
    const of = await calls.negotiated();
    if (known?.of !== of) known = { of, capabilities: deriveCapabilities(of, await info(options)) };
    return known.capabilities;
  };
}

async function* readEvents(
  calls: EngineCalls,
  { signal, sinceMs, untilMs, filters, onOpen }: EventOptions = {},
): AsyncGenerator<EngineEvent> {
  const query = { since: toSeconds(sinceMs), until: toSeconds(untilMs), filters };
  try {
    const { body } = await calls.stream({ path: '/events', query, signal, answerMs: openingMs });
    onOpen?.();
    for await (const value of readJsonLines(body, calls.subject)) yield parseEvent(value);
    if (untilMs === undefined) throw new EngineError('truncated', calls.subject, 'the events ended');
  } catch (error) {
    // What comes back may be another version, or have another store.
    if (!isEngineError(error, 'cancelled')) calls.forget();
    throw error;
  }
}

import type { EngineCalls } from './engineCalls.ts';
import type { EngineClient } from './engineClient.ts';
import { readJsonLines } from './jsonLines.ts';

/** What is asked about builds. */
export function buildCalls(calls: EngineCalls): Pick<EngineClient, 'buildImage' | 'cancelBuild'> {
  return {
    buildImage: async function* (context, query, { signal } = {}) {
      const headers = { 'Content-Type': 'application/x-tar' };
      const call = { method: 'POST', path: '/build', query, headers, body: context, signal } as const;
      yield* readJsonLines((await calls.stream(call)).body, calls.subject);
    },
    cancelBuild: async (id, { signal } = {}) => {
      await calls.bytes({ method: 'POST', path: '/build/cancel', query: { id }, signal });
    },
  };
}

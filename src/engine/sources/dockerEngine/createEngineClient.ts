import type { Logger } from '../../base/log.ts';
import { buildCalls } from './buildCalls.ts';
import { EngineConnection } from './connection.ts';
import { containerCalls } from './containerCalls.ts';
import { containerStreams } from './containerStreams.ts';
import type { EngineEndpoint } from './endpoint.ts';
import type { ConnectionOptions } from './engineAgents.ts';
import { EngineCalls } from './engineCalls.ts';
import type { EngineClient } from './engineClient.ts';
import { imageCalls } from './imageCalls.ts';
import { systemCalls } from './systemCalls.ts';

export interface EngineClientOptions extends ConnectionOptions {
  /** Hears of calls and failures, never of credentials or bodies. */
  readonly log?: Logger;
}

/** A client of the engine there. Connects when it is asked something. */
export function createEngineClient(
  endpoint: EngineEndpoint,
  { log, ...connection }: EngineClientOptions = {},
): EngineClient {
  const calls = new EngineCalls(new EngineConnection(endpoint, connection), log);
  return {
    endpoint,
    ...systemCalls(calls),
    ...imageCalls(calls),
    ...buildCalls(calls),
    ...containerCalls(calls),
    ...containerStreams(calls),
    [Symbol.dispose]: () => {
      calls[Symbol.dispose]();
    },
  };
}

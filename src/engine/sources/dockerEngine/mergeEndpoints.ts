import type { DiscoveredEndpoint, EndpointOrigin } from './discovery.ts';
import { formatEndpoint } from './endpoint.ts';

/**
 * One entry for each engine: those at the same address, or whose sockets are the same file, become one in the place of
 * the first. The better name wins: a context's, then a product's, then that of a variable or address.
 */
export async function mergeEndpoints(
  found: readonly DiscoveredEndpoint[],
  realPath: (path: string) => Promise<string>,
): Promise<readonly DiscoveredEndpoint[]> {
  const places = await Promise.all(
    found.map(async ({ endpoint }) =>
      endpoint.kind === 'unix' ? `unix://${await realPath(endpoint.path)}` : formatEndpoint(endpoint),
    ),
  );
  const merged = new Map<string, DiscoveredEndpoint>();
  found.forEach((each, at) => {
    const place = places[at] ?? '';
    const known = merged.get(place);
    merged.set(place, known === undefined ? each : better(known, each));
  });
  return [...merged.values()];
}

function better(a: DiscoveredEndpoint, b: DiscoveredEndpoint): DiscoveredEndpoint {
  const winner = rank(b) > rank(a) ? b : a;
  return { ...winner, isCurrent: a.isCurrent || b.isCurrent };
}

function rank({ origin, name }: DiscoveredEndpoint): number {
  // `Docker` says nothing when a product is at the same socket.
  return origin === 'socket' && name === 'Docker' ? ranks.socket - 0.5 : ranks[origin];
}

const ranks: Readonly<Record<EndpointOrigin, number>> = { setting: 0, environment: 1, socket: 2, context: 3 };

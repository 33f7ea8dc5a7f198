import { type EngineHistoryRow, type HistoryRow, parsePlatform, type Platform } from '../engine/index.ts';
import type { NamedInEngine } from './openImage.ts';

/** The history as the engine itself tells it, newest first. @param platform as typed. */
export async function engineHistory(
  { connection, name }: NamedInEngine,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<readonly HistoryRow[]> {
  const rows = await connection.client.imageHistory(name, { signal, ...platformOf(platform) });
  return rows.map(historyRow);
}

/** What the engine answers to inspect, without what only an engine has, members in its own order. */
export async function engineInspect(
  { connection, name }: NamedInEngine,
  platform: string | undefined,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const { json } = await connection.client.inspectImage(name, { signal, ...platformOf(platform) });
  return Object.fromEntries(Object.entries(json).filter(([member]) => !engineMembers.has(member)));
}

const engineMembers: ReadonlySet<string> = new Set(['GraphDriver', 'Metadata', 'Identity']);

function historyRow({ id, createdSeconds, createdBy, sizeBytes, comment }: EngineHistoryRow): HistoryRow {
  const created = new Date(createdSeconds * 1000).toISOString();
  return { id, created, createdBy, size: sizeBytes, comment, layer: undefined };
}

function platformOf(typed: string | undefined): { readonly platform?: Platform } {
  return typed === undefined ? {} : { platform: parsePlatform(typed) };
}

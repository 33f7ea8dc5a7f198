import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { randomName } from './storePlaces.ts';

/** The process that holds a lock or a lease, as the file says. */
export interface ProcessOwner {
  /** Random, one per lock or lease taken. */
  readonly token: string;
  readonly pid: number;
  /** When the process began, in the kernel's own count; empty where it cannot be known. */
  readonly startedAt: string;
  /** Where its pid means something: host, boot and pid namespace. */
  readonly place: string;
}

export type Liveness =
  | 'alive'
  | 'dead'
  /** A process with that pid runs; it may be another one, since the pid can have been given away again. */
  | 'maybe'
  /** It runs, or ran, where this process cannot look. */
  | 'elsewhere';

/** This process, with a new token. */
export function newOwner(): ProcessOwner {
  return { token: randomName(), pid: process.pid, startedAt: startOf(process.pid) ?? '', place: thisPlace() };
}

/** Whether the owner still runs. */
export function livenessOf(owner: ProcessOwner): Liveness {
  if (owner.place !== thisPlace()) return 'elsewhere';
  if (!isRunning(owner.pid)) return 'dead';
  const startedAt = startOf(owner.pid);
  if (owner.startedAt === '' || startedAt === undefined) return 'maybe';
  return startedAt === owner.startedAt ? 'alive' : 'dead';
}

export function formatOwner(owner: ProcessOwner): Uint8Array {
  return Buffer.from(`${JSON.stringify(owner)}\n`);
}

/** Undefined when the bytes are not (or not yet wholly) an owner's. */
export function parseOwner(bytes: Uint8Array): ProcessOwner | undefined {
  try {
    return ownerOf(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return undefined;
  }
}

/** The owner among a parsed document's members. */
export function ownerOf(value: unknown): ProcessOwner | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { token, pid, startedAt, place } = value as Readonly<Record<string, unknown>>;
  if (typeof token !== 'string' || typeof startedAt !== 'string' || typeof place !== 'string')
    return undefined;
  return Number.isSafeInteger(pid) && Number(pid) > 0
    ? { token, pid: Number(pid), startedAt, place }
    : undefined;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** Linux: field 22 of /proc/PID/stat (proc(5)). A zombie has ended although its pid is still taken. */
function startOf(pid: number): string | undefined {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The name in parentheses may hold blanks and parentheses itself.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return 'ended';
  return fields[19];
}

/**
 * Two containers, or two machines at a network disk, can have the same host name; boot and pid namespace tell them
 * apart. Where neither is known, the host name has to do.
 */
function thisPlace(): string {
  const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
  return [hostname(), boot, textOf(() => readlinkSync('/proc/self/ns/pid'))].join(' ').trim();
}

function textOf(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}

import { join } from 'node:path';
import { EngineError } from '../base/errors.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { type Disk, unlessAbsent } from './disk.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { livenessOf, newOwner, ownerOf, type ProcessOwner } from './processOwner.ts';
import { isGone, type SilenceLimits } from './staleness.ts';
import type { StoreLock } from './storeLock.ts';
import type { StorePlaces } from './storePlaces.ts';
import { readWholeFile, writeFully } from './wholeFile.ts';

/** Keeps blobs from the garbage collector while a process works with them and `index.json` does not name them yet. */
export interface Lease extends AsyncDisposable {
  readonly id: string;
  /** Holds these blobs too, there or not. When the promise is fulfilled, no collector that runs or will run takes them. */
  hold(digests: Iterable<Digest>): Promise<void>;
}

export interface LeaseTiming extends SilenceLimits {
  readonly heartbeatMs: number;
}

/** Longer than for locks: nobody waits for a lease, and one taken for dead too early can cost blobs. */
export const leaseTiming: LeaseTiming = { heartbeatMs: 5_000, silentMs: 3_600_000, recycledMs: 3_600_000 };

/**
 * The leases of all processes: a file for each, with its owner and the digests it holds. They are written under the
 * store's lock, and the collector reads them under the same lock in which it removes.
 */
export class Leases {
  readonly #disk: Disk;
  readonly #places: StorePlaces;
  readonly #lock: StoreLock;
  readonly #timing: LeaseTiming;

  constructor(disk: Disk, places: StorePlaces, lock: StoreLock, timing: LeaseTiming = leaseTiming) {
    this.#disk = disk;
    this.#places = places;
    this.#lock = lock;
    this.#timing = timing;
  }

  /** A new lease, which holds nothing yet. */
  take(): Lease {
    return new DiskLease(this.#disk, this.#places, this.#lock, this.#timing.heartbeatMs);
  }

  /**
   * The leases that live, with what they hold.
   *
   * @param now by the file system's clock, see `fileClockNow`.
   * @throws EngineError `busy` for a lease that cannot be read and may live: what it holds is not known.
   */
  async living(now: number): Promise<readonly LivingLease[]> {
    const found: LivingLease[] = [];
    for (const file of await this.#files(now)) {
      if (file.isGone) continue;
      if (file.held === undefined)
        throw new EngineError('busy', file.path, 'a lease that cannot be read may live');
      found.push({ id: file.id, digests: file.held });
    }
    return found;
  }

  /** Removes the leases of processes that have ended. */
  async removeDead(now: number): Promise<void> {
    for (const file of await this.#files(now))
      if (file.isGone) await unlessAbsent(this.#disk.remove(file.path));
  }

  async #files(now: number): Promise<readonly LeaseFile[]> {
    const names = (await unlessAbsent(this.#disk.list(this.#places.leases))) ?? [];
    const files = await Promise.all(
      names.filter((name) => name.endsWith('.json')).map((name) => this.#file(name, now)),
    );
    return files.filter((file) => file !== undefined);
  }

  async #file(name: string, now: number): Promise<LeaseFile | undefined> {
    const path = join(this.#places.leases, name);
    const facts = await unlessAbsent(this.#disk.facts(path));
    const bytes = await unlessAbsent(readWholeFile(this.#disk, path, leaseLimit));
    if (facts === undefined || bytes === undefined) return undefined;
    const lease = parseLease(bytes);
    const liveness = lease === undefined ? 'elsewhere' : livenessOf(lease.owner);
    const gone = await isGone(liveness, this.#timing, () => Promise.resolve(now - facts.changedMs));
    return { id: name.slice(0, -'.json'.length), path, isGone: gone, held: lease?.digests };
  }
}

export interface LivingLease {
  readonly id: string;
  readonly digests: readonly Digest[];
}

interface LeaseFile {
  readonly id: string;
  readonly path: string;
  readonly isGone: boolean;
  /** Undefined when the file cannot be understood. */
  readonly held: readonly Digest[] | undefined;
}

const leaseLimit = 16 * 1024 * 1024;

class DiskLease implements Lease {
  readonly #disk: Disk;
  readonly #places: StorePlaces;
  readonly #lock: StoreLock;
  readonly #heartbeatMs: number;
  readonly #owner: ProcessOwner = newOwner();
  readonly #held = new Set<Digest>();
  #heartbeat: Heartbeat | undefined;

  constructor(disk: Disk, places: StorePlaces, lock: StoreLock, heartbeatMs: number) {
    this.#disk = disk;
    this.#places = places;
    this.#lock = lock;
    this.#heartbeatMs = heartbeatMs;
  }

  get id(): string {
    return this.#owner.token;
  }

  async hold(digests: Iterable<Digest>): Promise<void> {
    const more = [...digests].filter((digest) => !this.#held.has(digest));
    if (more.length === 0) return;
    const all = [...this.#held, ...more];
    await this.#lock.run(() => this.#write(all));
    for (const digest of more) this.#held.add(digest);
  }

  /** A lease left behind only keeps garbage a little longer, so failing to remove it is no failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#heartbeat?.stop().catch(() => undefined);
    if (this.#heartbeat !== undefined) await this.#disk.remove(this.#path).catch(() => undefined);
  }

  get #path(): string {
    return join(this.#places.leases, `${this.id}.json`);
  }

  /** By a rename, so that the collector of another process never reads half a lease. */
  async #write(digests: readonly Digest[]): Promise<void> {
    await this.#heartbeat?.stop().catch(() => undefined);
    const temporary = this.#places.newTemporary(this.id);
    const bytes = Buffer.from(JSON.stringify({ owner: this.#owner, digests }));
    const file = await this.#disk.open(temporary, 'create');
    try {
      await writeFully(file, bytes, 0, temporary);
      await this.#disk.rename(temporary, this.#path);
    } catch (error) {
      await file.close().catch(() => undefined);
      await this.#disk.remove(temporary).catch(() => undefined);
      throw error;
    }
    this.#heartbeat = startHeartbeat(file, bytes, this.#heartbeatMs);
  }
}

function parseLease(
  bytes: Uint8Array,
): { readonly owner: ProcessOwner; readonly digests: readonly Digest[] } | undefined {
  try {
    const { owner, digests } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
    const known = ownerOf(owner);
    if (known === undefined || !Array.isArray(digests) || !digests.every(isDigest)) return undefined;
    return { owner: known, digests };
  } catch {
    return undefined;
  }
}

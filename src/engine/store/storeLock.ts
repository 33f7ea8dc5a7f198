import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, toEngineError } from '../base/errors.ts';
import { type Disk, unlessAbsent } from './disk.ts';
import { fileClockNow } from './fileClock.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { type OwnedFile, readOwnedFile, takeOwnedFile } from './ownedFile.ts';
import { formatOwner, livenessOf, newOwner, type ProcessOwner } from './processOwner.ts';
import { isGone, type SilenceLimits } from './staleness.ts';
import type { StorePlaces } from './storePlaces.ts';

export interface LockTiming extends SilenceLimits {
  /** How long to wait for the lock before giving up. */
  readonly waitMs: number;
  /** How often the holder shows that it lives. */
  readonly heartbeatMs: number;
}

export const lockTiming: LockTiming = {
  waitMs: 10_000,
  heartbeatMs: 5_000,
  silentMs: 30_000,
  recycledMs: 600_000,
};

/** The lock while it is held. */
export interface HeldLock {
  /**
   * Call right before the change that needs the lock: a process that was suspended for long can have lost it.
   *
   * @throws EngineError `busy` when another process has taken it over.
   */
  verify(): Promise<void>;
}

/**
 * The lock between processes that change `index.json`: a file that only one of them can create.
 *
 * The lock of a process that has ended is taken over at once; of one that cannot be looked at, after a silence.
 */
export class StoreLock {
  readonly #disk: Disk;
  readonly #places: StorePlaces;
  readonly #timing: LockTiming;
  /** Tokens of locks that this object could not remove when it was done with them. */
  readonly #abandoned = new Set<string>();
  #queue: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, places: StorePlaces, timing: LockTiming = lockTiming) {
    this.#disk = disk;
    this.#places = places;
    this.#timing = timing;
  }

  /**
   * Runs `work` while no other process, and no other call of this object, is at such work. Not reentrant.
   *
   * @throws EngineError `busy` when the lock cannot be had in time, `denied` when the store may not be written.
   */
  run<T>(work: (held: HeldLock) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const turn = this.#queue.then(() => this.#runLocked(work, signal));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #runLocked<T>(work: (held: HeldLock) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const owner = newOwner();
    try {
      const heartbeat = await this.#acquire(owner, signal);
      try {
        return await work({ verify: () => this.#verify(owner) });
      } finally {
        await this.#release(owner, heartbeat);
      }
    } catch (error) {
      throw toEngineError(error, this.#places.directory);
    }
  }

  async #acquire(owner: ProcessOwner, signal?: AbortSignal): Promise<Heartbeat> {
    const deadline = performance.now() + this.#timing.waitMs;
    for (;;) {
      if (signal?.aborted === true) throw new EngineError('cancelled', this.#places.directory, 'cancelled');
      const holder = await readOwnedFile(this.#disk, this.#places.lock);
      const heartbeat = holder === undefined ? await this.#take(owner) : undefined;
      if (heartbeat !== undefined) return heartbeat;
      if (performance.now() > deadline) throw this.#busy(holder);
      if (holder !== undefined && (await this.#isStale(holder, this.#places.lock)))
        await this.#breakLock(holder);
      else await sleep(2 + Math.random() * 20);
    }
  }

  async #take(owner: ProcessOwner): Promise<Heartbeat | undefined> {
    const file = await takeOwnedFile(this.#disk, this.#places, this.#places.lock, owner);
    return file && startHeartbeat(file, formatOwner(owner), this.#timing.heartbeatMs);
  }

  async #verify(owner: ProcessOwner): Promise<void> {
    const holder = await readOwnedFile(this.#disk, this.#places.lock);
    if (holder?.owner?.token !== owner.token) throw this.#busy(holder);
  }

  /** The work is done, and done it stays: a lock that cannot be removed is only remembered. */
  async #release(owner: ProcessOwner, heartbeat: Heartbeat): Promise<void> {
    await heartbeat.stop().catch(() => undefined);
    await this.#removeOwn(owner).catch(() =>
      this.#removeOwn(owner).catch(() => this.#abandoned.add(owner.token)),
    );
  }

  async #removeOwn(owner: ProcessOwner): Promise<void> {
    const holder = await readOwnedFile(this.#disk, this.#places.lock);
    if (holder?.owner?.token === owner.token) await this.#disk.remove(this.#places.lock);
  }

  async #isStale({ owner }: OwnedFile, path: string): Promise<boolean> {
    if (owner !== undefined && this.#abandoned.has(owner.token)) return true;
    const liveness = owner === undefined ? 'elsewhere' : livenessOf(owner);
    return isGone(liveness, this.#timing, async () => {
      const facts = await unlessAbsent(this.#disk.facts(path));
      return facts === undefined ? 0 : (await fileClockNow(this.#disk, this.#places)) - facts.changedMs;
    });
  }

  /**
   * Removes a stale lock. Two processes can find the same lock stale, and the second must not remove the lock that
   * the first has taken since; so only one at a time may break it, and it looks again before it does.
   */
  async #breakLock(stale: OwnedFile): Promise<void> {
    const breaker = `${this.#places.lock}.break`;
    const file = await takeOwnedFile(this.#disk, this.#places, breaker, newOwner());
    if (file === undefined) return this.#clearBreaker(breaker);
    try {
      await file.close();
      const holder = await readOwnedFile(this.#disk, this.#places.lock);
      if (holder !== undefined && Buffer.compare(holder.bytes, stale.bytes) === 0)
        await this.#disk.remove(this.#places.lock);
    } finally {
      await this.#disk.remove(breaker);
    }
  }

  /** A process can have ended in the few calls between taking the breaker and removing it. */
  async #clearBreaker(breaker: string): Promise<void> {
    const left = await readOwnedFile(this.#disk, breaker);
    if (left !== undefined && (await this.#isStale(left, breaker)))
      await unlessAbsent(this.#disk.remove(breaker));
    else await sleep(2);
  }

  #busy(holder: OwnedFile | undefined): EngineError {
    const who = holder?.owner === undefined ? 'another process' : `process ${holder.owner.pid}`;
    return new EngineError('busy', this.#places.directory, `${who} is changing the store`);
  }
}

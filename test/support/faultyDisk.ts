import type { Disk, DiskFile } from '../../src/engine/store/disk.ts';
import { nodeDisk } from '../../src/engine/store/nodeDisk.ts';

/**
 * What goes wrong at one call. `short`: a write takes half of its bytes; `crash`: the process is gone, so that this call
 * and all later ones never answer; `crash-after`: the same, after the call was carried out; `kill`: the process ends
 * itself, as by `kill -9`.
 */
export type FaultKind = 'EIO' | 'ENOSPC' | 'EPERM' | 'short' | 'crash' | 'crash-after' | 'kill';

export interface Fault {
  /** The number of the call, from 1. */
  readonly at: number;
  readonly kind: FaultKind;
  /** Only calls of this name are counted: where several run at once, their order is another each time. */
  readonly of?: string;
}

/** The real disk, except for one call. */
export class FaultyDisk implements Disk {
  /** The names of the calls so far. */
  readonly calls: string[] = [];
  /** Fulfilled when a crash has come. */
  readonly crashed: Promise<void>;
  readonly #fault: Fault | undefined;
  #crash: () => void = () => undefined;
  #isCrashed = false;
  readonly #open = new Set<DiskFile>();

  constructor(fault?: Fault) {
    this.#fault = fault;
    this.crashed = new Promise((resolve) => {
      this.#crash = resolve;
    });
  }

  get isHit(): boolean {
    return this.#fault !== undefined && this.#counted >= this.#fault.at;
  }

  get #counted(): number {
    const { of } = this.#fault ?? {};
    return of === undefined ? this.calls.length : this.calls.filter((name) => name === of).length;
  }

  readonly open: Disk['open'] = async (path, purpose) =>
    this.#file(await this.#run(`open ${purpose}`, () => nodeDisk.open(path, purpose)));
  readonly rename: Disk['rename'] = (from, to) => this.#run('rename', () => nodeDisk.rename(from, to));
  readonly link: Disk['link'] = (existing, path) => this.#run('link', () => nodeDisk.link(existing, path));
  readonly remove: Disk['remove'] = (path) => this.#run('remove', () => nodeDisk.remove(path));
  readonly makeDirectory: Disk['makeDirectory'] = (path) =>
    this.#run('makeDirectory', () => nodeDisk.makeDirectory(path));
  readonly removeDirectory: Disk['removeDirectory'] = (path) =>
    this.#run('removeDirectory', () => nodeDisk.removeDirectory(path));
  readonly list: Disk['list'] = (directory) => this.#run('list', () => nodeDisk.list(directory));
  readonly facts: Disk['facts'] = (path) => this.#run('facts', () => nodeDisk.facts(path));
  readonly setTime: Disk['setTime'] = (path, timeMs) =>
    this.#run('setTime', () => nodeDisk.setTime(path, timeMs));
  readonly setMode: Disk['setMode'] = (path, mode) =>
    this.#run('setMode', () => nodeDisk.setMode(path, mode));
  readonly syncDirectory: Disk['syncDirectory'] = (path) =>
    this.#run('syncDirectory', () => nodeDisk.syncDirectory(path));

  #file(file: DiskFile): DiskFile {
    this.#open.add(file);
    return {
      read: (into, position) => this.#run('read', () => file.read(into, position)),
      write: (bytes, position) =>
        this.#run(
          'write',
          () => file.write(bytes, position),
          () => file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), position),
        ),
      sync: () => this.#run('sync', () => file.sync()),
      facts: () => this.#run('file facts', () => file.facts()),
      close: () => this.#run('close', () => this.#close(file), undefined, true),
    };
  }

  async #close(file: DiskFile): Promise<void> {
    if (this.#open.delete(file)) await file.close();
  }

  /** What a call opened for a process that is gone. */
  async #forget(call: Promise<unknown>): Promise<void> {
    const result = await call.catch(() => undefined);
    if (typeof result === 'object' && result !== null && 'close' in result)
      await (result as DiskFile).close();
  }

  /** @param always of a close: one that fails has closed all the same. */
  async #run<T>(name: string, call: () => Promise<T>, short = call, always = false): Promise<T> {
    this.calls.push(name);
    if (this.#isCrashed) return never();
    if (!this.#isHere(name)) return call();
    const kind = this.#fault?.kind;
    if (kind === 'short') return short();
    if (kind === 'kill') process.kill(process.pid, 'SIGKILL');
    if (kind === 'crash' || kind === 'crash-after' || kind === 'kill') {
      this.#isCrashed = true;
      if (kind === 'crash-after') await this.#forget(call());
      // The system closes the files of a process that ends.
      for (const file of this.#open) await this.#close(file);
      this.#crash();
      return never();
    }
    if (always) await call();
    throw Object.assign(new Error(`${kind}: ${name} was made to fail`), { code: kind });
  }

  #isHere(name: string): boolean {
    const { at, of = name } = this.#fault ?? {};
    return name === of && this.#counted === at;
  }
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

import { type Gunzip, createGunzip } from 'node:zlib';
import { EngineError } from '../base/errors.ts';

/**
 * Node's native inflate behind a Gunzip stream, driven synchronously with the caller's own buffers. Undocumented, and
 * the only way to stop at a block boundary (`Z_BLOCK`); see {@link isGunzipHandleUsable}.
 *
 * This class alone touches the handle. A native failure closes it at once, while the stream's `error` event comes later;
 * a write after that **aborts the process**. Hence the checks around every write, and hence no process that must not
 * die uses this class.
 */
export class GunzipHandle {
  /** After a write: bytes of the output space not filled, and of the input not taken. */
  spaceLeft = 0;
  inputLeft = 0;
  readonly #stream: Gunzip;
  readonly #handle: NativeHandle;
  readonly #state: Uint32Array;

  /** @throws EngineError `unsupported` when this Node has no such handle. */
  constructor() {
    this.#stream = createGunzip({ chunkSize: 65536 });
    // The failure is thrown by `write`; without a listener the event would end the process.
    this.#stream.on('error', () => undefined);
    const { handle, state } = nativePartsOf(this.#stream);
    this.#handle = handle;
    this.#state = state;
  }

  /** @throws the stream's error; the handle must not be used afterwards. */
  write(
    flush: number,
    input: Buffer,
    inputStart: number,
    inputLength: number,
    output: Buffer,
    outputStart: number,
    outputLength: number,
  ): void {
    this.#throwIfFailed();
    this.#handle.writeSync(flush, input, inputStart, inputLength, output, outputStart, outputLength);
    this.#throwIfFailed();
    this.spaceLeft = this.#state[0] ?? 0;
    this.inputLeft = this.#state[1] ?? 0;
  }

  close(): void {
    this.#stream.close();
  }

  #throwIfFailed(): void {
    if (!this.#stream.destroyed) return;
    throw this.#stream.errored ?? new EngineError('internal', 'gunzip', 'the stream is closed');
  }
}

interface NativeHandle {
  writeSync(
    flush: number,
    input: Buffer,
    inputStart: number,
    inputLength: number,
    output: Buffer,
    outputStart: number,
    outputLength: number,
  ): void;
}

function nativePartsOf(stream: Gunzip): { readonly handle: NativeHandle; readonly state: Uint32Array } {
  const { _handle: handle, _writeState: state } = stream as unknown as {
    readonly _handle?: unknown;
    readonly _writeState?: unknown;
  };
  if (isNativeHandle(handle) && state instanceof Uint32Array && state.length >= 2) return { handle, state };
  stream.destroy();
  throw new EngineError('unsupported', 'gunzip', 'this Node has no zlib handle that can be driven');
}

function isNativeHandle(value: unknown): value is NativeHandle {
  return (
    typeof value === 'object' &&
    value !== null &&
    'writeSync' in value &&
    typeof value.writeSync === 'function'
  );
}

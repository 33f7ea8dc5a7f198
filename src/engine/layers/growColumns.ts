/**
 * Columns that grow while a layer is read. `transfer` gives the old memory back at once, so that a column never takes
 * twice its size until some garbage collection; what is new is zero.
 */

export function growBytes(column: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(column.buffer.transfer(length));
}

export function growU16(column: Uint16Array<ArrayBuffer>, length: number): Uint16Array<ArrayBuffer> {
  return new Uint16Array(column.buffer.transfer(length * 2));
}

export function growU32(column: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(column.buffer.transfer(length * 4));
}

export function growF64(column: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  return new Float64Array(column.buffer.transfer(length * 8));
}

/** The length to grow to: twice as long while that is little, then half as long again. */
export function grownLength(length: number, needed: number = length + 1): number {
  const factor = length < 2 ** 18 ? 2 : 1.5;
  return Math.max(needed, Math.ceil((length * factor) / 64) * 64);
}

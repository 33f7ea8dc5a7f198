// The pieces of a tar that both writers have in common: of archives of blobs, and of layers.

export const tarBlock = 512;

/** Where the next header begins after content of this many bytes. */
export function paddedLength(size: number): number {
  return Math.ceil(size / tarBlock) * tarBlock;
}

/** The zeros that follow content of this many bytes. */
export function paddingAfter(size: number): Uint8Array {
  return new Uint8Array(paddedLength(size) - size);
}

/** The end of a tar: two empty blocks. */
export const tarEnd = new Uint8Array(2 * tarBlock);

/** The sum of the header's bytes, its own field counted as blanks. */
export function writeChecksum(block: Buffer): void {
  block.fill(0x20, 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
}

/** `LENGTH KEY=VALUE`, where the length counts its own digits. @param value bytes as the characters of a string. */
export function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (`${length}${rest}`.length !== length) length = `${length}${rest}`.length;
  return Buffer.from(`${length}${rest}`, 'latin1');
}

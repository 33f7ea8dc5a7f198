import { paddedLength, paxRecord, tarBlock, writeChecksum } from '../archive/tarHeader.ts';

// The headers of the archives that images are saved as.

/** The header of a file (POSIX ustar; a name that does not fit gets a PAX record), owned by root, of time 0. */
export function fileHeader(name: string, size: number): Uint8Array {
  if (name.length <= nameLength) return header(name, size, '0');
  const record = paxRecord('path', name);
  const content = Buffer.alloc(paddedLength(record.length));
  record.copy(content);
  const short = name.slice(0, nameLength);
  return Buffer.concat([header('pax', record.length, 'x'), content, header(short, size, '0')]);
}

export function directoryHeader(name: string): Uint8Array {
  return header(name, 0, '5');
}

const nameLength = 100;

function header(name: string, size: number, typeflag: '0' | '5' | 'x'): Buffer {
  const block = Buffer.alloc(tarBlock);
  block.write(name, 0, 'latin1');
  block.write(typeflag === '5' ? '0000755\0' : '0000644\0', 100);
  block.write('0000000\0'.repeat(2), 108);
  writeSize(block, size);
  block.write('00000000000\0', 136);
  block.write(typeflag, 156);
  block.write('ustar\x0000', 257);
  block.write('0000000\0'.repeat(2), 329);
  writeChecksum(block);
  return block;
}

/** Octal up to 8 GiB, beyond that a binary number, as GNU tar writes it and every reader of today knows. */
function writeSize(block: Buffer, size: number): void {
  if (size < 8 ** 11) {
    block.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
    return;
  }
  block.writeUInt32BE(0x80000000, 124);
  block.writeBigUInt64BE(BigInt(size), 128);
}

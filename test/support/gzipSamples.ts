import { execFileSync, spawnSync } from 'node:child_process';
import { constants, createGzip, gzipSync } from 'node:zlib';
import { Random } from './random.ts';

/** One way of writing gzip, and what it holds. */
export interface GzipSample {
  readonly name: string;
  readonly data: Buffer;
  readonly packed: Buffer;
}

/** Text with repetitions near and far, as source code has them. */
export function sampleText(length: number, seed = 7): Buffer {
  const random = new Random(seed);
  const words = Array.from({ length: 4000 }, () =>
    random
      .below(1e9)
      .toString(36)
      .slice(0, 1 + random.below(8)),
  );
  const pieces: string[] = [];
  for (let held = 0; held < length;) {
    const piece = Array.from({ length: 1 + random.below(12) }, () => words[random.below(words.length)]).join(
      ' ',
    );
    pieces.push(piece, '\n');
    held += piece.length + 1;
  }
  return Buffer.from(pieces.join('').slice(0, length), 'latin1');
}

/** Every encoder that is at hand, every strategy and every odd shape that streams are known to have. */
export function gzipSamples(): Promise<readonly GzipSample[]> {
  return (samples ??= makeSamples());
}

let samples: Promise<readonly GzipSample[]> | undefined;

async function makeSamples(): Promise<readonly GzipSample[]> {
  const text = sampleText(3_000_000);
  const noise = new Random(11).bytes(700_000);
  const zeros = Buffer.alloc(30_000_000);
  // A layer holds .gz files: their headers, in stored blocks, are real DEFLATE headers.
  const nested = Buffer.concat([gzipSync(text.subarray(0, 900_000)), text.subarray(0, 400_000), noise]);
  const mixed = Buffer.concat([text.subarray(0, 900_000), noise, zeros.subarray(0, 3_000_000), text]);
  const sample = (name: string, data: Buffer, packed: Buffer): GzipSample => ({ name, data, packed });
  return [
    ...[1, 6, 9].map((level) => sample(`zlib level ${level}`, text, gzipSync(text, { level }))),
    sample('stored blocks', text, gzipSync(text, { level: 0 })),
    sample('fixed codes', text, gzipSync(text, { strategy: constants.Z_FIXED })),
    sample('Huffman only', text, gzipSync(text, { strategy: constants.Z_HUFFMAN_ONLY })),
    sample('run lengths', mixed, gzipSync(mixed, { strategy: constants.Z_RLE })),
    sample('small blocks', text, gzipSync(text, { memLevel: 1 })),
    sample('noise', noise, gzipSync(noise)),
    sample('zeros', zeros, gzipSync(zeros)),
    sample('mixed', mixed, gzipSync(mixed)),
    sample('gzip inside', nested, gzipSync(nested)),
    sample('members of 300 kB', text, members(text, 300_007)),
    sample('members of 5 kB', text.subarray(0, 900_000), members(text.subarray(0, 900_000), 5003)),
    sample('BGZF', text, blockedGzip(text)),
    sample('member without data between', text, Buffer.concat([members(text, 1_000_003), gzipSync('')])),
    sample('zeros behind the end', text, Buffer.concat([gzipSync(text), Buffer.alloc(1000)])),
    sample('flushes', text, await flushed(text)),
    sample('five bytes', Buffer.from('hello'), gzipSync('hello')),
    sample('nothing', Buffer.alloc(0), gzipSync('')),
    ...externalEncoders(text),
  ];
}

function members(data: Buffer, size: number): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) pieces.push(gzipSync(data.subarray(at, at + size)));
  return Buffer.concat(pieces);
}

/** Members of at most 64 KiB with an extra field that holds their size (SAM specification, 4.1). */
function blockedGzip(data: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length; at += 65280) {
    const plain = gzipSync(data.subarray(at, at + 65280));
    const header = Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255, 6, 0, 66, 67, 2, 0, 0, 0]);
    header.writeUInt16LE(plain.length + 8 - 1, 16);
    pieces.push(header, plain.subarray(10));
  }
  return Buffer.concat(pieces);
}

async function flushed(data: Buffer): Promise<Buffer> {
  const gzip = createGzip();
  const pieces: Buffer[] = [];
  gzip.on('data', (bytes: Buffer) => pieces.push(bytes));
  for (let at = 0; at < data.length; at += 100_003) {
    await new Promise<void>((resolve) =>
      gzip.write(data.subarray(at, at + 100_003), () => {
        resolve();
      }),
    );
    const kind = at % 2 === 0 ? constants.Z_FULL_FLUSH : constants.Z_SYNC_FLUSH;
    await new Promise<void>((resolve) => {
      gzip.flush(kind, () => {
        resolve();
      });
    });
  }
  const ended = new Promise((resolve) => gzip.on('end', resolve));
  gzip.end();
  await ended;
  return Buffer.concat(pieces);
}

/** The encoders of other hands that this machine has. */
function externalEncoders(data: Buffer): GzipSample[] {
  const commands: readonly (readonly string[])[] = [
    ...['-1', '-6', '-9'].map((level) => ['gzip', level, '-c']),
    ['pigz', '-c'],
    ['pigz', '-i', '-b', '128', '-c'],
    ['python3', '-c', 'import gzip,sys; sys.stdout.buffer.write(gzip.compress(sys.stdin.buffer.read(), 6))'],
    ['busybox', 'gzip', '-c'],
  ];
  return commands
    .filter(([program]) => isThere(program ?? ''))
    .map(([program = '', ...rest]) => ({
      name: [program, ...rest].join(' ').slice(0, 40),
      data,
      packed: execFileSync(program, rest, { input: data, maxBuffer: 1e9 }),
    }));
}

function isThere(program: string): boolean {
  return spawnSync(program, ['--version']).error === undefined;
}

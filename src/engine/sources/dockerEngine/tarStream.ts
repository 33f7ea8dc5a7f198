import { EngineError } from '../../base/errors.ts';
import { toText } from '../../base/layerPath.ts';
import { nameParts, symlinkTarget } from '../../archive/archiveName.ts';
import { TarScanner } from '../../archive/tarScanner.ts';
import type { TarHeader, TarSink } from '../../archive/tarSink.ts';

/** A regular file of a tar that flows by. */
export interface StreamedFile {
  /** From the archive's root, cleaned. */
  readonly name: string;
  readonly size: number;
}

/** Takes one file's bytes, in order. The bytes stay the taker's. */
export interface FileTaker {
  write(bytes: Buffer): Promise<void>;
  /** The file is whole. */
  end(): Promise<void>;
}

/** Takes the files of an archive as they come. */
export interface ArchiveTaker {
  /** Undefined passes over the file. */
  file(file: StreamedFile): Promise<FileTaker | undefined>;
  link(name: string, target: string): void;
  /** Whether the rest is of no use. */
  readonly isDone: boolean;
}

/**
 * Reads an archive that cannot be sought, and is kept nowhere.
 *
 * @param onBytes told of each piece that came, after it was dealt with; may throw to stop.
 * @returns whether the archive was read to its end; false when the taker had enough before.
 * @throws EngineError `truncated` when it ends before its end; what an engine says in its place as `refused`.
 */
export async function readTarStream(
  stream: AsyncIterable<Uint8Array>,
  taker: ArchiveTaker,
  subject: string,
  onBytes: (count: number) => void = () => undefined,
): Promise<boolean> {
  const files = new FilesInOrder(taker);
  const scanner = new TarScanner(files);
  let last: Buffer = Buffer.alloc(0);
  for await (const piece of stream) {
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length);
    const base = scanner.position;
    scanner.push(bytes);
    await files.deliver(bytes, base);
    onBytes(bytes.length);
    if (taker.isDone) return false;
    last = scanner.isDamaged ? Buffer.concat([last, bytes]).subarray(-maxLastWords) : bytes;
  }
  scanner.finish();
  if (scanner.hasEnded && !scanner.isDamaged) return true;
  throw failureIn(last, subject);
}

const maxLastWords = 64 * 1024;

/** An engine that fails in the middle of its answer has sent 200 long ago; it writes the reason behind the bytes. */
function failureIn(last: Buffer, subject: string): EngineError {
  const words = /\{"errorDetail":\{.*?"message":("(?:[^"\\]|\\.)*")/s.exec(last.toString('utf8'))?.[1];
  if (words === undefined) return new EngineError('truncated', subject, 'the archive ended early');
  return new EngineError('refused', subject, (JSON.parse(words) as string).slice(0, 4000));
}

interface AwaitedFile extends StreamedFile {
  readonly start: number;
  readonly end: number;
}

interface CurrentFile {
  readonly file: AwaitedFile;
  readonly taker: FileTaker | undefined;
}

/** Cuts the pieces of a tar into the contents of its files. */
class FilesInOrder implements TarSink {
  readonly #taker: ArchiveTaker;
  readonly #awaited: AwaitedFile[] = [];
  #current: CurrentFile | undefined;

  constructor(taker: ArchiveTaker) {
    this.#taker = taker;
  }

  entry(header: TarHeader): void {
    const name = nameParts(toText(header.name))?.join('/');
    if (name === undefined || name === '' || header.sparseMap !== undefined) return;
    const { typeflag, dataOffset: start, size } = header;
    if (typeflag === 0x31) this.#taker.link(name, toText(header.linkName));
    else if (typeflag === 0x32) this.#taker.link(name, symlinkTarget(name, toText(header.linkName)));
    else if (typeflag === 0x30 || typeflag === 0x37)
      this.#awaited.push({ name, size, start, end: start + size });
  }

  contentHash(): void {
    // The scan reads no contents.
  }

  problem(): void {
    // What cannot be read past is asked of the scanner at the end.
  }

  /** Hands on what a piece, which begins at `base` of the tar, holds of the files announced so far. */
  async deliver(bytes: Buffer, base: number): Promise<void> {
    const end = base + bytes.length;
    for (;;) {
      const current = (this.#current ??= await this.#begin(end));
      if (current === undefined) return;
      const { file, taker } = current;
      const from = Math.max(file.start, base);
      const to = Math.min(file.end, end);
      if (to > from) await taker?.write(bytes.subarray(from - base, to - base));
      if (file.end > end) return;
      await taker?.end();
      this.#current = undefined;
    }
  }

  async #begin(end: number): Promise<CurrentFile | undefined> {
    const [file] = this.#awaited;
    if (file === undefined || file.start > end) return undefined;
    this.#awaited.shift();
    return { file, taker: await this.#taker.file(file) };
  }
}

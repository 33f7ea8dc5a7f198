/** A run of bytes of one frame. */
export interface FramePiece {
  readonly bytes: Buffer;
  /** A skippable frame holds no data (RFC 8878, 3.1.2). */
  readonly isSkippable: boolean;
  /** Blocks of the frame met so far; each unpacks to 128 KiB at most. */
  readonly blocks: number;
  readonly endsFrame: boolean;
}

type Field = 'magic' | 'skippable-size' | 'descriptor' | 'header-rest' | 'block-header' | 'payload';

/**
 * Finds the ends of zstd frames by their headers alone (RFC 8878, 3.1). Node's decoder stops after one frame, a skippable
 * one included, and drops what follows without a word; so it is given one frame at a time.
 */
export class ZstdFrames {
  /** Bytes after the last frame that begin no other. */
  hasGarbage = false;
  #field: Field = 'magic';
  readonly #held = Buffer.alloc(16);
  #heldLength = 0;
  #carry = Buffer.alloc(0);
  #payloadLeft = 0;
  #isSkippable = false;
  #isLastBlock = false;
  #hasChecksum = false;
  #blocks = 0;

  /** Whether the input so far ends between frames. */
  get isBetweenFrames(): boolean {
    return this.#field === 'magic' && this.#carry.length === 0;
  }

  *split(input: Buffer): Generator<FramePiece> {
    const bytes = this.#carry.length === 0 ? input : Buffer.concat([this.#carry, input]);
    this.#carry = Buffer.alloc(0);
    let start = 0;
    let at = 0;
    while (at < bytes.length && !this.hasGarbage) {
      at += this.#field === 'payload' ? this.#passPayload(bytes.length - at) : this.#holdField(bytes, at);
      const endsFrame = this.#advance();
      if (endsFrame) {
        yield this.#piece(bytes.subarray(start, at), true);
        start = at;
        this.#blocks = 0;
      }
    }
    if (start === bytes.length || this.hasGarbage) return;
    if (this.#field !== 'magic') yield this.#piece(bytes.subarray(start), false);
    else {
      // What the frame is shows only when its magic number is whole.
      this.#carry = Buffer.from(bytes.subarray(start));
      this.#heldLength = 0;
    }
  }

  #piece(bytes: Buffer, endsFrame: boolean): FramePiece {
    return { bytes, isSkippable: this.#isSkippable, blocks: this.#blocks, endsFrame };
  }

  #passPayload(available: number): number {
    const count = Math.min(available, this.#payloadLeft);
    this.#payloadLeft -= count;
    return count;
  }

  #holdField(bytes: Buffer, at: number): number {
    const count = Math.min(bytes.length - at, this.#fieldLength() - this.#heldLength);
    bytes.copy(this.#held, this.#heldLength, at, at + count);
    this.#heldLength += count;
    return count;
  }

  #fieldLength(): number {
    switch (this.#field) {
      case 'magic':
      case 'skippable-size':
        return 4;
      case 'descriptor':
        return 1;
      case 'header-rest':
        return headerRestLength(this.#held[15] ?? 0);
      case 'block-header':
        return 3;
      case 'payload':
        return 0;
    }
  }

  /** Goes to the next field when this one is complete. @returns whether the frame has ended. */
  #advance(): boolean {
    while (this.#field === 'payload' ? this.#payloadLeft === 0 : this.#heldLength === this.#fieldLength()) {
      this.#heldLength = 0;
      if (this.#field === 'payload' && (this.#isSkippable || this.#isLastBlock)) {
        this.#field = 'magic';
        return true;
      }
      this.#enterNext();
    }
    return false;
  }

  #enterNext(): void {
    switch (this.#field) {
      case 'magic':
        this.#enterFrame(this.#held.readUInt32LE(0));
        break;
      case 'skippable-size':
        this.#payloadLeft = this.#held.readUInt32LE(0);
        this.#field = 'payload';
        break;
      case 'descriptor':
        this.#hasChecksum = ((this.#held[0] ?? 0) & 4) !== 0;
        this.#held[15] = this.#held[0] ?? 0;
        this.#field = 'header-rest';
        break;
      case 'header-rest':
      case 'payload':
        this.#field = 'block-header';
        break;
      case 'block-header':
        this.#enterBlock(this.#held.readUIntLE(0, 3));
        break;
    }
  }

  #enterFrame(magic: number): void {
    this.#isLastBlock = false;
    this.#isSkippable = (magic & 0xfffffff0) >>> 0 === 0x184d2a50;
    this.hasGarbage = !this.#isSkippable && magic !== 0xfd2fb528;
    this.#field = this.#isSkippable ? 'skippable-size' : 'descriptor';
  }

  #enterBlock(header: number): void {
    const isRunLength = ((header >> 1) & 3) === 1;
    this.#isLastBlock = (header & 1) !== 0;
    this.#blocks++;
    this.#payloadLeft = (isRunLength ? 1 : header >> 3) + (this.#isLastBlock && this.#hasChecksum ? 4 : 0);
    this.#field = 'payload';
  }
}

/** Bytes of the frame header after its descriptor: window, dictionary ID, content size. */
function headerRestLength(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  return (isSingleSegment ? 0 : 1) + dictionary + contentSize;
}

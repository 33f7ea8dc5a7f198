import { EngineError } from '../../base/errors.ts';

/** A message of Protocol Buffers, its fields found by number; what is missing or of another kind is left out. */
export class ProtobufMessage {
  readonly #fields: ReadonlyMap<number, readonly FieldValue[]>;

  private constructor(fields: ReadonlyMap<number, readonly FieldValue[]>) {
    this.#fields = fields;
  }

  /**
   * Takes the bytes apart, one level; messages within are parsed when they are asked for.
   *
   * @throws EngineError `damaged` when they are no message.
   */
  static parse(bytes: Uint8Array, subject: string): ProtobufMessage {
    const fields = new Map<number, FieldValue[]>();
    const cursor: Cursor = { bytes, position: 0, subject };
    while (cursor.position < bytes.length) {
      const { number, value } = readField(cursor);
      const values = fields.get(number);
      if (values === undefined) fields.set(number, [value]);
      else values.push(value);
    }
    return new ProtobufMessage(fields);
  }

  /** Empty when absent, as the format does not tell these apart. */
  text(number: number): string {
    return this.texts(number).at(-1) ?? '';
  }

  texts(number: number): readonly string[] {
    return this.#byteValues(number).map((bytes) => Buffer.from(bytes).toString('utf8'));
  }

  /** A signed whole number; 0 when absent. */
  integer(number: number): number {
    const value = this.#fields.get(number)?.at(-1);
    if (typeof value === 'bigint') return Number(BigInt.asIntN(64, value));
    return typeof value === 'number' ? value : 0;
  }

  isTrue(number: number): boolean {
    return this.integer(number) !== 0;
  }

  bytes(number: number): Uint8Array {
    return this.#byteValues(number).at(-1) ?? new Uint8Array();
  }

  /** Undefined when absent. @throws EngineError `damaged`. */
  message(number: number): ProtobufMessage | undefined {
    return this.messages(number).at(-1);
  }

  /** @throws EngineError `damaged`. */
  messages(number: number): readonly ProtobufMessage[] {
    return this.#byteValues(number).map((bytes) => ProtobufMessage.parse(bytes, `field ${number}`));
  }

  /** A `map<string, string>`. @throws EngineError `damaged`. */
  textMap(number: number): ReadonlyMap<string, string> {
    return new Map(this.messages(number).map((entry) => [entry.text(1), entry.text(2)]));
  }

  /** A `google.protobuf.Timestamp` in milliseconds since 1970; undefined when absent. @throws EngineError `damaged`. */
  instant(number: number): number | undefined {
    const time = this.message(number);
    return time && time.integer(1) * 1000 + time.integer(2) / 1e6;
  }

  #byteValues(number: number): readonly Uint8Array[] {
    const values = this.#fields.get(number) ?? [];
    return values.filter((value) => value instanceof Uint8Array);
  }
}

/** A varint or fixed number, or bytes: text and messages look alike on the wire. */
type FieldValue = number | bigint | Uint8Array;

interface Cursor {
  readonly bytes: Uint8Array;
  readonly subject: string;
  position: number;
}

function readField(cursor: Cursor): { readonly number: number; readonly value: FieldValue } {
  const tag = Number(readVarint(cursor));
  const number = Math.floor(tag / 8);
  switch (tag % 8) {
    case 0:
      return { number, value: readVarint(cursor) };
    case 1:
      return { number, value: toInteger(take(cursor, 8)) };
    case 2:
      return { number, value: take(cursor, Number(readVarint(cursor))) };
    case 5:
      return { number, value: toInteger(take(cursor, 4)) };
    default:
      return fail(cursor, 'it has a field of an unknown kind');
  }
}

function readVarint(cursor: Cursor): number | bigint {
  let small = 0;
  for (let place = 1; place < 2 ** 28; place *= 128) {
    const byte = nextByte(cursor);
    small += (byte & 0x7f) * place;
    if (byte < 0x80) return small;
  }
  // What takes more than four bytes is rare: an instant, a large size, a number below zero.
  let value = BigInt(small);
  for (let shift = 28n; shift < 70n; shift += 7n) {
    const byte = nextByte(cursor);
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return fail(cursor, 'a number has no end');
}

function nextByte(cursor: Cursor): number {
  const byte = cursor.bytes[cursor.position];
  cursor.position += 1;
  return byte ?? fail(cursor, 'a number has no end');
}

function take(cursor: Cursor, length: number): Uint8Array {
  const { bytes, position } = cursor;
  if (length > bytes.length - position) return fail(cursor, 'a field is longer than what holds it');
  cursor.position += length;
  return bytes.subarray(position, position + length);
}

function toInteger(littleEndian: Uint8Array): bigint {
  return littleEndian.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function fail({ subject }: Cursor, detail: string): never {
  throw new EngineError('damaged', subject, `no message of Protocol Buffers: ${detail}`);
}

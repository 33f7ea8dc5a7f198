/** Fields by number; undefined, empty and 0 are what the format leaves out. */
export type ProtobufFields = Readonly<Record<number, string | number | boolean | Uint8Array | undefined>>;

/** A message of Protocol Buffers. Numbers are whole and not negative. */
export function encodeProtobuf(fields: ProtobufFields): Uint8Array {
  return Buffer.concat(
    Object.entries(fields).map(([number, value]) => {
      if (typeof value === 'string' || value instanceof Uint8Array) return sized(Number(number), value);
      const count = Number(value ?? 0);
      return count === 0 ? empty : Buffer.concat([varint(Number(number) * 8), varint(count)]);
    }),
  );
}

function sized(number: number, value: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(value);
  if (bytes.length === 0) return empty;
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes]);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

const empty = new Uint8Array();

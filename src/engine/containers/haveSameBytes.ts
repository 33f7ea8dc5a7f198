/** Whether two streams give the same bytes; reads no further than to the first that differs. Hashes nothing. */
export async function haveSameBytes(
  one: AsyncIterable<Uint8Array>,
  other: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  const others = other[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array();
  try {
    for await (const bytes of one)
      for (let at = 0; at < bytes.length;) {
        if (left.length === 0) {
          const next = await others.next();
          if (next.done === true) return false;
          left = next.value;
        }
        const length = Math.min(left.length, bytes.length - at);
        if (Buffer.compare(bytes.subarray(at, at + length), left.subarray(0, length)) !== 0) return false;
        at += length;
        left = left.subarray(length);
      }
    return left.length === 0 && (await endsHere(others));
  } finally {
    await others.return?.();
  }
}

async function endsHere(rest: AsyncIterator<Uint8Array>): Promise<boolean> {
  for (;;) {
    const next = await rest.next();
    if (next.done === true) return true;
    if (next.value.length > 0) return false;
  }
}

/** The indexes below `length` for which the test holds, ascending. */
export function indexesWhere(length: number, test: (index: number) => boolean): Uint32Array<ArrayBuffer> {
  let count = 0;
  for (let index = 0; index < length; index++) if (test(index)) count++;
  const indexes = new Uint32Array(count);
  count = 0;
  for (let index = 0; count < indexes.length; index++) if (test(index)) indexes[count++] = index;
  return indexes;
}

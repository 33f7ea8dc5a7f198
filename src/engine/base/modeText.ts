/** `-rwsr-xr-x`, as `ls -l` writes it. The type is that of an entry (`EntryType`). */
export function modeText(type: 'file' | 'dir' | 'symlink' | 'char' | 'block' | 'fifo', mode: number): string {
  const triples = [6, 3, 0].map((shift, position) =>
    tripleText(mode >> shift, (mode & (0o4000 >> position)) !== 0, position),
  );
  return typeLetters[type] + triples.join('');
}

const typeLetters = { file: '-', dir: 'd', symlink: 'l', char: 'c', block: 'b', fifo: 'p' };

function tripleText(bits: number, isSpecial: boolean, position: number): string {
  const special = position === 2 ? 't' : 's';
  const plain = (bits & 1) !== 0 ? 'x' : '-';
  const execute = isSpecial ? ((bits & 1) !== 0 ? special : special.toUpperCase()) : plain;
  return `${(bits & 4) !== 0 ? 'r' : '-'}${(bits & 2) !== 0 ? 'w' : '-'}${execute}`;
}

/** What a name that begins with `.wh.` means (OCI image-spec layer.md, "Whiteouts"; formats.md §2.2, 4 and 5). */
export type Marker = 'whiteout' | 'opaque' | 'invalid';

export const whiteoutPrefix = '.wh.';
const opaqueName = '.wh..wh..opq';
/** Names at the root of a layer that AUFS kept for itself; no content. */
const bookkeepingPrefix = '.wh..wh.';
/** Where AUFS kept files with several names; they are content only through links to them. */
export const linkSourcePrefix = '.wh..wh.plnk/';

/** Whether the component that begins at `start` has the prefix of markers. */
export function isMarkerAt(text: string, start: number): boolean {
  return text.startsWith(whiteoutPrefix, start);
}

/** What the marker `text[start, end)` says. */
export function markerOf(text: string, start: number, end: number): Marker {
  if (end - start === opaqueName.length && text.startsWith(opaqueName, start)) return 'opaque';
  const name = text.slice(start + whiteoutPrefix.length, end);
  return name === '' || name === '.' || name === '..' ? 'invalid' : 'whiteout';
}

/** Whether a cleaned path belongs to AUFS's bookkeeping at the root. */
export function isBookkeeping(path: string): boolean {
  return path.startsWith(bookkeepingPrefix) && path !== opaqueName;
}

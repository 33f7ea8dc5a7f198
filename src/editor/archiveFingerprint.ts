import { stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Tells whether an archive or a layout is still the one that was read: the time and size of the file that says what
 * is in it. Undefined when there is none.
 */
export async function fingerprintOf(location: string): Promise<string | undefined> {
  const own = await stat(location).catch(() => undefined);
  if (own?.isDirectory() !== true) return own && fingerprint(own);
  for (const name of ['index.json', 'manifest.json']) {
    const list = await stat(path.join(location, name)).catch(() => undefined);
    if (list !== undefined) return fingerprint(list);
  }
  return fingerprint(own);
}

function fingerprint(status: { readonly mtimeMs: number; readonly size: number }): string {
  return `${status.mtimeMs} ${status.size}`;
}

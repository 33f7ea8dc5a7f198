import { asObject } from '../oci/json.ts';

/** What `oci-layout` holds (image-spec, image-layout.md). */
export const markerText = '{"imageLayoutVersion":"1.0.0"}';

/** The only version there is. */
export function isMarker(bytes: Uint8Array): boolean {
  try {
    const marker: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return asObject(marker)?.['imageLayoutVersion'] === '1.0.0';
  } catch {
    return false;
  }
}

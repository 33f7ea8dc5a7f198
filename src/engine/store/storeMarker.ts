/** What `oci-layout` holds (image-spec, image-layout.md). */
export const markerText = '{"imageLayoutVersion":"1.0.0"}';

export function isMarker(bytes: Uint8Array): boolean {
  try {
    const marker: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    return typeof marker === 'object' && marker !== null && 'imageLayoutVersion' in marker;
  } catch {
    return false;
  }
}

/** Milliseconds as the API takes instants: seconds with a fraction. */
export function toSeconds(milliseconds: number | undefined): string | undefined {
  return milliseconds === undefined ? undefined : (milliseconds / 1000).toFixed(3);
}

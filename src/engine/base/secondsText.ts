/** An instant as decimal seconds since 1970, with nine places where there are nanoseconds. */
export function secondsText(seconds: number, nanoseconds: number): string {
  if (nanoseconds === 0) return Number.isSafeInteger(seconds) ? `${seconds}` : BigInt(seconds).toString();
  const total = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
  const absolute = (total < 0n ? -total : total).toString().padStart(10, '0');
  return `${total < 0n ? '-' : ''}${absolute.slice(0, -9)}.${absolute.slice(-9)}`;
}

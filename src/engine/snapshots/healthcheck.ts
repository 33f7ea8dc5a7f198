import { asObject, type JsonObject } from '../oci/json.ts';

/**
 * The `Healthcheck` member of a config after `HEALTHCHECK`: `NONE`, or options and then `CMD` with a list or a text for the
 * shell. Durations are Go's, such as `1m30s`; in the config they are nanoseconds, and what is not said is left out.
 *
 * @param commandOf the words of a JSON list; undefined for another text.
 * @returns undefined when the text is not understood.
 */
export function parseHealthcheck(
  text: string,
  commandOf: (text: string) => readonly string[] | undefined,
): JsonObject | undefined {
  if (/^none$/i.test(text)) return { Test: ['NONE'] };
  const match = /^((?:--[a-z-]+=\S+\s+)*)cmd\s+(\S[^]*)$/i.exec(text);
  const options = match && toOptions((match[1] ?? '').split(/\s+/).filter((word) => word !== ''));
  if (match === null || options === null || options === undefined) return undefined;
  const command = commandOf(match[2] ?? '');
  return { ...options, Test: command === undefined ? ['CMD-SHELL', match[2]] : ['CMD', ...command] };
}

/** What a new check does not say is as the image's has it. */
export function mergedHealthcheck(own: unknown, image: unknown): unknown {
  const [check, old] = [asObject(own), asObject(image)];
  return check === undefined || old === undefined ? (own ?? image) : { ...old, ...check };
}

const durations = new Map([
  ['interval', 'Interval'],
  ['timeout', 'Timeout'],
  ['start-period', 'StartPeriod'],
  ['start-interval', 'StartInterval'],
]);

function toOptions(words: readonly string[]): JsonObject | undefined {
  const members = words.map(toMember);
  const known = members.filter((member) => member !== undefined);
  return known.length < members.length
    ? undefined
    : Object.fromEntries(known.filter(([, value]) => value !== 0));
}

function toMember(word: string): readonly [string, number] | undefined {
  const [, name = '', value = ''] = /^--([a-z-]+)=(.+)$/.exec(word) ?? [];
  if (name === 'retries') return /^\d{1,9}$/.test(value) ? ['Retries', Number(value)] : undefined;
  const [member, nanoseconds] = [durations.get(name), toNanoseconds(value)];
  // Docker takes none that is shorter than a millisecond, and 0 for what is usual.
  const isTaken = nanoseconds === 0 || (nanoseconds !== undefined && nanoseconds >= 1e6);
  return member === undefined || nanoseconds === undefined || !isTaken ? undefined : [member, nanoseconds];
}

const units = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);

/** A duration as Go writes it. */
function toNanoseconds(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|ms|s|m|h))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/([\d.]+)([a-z]+)/g)];
  return Math.round(
    parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (units.get(unit) ?? 0), 0),
  );
}

import {
  choosePlatform,
  EngineError,
  familiarName,
  formatPlatform,
  hostPlatform,
  type ImageEntry,
  type ImageVariant,
  normalizeName,
  parsePlatform,
} from '../engine/index.ts';

/**
 * The entry that `REF` means: `@N`, a digest, a full name, or a tag. Without one, the only image there is.
 *
 * @param location what was searched, for the message.
 * @throws EngineError `not-found` or `ambiguous`, listing the choices.
 */
export function chooseEntry(
  entries: readonly ImageEntry[],
  reference: string | undefined,
  location: string,
): ImageEntry {
  const matches = reference === undefined ? entries : namedEntries(entries, reference);
  const [first] = matches;
  if (first === undefined)
    throw new EngineError('not-found', reference ?? location, `no such image; ${choicesText(entries)}`);
  if (matches.length > 1 && !isOneImage(matches))
    throw new EngineError('ambiguous', reference ?? location, `name one image; ${choicesText(matches)}`);
  return first;
}

/** The entries a reference names, exact names before tags. */
export function namedEntries(entries: readonly ImageEntry[], reference: string): readonly ImageEntry[] {
  const position = /^@(\d{1,9})$/.exec(reference)?.[1];
  if (position !== undefined) return entries.filter((entry) => entry.position === Number(position));
  const digest = /(?:^|@)(sha(?:256|512):[0-9a-f]{6,128})$/.exec(reference)?.[1];
  if (digest !== undefined) return entries.filter((entry) => hasDigest(entry, digest));
  const wanted = normalizeName(reference);
  const named = entries.filter(({ names }) => names.some((name) => normalizeName(name) === wanted));
  if (named.length > 0) return named;
  const tagged = entries.filter(({ names }) => names.some((name) => tagOf(name) === reference));
  return tagged.length > 0 || !/^[0-9a-f]{6,64}$/.test(reference)
    ? tagged
    : entries.filter((entry) => hasDigest(entry, `sha256:${reference}`));
}

/** The entry's names that a reference means: one that is a name means itself, anything else all. */
export function namesMeant({ names }: ImageEntry, reference: string | undefined): readonly string[] {
  if (reference === undefined) return names;
  const wanted = normalizeName(reference);
  const named = names.filter((name) => normalizeName(name) === wanted);
  const tagged = named.length > 0 ? named : names.filter((name) => tagOf(name) === reference);
  return tagged.length > 0 ? tagged : names;
}

/**
 * The variant of `--platform`; else the machine's own, or the only one.
 *
 * @throws EngineError `not-found` or `ambiguous`, listing the choices; `invalid-reference` for what is no platform.
 */
export function chooseVariant(
  entry: ImageEntry,
  platform: string | undefined,
  subject: string,
): ImageVariant {
  const { variants } = entry;
  const [first] = variants;
  if (first === undefined) throw new EngineError('not-found', subject, 'the index has no image');
  const wanted = platform === undefined ? hostPlatform() : parsePlatform(platform);
  const chosen =
    variants[
      choosePlatform(
        wanted,
        variants.map((variant) => variant.platform),
      ) ?? -1
    ];
  // A single variant need not say its platform; then it is only known once the config is read.
  const isOnly = variants.length === 1 && (platform === undefined || first.platform === undefined);
  if (chosen !== undefined || isOnly) return chosen ?? first;
  if (platform === undefined)
    throw new EngineError('ambiguous', subject, `choose one with --platform; ${platformsText(variants)}`);
  throw new EngineError(
    'not-found',
    subject,
    `not for ${formatPlatform(wanted)}; ${platformsText(variants)}`,
  );
}

/** @param digest may be the beginning of one. */
function hasDigest({ target, variants }: ImageEntry, digest: string): boolean {
  const own = [target?.digest, ...variants.map(({ manifest }) => manifest?.digest)];
  return own.some((candidate) => candidate?.startsWith(digest) === true);
}

/** Several names of one image are no ambiguity. */
function isOneImage(entries: readonly ImageEntry[]): boolean {
  const digests = new Set(entries.map(({ target }) => target?.digest));
  return digests.size === 1 && !digests.has(undefined);
}

function choicesText(entries: readonly ImageEntry[]): string {
  const choices = entries.map(({ names, position }) =>
    `@${position} ${names.map(familiarName).join(' ')}`.trim(),
  );
  return choices.length === 0 ? 'there are none' : `there are: ${choices.join(', ')}`;
}

function platformsText(variants: readonly ImageVariant[]): string {
  const known = variants.map(({ platform }) =>
    platform === undefined ? 'unknown' : formatPlatform(platform),
  );
  return `there are: ${known.join(', ')}`;
}

/** What follows the last colon of the last component; undefined for a name without a tag. */
function tagOf(name: string): string | undefined {
  return /:([^:/]+)$/.exec(name)?.[1];
}

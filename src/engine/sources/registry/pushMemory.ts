import { mkdir, open, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { tryParseReference } from '../../oci/reference.ts';

/** What was pushed where: by digest, the repositories of registries (`host/path`), the latest first. */
type Places = Map<string, readonly string[]>;

const mostDigests = 5000;
const mostPlaces = 4;
const mostBytes = 2 * 2 ** 20;

/**
 * Remembers over runs which repository of a registry was sent which blob, so that the next push can have it mounted from
 * there, as docker does. Only likely: the registry says whether it still has the blob. Losing the memory costs bytes on
 * the wire and nothing else, so no failure of the disk is told.
 */
export class PushMemory {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** By digest, the paths of a registry's repositories that were sent the blob. */
  async pathsIn(domain: string): Promise<(digest: Digest) => readonly string[]> {
    const places = await this.#read();
    return (digest) =>
      (places.get(digest) ?? []).flatMap((place) => {
        const reference = tryParseReference(place);
        return reference?.domain === domain ? [reference.path] : [];
      });
  }

  async add(domain: string, repository: string, digests: readonly Digest[]): Promise<void> {
    const places = await this.#read();
    const place = `${domain}/${repository}`;
    for (const digest of digests) {
      const known = places.get(digest) ?? [];
      // Set anew, so that the longest unused are forgotten first.
      places.delete(digest);
      places.set(digest, [place, ...known.filter((each) => each !== place)].slice(0, mostPlaces));
    }
    await this.#write(new Map([...places].slice(-mostDigests))).catch(() => undefined);
  }

  async #read(): Promise<Places> {
    try {
      await using file = await open(this.#file, 'r');
      const { size } = await file.stat();
      return size > mostBytes ? new Map() : parse(await file.readFile('utf8'));
    } catch {
      return new Map();
    }
  }

  /** By rename, so that another window reads the old memory or the new one. */
  async #write(places: Places): Promise<void> {
    await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
    const draft = `${this.#file}-${randomBytes(8).toString('hex')}`;
    try {
      await using file = await open(draft, 'wx', 0o600);
      await file.writeFile(JSON.stringify([...places]));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    await rename(draft, this.#file);
  }
}

/** What is not as this version writes it is left out. */
function parse(text: string): Places {
  const value: unknown = JSON.parse(text);
  if (!Array.isArray(value)) return new Map();
  return new Map(
    value.flatMap((entry: unknown): [string, readonly string[]][] => {
      if (!Array.isArray(entry)) return [];
      const [digest, places] = entry as readonly unknown[];
      if (typeof digest !== 'string' || !isDigest(digest) || !Array.isArray(places)) return [];
      return [[digest, places.filter((place) => typeof place === 'string').slice(0, mostPlaces)]];
    }),
  );
}

import path from 'node:path';
import { type DiffId, isDigest } from '../../oci/digest.ts';
import { asList, asObject, type JsonObject, parseJson, textList, textMember } from '../../oci/json.ts';
import { formatPlatform, parsePlatform, type Platform } from '../../oci/platform.ts';
import { unlessAbsent } from '../../store/disk.ts';
import { inEngineTerms } from '../../store/inEngineTerms.ts';
import { nodeDisk } from '../../store/nodeDisk.ts';
import { randomName } from '../../store/storePlaces.ts';
import { createFile, readWholeFile } from '../../store/wholeFile.ts';
import type { LocalImage } from '../localImages/localImage.ts';

/** What a registry said of a name. */
export interface RememberedBase {
  readonly image: LocalImage;
  /** Milliseconds since 1970. */
  readonly askedAt: number;
}

/** Base images as registries gave them when they were asked, in a file that may be lost. */
export class BaseMemory {
  readonly #file: string;
  readonly #disk = nodeDisk;

  constructor(directory: string) {
    this.#file = path.join(directory, 'bases.json');
  }

  /** A file that is damaged is none. @throws EngineError failures of the disk. */
  async find(name: string, platform: Platform): Promise<RememberedBase | undefined> {
    return (await this.#read()).get(keyOf(name, platform));
  }

  /** @throws EngineError failures of the disk. */
  async keep(name: string, platform: Platform, image: LocalImage): Promise<void> {
    const bases = new Map(await this.#read());
    bases.delete(keyOf(name, platform));
    bases.set(keyOf(name, platform), { image, askedAt: Date.now() });
    const newest = [...bases].slice(-mostBases);
    await inEngineTerms(this.#file, () => this.#write(JSON.stringify(newest.map(toRow))));
  }

  async #read(): Promise<ReadonlyMap<string, RememberedBase>> {
    const bytes = await inEngineTerms(this.#file, () =>
      unlessAbsent(readWholeFile(this.#disk, this.#file, longestFile)),
    );
    return new Map(bytes && rowsIn(bytes).flatMap((row) => fromRow(row) ?? []));
  }

  async #write(text: string): Promise<void> {
    await this.#disk.makeDirectory(path.dirname(this.#file));
    const draft = `${this.#file}-${randomName()}.tmp`;
    try {
      await createFile(this.#disk, draft, Buffer.from(text));
      await this.#disk.rename(draft, this.#file);
    } catch (error) {
      await this.#disk.remove(draft).catch(() => undefined);
      throw error;
    }
  }
}

const mostBases = 300;
const longestFile = 16 * 2 ** 20;

function keyOf(name: string, platform: Platform): string {
  return `${name} ${formatPlatform(platform)}`;
}

function toRow([key, { image, askedAt }]: readonly [string, RememberedBase]): JsonObject {
  const { id, names, platform, manifest, diffIds, config } = image;
  return { key, askedAt, id, names, platform: formatPlatform(platform), manifest, diffIds, config };
}

function rowsIn(bytes: Uint8Array): readonly unknown[] {
  try {
    return asList(parseJson(bytes, 'bases.json', 'config').value);
  } catch {
    return [];
  }
}

function fromRow(value: unknown): readonly [readonly [string, RememberedBase]] | undefined {
  const row = asObject(value) ?? {};
  const [key, id, manifest] = [textMember(row, 'key'), textMember(row, 'id'), textMember(row, 'manifest')];
  const askedAt = row['askedAt'];
  if (key === undefined || id === undefined || typeof askedAt !== 'number') return undefined;
  const image: LocalImage = {
    ...{ id, names: textList(row, 'names'), platform: parsePlatform(textMember(row, 'platform') ?? '') },
    ...(manifest !== undefined && isDigest(manifest) && { manifest }),
    diffIds: textList(row, 'diffIds')
      .filter(isDigest)
      .map((each) => each as string as DiffId),
    config: asObject(row['config']) ?? {},
    builds: [],
  };
  return [[key, { image, askedAt }]];
}

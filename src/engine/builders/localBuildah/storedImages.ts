import path from 'node:path';
import { throwIfAborted } from '../../base/abort.ts';
import { EngineError } from '../../base/errors.ts';
import type { BuilderImage } from '../../build/classic/builderImage.ts';
import { parseContainerConfig } from '../../build/classic/containerConfig.ts';
import { type DiffId, isDigest } from '../../oci/digest.ts';
import { asList, asObject, type JsonObject, textList, textMember } from '../../oci/json.ts';
import { normalizeName } from '../../oci/reference.ts';
import { unlessAbsent } from '../../store/disk.ts';
import { inEngineTerms } from '../../store/inEngineTerms.ts';
import { nodeDisk } from '../../store/nodeDisk.ts';
import { readWholeFile } from '../../store/wholeFile.ts';
import { historyOf, instantOf } from '../builderImages/imageFields.ts';

const longestList = 256 * 2 ** 20;
const longestDocument = 16 * 2 ** 20;
/** Of more images than that, a cache cannot be played beforehand. */
const maxImages = 20_000;

/**
 * The images of buildah's store, read where they are recorded (containers/storage, `images.go`): a list that is replaced
 * as a whole, and for each image a folder with its manifest and config, which never change. Nothing is locked or written.
 */
export class StoredBuildahImages {
  readonly #folders: readonly string[];
  #known = new Map<string, BuilderImage>();

  /** @param folders those of `BuildahProgram`; one that is not there has no images. */
  constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** @throws EngineError `denied`, `damaged`, `limit-exceeded`; `cancelled`. */
  async read(signal?: AbortSignal): Promise<readonly BuilderImage[]> {
    const found = new Map<string, BuilderImage>();
    for (const folder of this.#folders)
      for (const row of await rowsOf(folder)) {
        throwIfAborted(signal, folder);
        const id = textMember(row, 'id') ?? '';
        if (!/^[0-9a-f]{64}$/.test(id) || found.has(id)) continue;
        const image = this.#known.get(id) ?? (await readImage(path.join(folder, id), `sha256:${id}`));
        if (image !== undefined)
          found.set(id, { ...image, names: textList(row, 'names').map(normalizeName) });
        if (found.size > maxImages)
          throw new EngineError('limit-exceeded', folder, `it has more than ${maxImages} images`);
      }
    this.#known = found;
    return [...found.values()];
  }
}

async function rowsOf(folder: string): Promise<readonly JsonObject[]> {
  const list = await readJson(path.join(folder, 'images.json'), longestList);
  return asList(list).map((row) => asObject(row) ?? {});
}

/** Undefined of a list of images, and of one that is being written or was removed meanwhile. */
async function readImage(folder: string, id: string): Promise<BuilderImage | undefined> {
  const manifest = asObject(await readJson(path.join(folder, 'manifest'), longestDocument)) ?? {};
  const digest = asObject(manifest['config'])?.['digest'];
  if (!isDigest(digest)) return undefined;
  const file = path.join(folder, fileNameOf(digest));
  const config = asObject(await readJson(file, longestDocument));
  if (config === undefined) return undefined;
  return {
    ...{ id, names: [], parent: '' },
    created: instantOf(config['created']),
    config: parseContainerConfig(config['config']),
    history: historyOf(config['history']),
    diffIds: asList(asObject(config['rootfs'])?.['diff_ids'])
      .filter(isDigest)
      .map((each) => each as string as DiffId),
    form: (textMember(manifest, 'mediaType') ?? '').includes('docker') ? 'docker' : 'oci',
  };
}

/** As the storage names what has other characters than a file's name should have. */
function fileNameOf(key: string): string {
  return `=${Buffer.from(key).toString('base64')}`;
}

/** Undefined when it is not there. */
async function readJson(file: string, limit: number): Promise<unknown> {
  const bytes = await inEngineTerms(file, () => unlessAbsent(readWholeFile(nodeDisk, file, limit)));
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString()) as unknown;
  } catch (cause) {
    throw new EngineError('damaged', file, 'it is not JSON', { cause });
  }
}

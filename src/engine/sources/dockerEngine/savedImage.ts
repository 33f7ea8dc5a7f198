import { createHash } from 'node:crypto';
import { EngineError, isEngineError, toEngineError } from '../../base/errors.ts';
import { type Digest, type DiffId, algorithmOf, digestOf, isDigest } from '../../oci/digest.ts';
import { manifestLimit } from '../../oci/manifest.ts';
import type { BlobCache } from '../blobCache.ts';
import { parseDockerManifest } from '../dockerManifest.ts';
import { type FinishedBlob, SavedBlob } from './savedBlob.ts';
import { SavedDocuments } from './savedDocuments.ts';
import type { ArchiveTaker, FileTaker, StreamedFile } from './tarStream.ts';

/** What is to be kept of an image's save stream. */
export interface SavedImageWishes {
  /** The digest that the image's documents are found from: of a classic store the config's, else of manifest or index. */
  readonly root: Digest;
  /** All its layers, lowest first. */
  readonly layers: readonly DiffId[];
  /** Those of them that are to be kept; the others are passed over. */
  readonly wanted: readonly DiffId[];
  /** Blobs that are passed over too, as far as they are known by their digests. */
  readonly passedOver: readonly Digest[];
  /** Keeps every blob there is, documents too, as they are: for moving the image on. */
  readonly keepsAll: boolean;
}

/** A layer that has come, or why it has not. */
export type LayerOutcome = FinishedBlob | EngineError;

/**
 * Takes an image out of a save stream of any shape (formats.md §1.2): wanted layers go into the cache as they come, each
 * checked by its diffID, and documents are kept as soon as they are whole; nothing else stays.
 */
export class SavedImage implements ArchiveTaker {
  readonly #cache: BlobCache;
  readonly #wishes: SavedImageWishes;
  readonly #onLayer: (diffId: DiffId, outcome: LayerOutcome) => void;
  readonly #missing: Set<DiffId>;
  readonly #passedOver: Set<string>;
  readonly #documents = new SavedDocuments();
  #isLearned = false;
  /** What became of each blob, by its name in the archive and by its digest. */
  readonly #outcomes = new Map<string, LayerOutcome>();
  readonly #links = new Map<string, string>();
  #manifestJson: Buffer | undefined;
  readonly #open = new Set<SavedBlob>();
  /** Blobs that have come whole and are still being checked and written. */
  readonly #finishing = new Set<Promise<void>>();
  #failure: EngineError | undefined;

  constructor(
    cache: BlobCache,
    wishes: SavedImageWishes,
    onLayer: (diffId: DiffId, outcome: LayerOutcome) => void,
  ) {
    this.#cache = cache;
    this.#wishes = wishes;
    this.#onLayer = onLayer;
    this.#missing = new Set(wishes.wanted);
    this.#passedOver = new Set<string>([...wishes.layers, ...wishes.passedOver]);
    for (const diffId of wishes.wanted) this.#passedOver.delete(diffId);
  }

  /** Whether the true config, and the manifest where there is one, are kept. */
  get isLearned(): boolean {
    return this.#isLearned;
  }

  get isDone(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return !this.#wishes.keepsAll && this.#isLearned && this.#missing.size === 0;
  }

  async file(file: StreamedFile): Promise<FileTaker | undefined> {
    const { name, size } = file;
    if (name === 'manifest.json') return this.#inMemory(file, (bytes) => void (this.#manifestJson = bytes));
    const role = roleOf(name);
    if (role === undefined || this.#mayPassOver(role)) return undefined;
    if (size <= manifestLimit) return this.#inMemory(file, (bytes) => this.#small(file, role, bytes));
    return role.kind === 'document' ? undefined : this.#blob(file, role.digest);
  }

  link(name: string, target: string): void {
    if (this.#links.size < maxLinks) this.#links.set(name, target);
  }

  /** Waits for what is still being written, and tells of the layers that have not come. */
  async finish(): Promise<void> {
    await Promise.all(this.#finishing);
    if (this.#failure !== undefined) throw this.#failure;
    await this.#learn();
    for (const diffId of [...this.#missing]) this.#tell(diffId, this.#whyMissing(diffId));
  }

  /** Leaves nothing that is not whole. */
  async discard(): Promise<void> {
    for (const blob of this.#open) await blob.discard();
    await Promise.all(this.#finishing);
  }

  #mayPassOver({ digest }: FileRole): boolean {
    return !this.#wishes.keepsAll && digest !== undefined && this.#passedOver.has(digest);
  }

  #inMemory({ size }: StreamedFile, take: (bytes: Buffer) => Promise<void> | void): FileTaker | undefined {
    if (size > manifestJsonLimit) return undefined;
    const pieces: Buffer[] = [];
    return {
      write: (bytes) => {
        pieces.push(Buffer.from(bytes));
        return Promise.resolve();
      },
      end: async () => take(Buffer.concat(pieces)),
    };
  }

  /** A small blob may be a document or a layer, whatever it looks like. */
  async #small(file: StreamedFile, { kind, digest }: FileRole, bytes: Buffer): Promise<void> {
    const actual = digestBy(digest, bytes);
    const isNamedTruly = digest === undefined || digest === actual;
    const isWanted = this.#missing.has(actual as string as DiffId);
    const isDocument = isNamedTruly && !isWanted && this.#documents.add(actual, bytes);
    if (isDocument && !this.#isLearned) await this.#learn();
    if ((kind === 'document' || isDocument) && !this.#wishes.keepsAll) return;
    const taker = await this.#blob(file, digest);
    await taker?.write(bytes);
    await taker?.end();
  }

  async #blob({ name, size }: StreamedFile, digest: Digest | undefined): Promise<FileTaker | undefined> {
    const isUnpacked = !this.#wishes.keepsAll;
    if (!isUnpacked && digest !== undefined && (await this.#cache.whole(digest, size)) !== undefined)
      return undefined;
    const blob = await SavedBlob.begin(this.#cache, { digest, size, isUnpacked });
    this.#open.add(blob);
    return {
      write: (bytes) => blob.write(bytes),
      end: () => {
        this.#open.delete(blob);
        const finishing = this.#settle(name, digest, blob).finally(() => this.#finishing.delete(finishing));
        this.#finishing.add(finishing);
        return Promise.resolve();
      },
    };
  }

  async #settle(name: string, digest: Digest | undefined, blob: SavedBlob): Promise<void> {
    const outcome = await blob
      .finish((diffId) => this.#missing.has(diffId))
      .catch((error: unknown) => toEngineError(error, digest ?? name));
    if (outcome instanceof EngineError && !isBlobs(outcome)) this.#failure ??= outcome;
    this.#outcomes.set(name, outcome);
    if (digest !== undefined) this.#outcomes.set(digest, outcome);
    if (outcome instanceof EngineError || outcome.diffId === undefined) return;
    if (this.#missing.has(outcome.diffId)) this.#tell(outcome.diffId, outcome);
  }

  #tell(diffId: DiffId, outcome: LayerOutcome): void {
    this.#missing.delete(diffId);
    this.#onLayer(diffId, outcome);
  }

  async #learn(): Promise<void> {
    const { documents, isWhole } = this.#documents.from(this.#wishes.root);
    if (!isWhole) return;
    for (const [digest, bytes] of documents) await this.#cache.keepDocument(digest, bytes);
    this.#isLearned = true;
  }

  /** By what the archive says of the layer: its blob did not come, is damaged, or unpacks to something else. */
  #whyMissing(diffId: DiffId): EngineError {
    const outcome = this.#namesOf(diffId)
      .map((name) => this.#outcomes.get(name))
      .find((each) => each !== undefined);
    if (outcome === undefined)
      return new EngineError('not-found', diffId, 'the engine did not send this layer');
    if (outcome instanceof EngineError) return outcome;
    return new EngineError('digest-mismatch', diffId, `its bytes are ${outcome.diffId ?? outcome.digest}`);
  }

  #namesOf(diffId: DiffId): readonly string[] {
    const { layers } = this.#documents.from(this.#wishes.root);
    const digests = layers.filter((each) => each.diffId === diffId).map(({ digest }) => digest);
    return [diffId, ...digests, ...this.#namesInManifestJson(diffId)];
  }

  #namesInManifestJson(diffId: DiffId): readonly string[] {
    const [element] = tryDockerManifest(this.#manifestJson) ?? [];
    const position = this.#wishes.layers.indexOf(diffId);
    const name = element?.layers[position];
    return name === undefined ? [] : [name, this.#links.get(name) ?? name];
  }
}

/** What a file may be, by its name. */
interface FileRole {
  readonly kind: 'blob' | 'document';
  /** What its bytes are to hash to, as its name says. */
  readonly digest: Digest | undefined;
}

function roleOf(name: string): FileRole | undefined {
  const [, algorithm, hex] = /^blobs\/(sha256|sha512)\/([a-f0-9]+)$/.exec(name) ?? [];
  if (algorithm !== undefined) {
    const digest = `${algorithm}:${hex ?? ''}`;
    return isDigest(digest) ? { kind: 'blob', digest } : undefined;
  }
  if (/^[a-f0-9]{64}\/layer\.tar$/.test(name)) return { kind: 'blob', digest: undefined };
  const plain = /^([a-f0-9]{64})\.tar$/.exec(name)?.[1];
  if (plain !== undefined) return { kind: 'blob', digest: `sha256:${plain}` as Digest };
  return /^[a-f0-9]{64}\.json$/.test(name) ? { kind: 'document', digest: undefined } : undefined;
}

function digestBy(named: Digest | undefined, bytes: Uint8Array): Digest {
  if (named === undefined || algorithmOf(named) === 'sha256') return digestOf(bytes);
  return `sha512:${createHash('sha512').update(bytes).digest('hex')}` as Digest;
}

/** Whether the blob itself is to blame, and not the disk it was written to. */
function isBlobs(error: EngineError): boolean {
  return blobFailures.some((code) => isEngineError(error, code));
}

const blobFailures = [
  'digest-mismatch',
  'damaged',
  'truncated',
  'unsupported',
  'limit-exceeded',
  'size-mismatch',
] as const;

function tryDockerManifest(bytes: Buffer | undefined): ReturnType<typeof parseDockerManifest> {
  try {
    return bytes && parseDockerManifest(bytes);
  } catch {
    return undefined;
  }
}

const maxLinks = 10_000;
const manifestJsonLimit = 20 * 2 ** 20;

import { BlobFile } from '../archive/blobFile.ts';
import type { BlobLocation } from '../archive/blobLocation.ts';
import { sniffCompression, sniffLength } from '../archive/compression.ts';
import type { Logger } from '../base/log.ts';
import type { Digest } from '../oci/digest.ts';
import type { IndexFiles } from './indexFiles.ts';
import { provenIdentities } from './layerIdentities.ts';
import type { LayerIndex } from './layerIndex.ts';
import { type LayerKey, claimOfKey, identityKeyOf } from './layerKey.ts';

/** The digest of a file whose bytes were hashed when it was put where it is. */
export type VouchedDigest = (blob: BlobLocation) => Digest | undefined;

/**
 * Gives index files the further names that their layers' bytes have proved, under which they are found without the bytes.
 * A name that cannot be given is only logged: the layer is read once more then.
 */
export class IndexNames {
  readonly #files: IndexFiles;
  readonly #vouchedDigest: VouchedDigest | undefined;
  readonly #log: Logger;

  constructor(files: IndexFiles, vouchedDigest: VouchedDigest | undefined, log: Logger) {
    this.#files = files;
    this.#vouchedDigest = vouchedDigest;
    this.#log = log;
  }

  /** Every name that is proved of a layer that was just read. */
  async prove(key: LayerKey, index: LayerIndex, blob: BlobLocation): Promise<void> {
    const secret = await this.#files.secret();
    const digest = this.#vouchedDigest?.(blob);
    const vouched = digest && { digest, isPlain: await isPlainTar(blob) };
    for (const { claim, identity } of provenIdentities(index, claimOfKey(key), vouched))
      await this.#add(key, identityKeyOf(claim, identity, secret));
  }

  /** A layer may have been read from an archive before it came to where its bytes are vouched for. Nobody waits for it. */
  proveLater(key: LayerKey, index: LayerIndex, blob: BlobLocation): void {
    const digest = this.#vouchedDigest?.(blob);
    if (digest === undefined) return;
    this.#proveOnce(key, index, blob, digest).catch((error: unknown) => {
      this.#log.debug(`The index ${key} is not vouched for: ${String(error)}`);
    });
  }

  /** The bytes of `own` are those that `key` stands for; what else has that name could not be opened. */
  async rename(own: LayerKey, key: LayerKey): Promise<void> {
    await this.#files.remove(key).catch(() => undefined);
    await this.#add(own, key);
  }

  async #proveOnce(key: LayerKey, index: LayerIndex, blob: BlobLocation, digest: Digest): Promise<void> {
    const name = identityKeyOf(claimOfKey(key), `blob ${digest}`, await this.#files.secret());
    if (!(await this.#files.has(name))) await this.prove(key, index, blob);
  }

  async #add(key: LayerKey, name: LayerKey): Promise<void> {
    try {
      await this.#files.addName(key, name);
    } catch (error) {
      this.#log.debug(`The index ${key} has no second name: ${String(error)}`);
    }
  }
}

async function isPlainTar(blob: BlobLocation): Promise<boolean> {
  await using file = await BlobFile.open(blob);
  return sniffCompression(await file.read(0, sniffLength)) === 'tar';
}

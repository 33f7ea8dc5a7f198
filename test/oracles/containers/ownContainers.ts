import { isEngineError } from '../../../src/engine/base/errors.ts';
import type { Container } from '../../../src/engine/snapshots/container.ts';
import type { ContainerChange } from '../../../src/engine/snapshots/containerDiff.ts';
import { Snapshotter } from '../../../src/engine/snapshots/snapshotter.ts';
import type { DiskStore } from '../../../src/engine/store/diskStore.ts';
import { ImageStore } from '../../../src/engine/transfer/imageStore.ts';
import { applyOperation } from '../../support/applyOperation.ts';
import type { BuiltImage } from '../../support/buildImage.ts';
import { baseOf } from '../../support/containerFixture.ts';
import type { ContainerOperation } from '../../support/containerOperations.ts';
import type { OperationSequence } from '../../support/operationSequence.ts';
import { filesOfContainer, type ShownFile } from '../../support/shownFile.ts';
import { storeWith } from '../../support/storeFixture.ts';
import { tempDir } from '../../support/tempDir.ts';

/** What one container became, whoever has it. */
export interface ChangedContainer {
  /** What each operation ended with, sequence after sequence; empty for success. */
  readonly endings: readonly (readonly string[])[];
  /** What is at and below the roots of each sequence. */
  readonly files: readonly (readonly ShownFile[])[];
}

/** One of ours, with its changes. */
export interface OwnChanged extends ChangedContainer {
  readonly changes: readonly ContainerChange[];
}

/** Containers of a store of Lamina's, all of one image. */
export class OwnContainers {
  readonly #image: BuiltImage;
  readonly #store: DiskStore;
  readonly #snapshotter: Snapshotter;
  readonly #base: ReturnType<typeof baseOf>;

  private constructor(image: BuiltImage, store: DiskStore) {
    this.#image = image;
    this.#store = store;
    this.#snapshotter = new Snapshotter(store);
    this.#base = baseOf(image);
  }

  static async of(image: BuiltImage): Promise<OwnContainers> {
    return new OwnContainers(image, await storeWith(image));
  }

  /** Makes a container, changes it, and commits it under a name when one is given. */
  async change(sequences: readonly OperationSequence[], commitName?: string): Promise<OwnChanged> {
    const config = await this.#snapshotter.create({ manifest: this.#image.manifestDigest });
    const container = await this.#snapshotter.open(config, this.#base);
    const endings: (readonly string[])[] = [];
    for (const { operations } of sequences) {
      const own: string[] = [];
      for (const operation of operations) own.push(await endingOf(container, operation));
      endings.push(own);
    }
    if (commitName !== undefined) await this.#snapshotter.commit(container, { name: commitName });
    const changes = await container.diff();
    const files: (readonly ShownFile[])[] = [];
    for (const { roots } of sequences) files.push(await filesOfContainer(container, roots));
    await this.#snapshotter.remove(config.id);
    return { endings, files, changes };
  }

  /** Saves one of the images; gives the file. */
  async save(name: string, format: 'docker-archive' | 'oci-archive'): Promise<string> {
    const store = new ImageStore(this.#store.places.directory);
    await using source = await store.source();
    const entries = await source.list();
    const images = entries.filter(({ names }) => names.includes(name)).map((entry) => ({ source, entry }));
    const destination = tempDir().file(`${format}.tar`);
    await store.save({ images, format, destination });
    return destination;
  }
}

async function endingOf(container: Container, operation: ContainerOperation): Promise<string> {
  const text = 'text' in operation ? operation.text : '';
  const pieces = text === '' ? [] : await container.write(Buffer.from(text, 'latin1'));
  try {
    await container.change((upper) => {
      applyOperation(upper, operation, () => pieces);
    });
    return '';
  } catch (error) {
    if (!isEngineError(error)) throw error;
    return error.code;
  }
}

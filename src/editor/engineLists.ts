import {
  type EngineContainer,
  type EngineImage,
  type EngineImageDetails,
  familiarName,
  normalizeName,
} from '../engine/index.ts';

/** What became another in an engine's lists. `images` and `containers`: one came or went, or is named otherwise. */
export type ListChange =
  | { readonly kind: 'images' }
  | { readonly kind: 'containers' }
  | { readonly kind: 'image'; readonly id: string }
  | { readonly kind: 'container'; readonly id: string };

/** The images and containers of one engine as it last told them, and what an answer about one of them changes. */
export class EngineLists {
  #images: Map<string, EngineImage> | undefined;
  #containers = new Map<string, EngineContainer>();
  #users: ReadonlyMap<string, readonly EngineContainer[]> | undefined;

  /** Whether the engine has told its lists. */
  get isKnown(): boolean {
    return this.#images !== undefined;
  }

  get images(): readonly EngineImage[] {
    return [...(this.#images?.values() ?? [])];
  }

  get containers(): readonly EngineContainer[] {
    return [...this.#containers.values()];
  }

  image(id: string): EngineImage | undefined {
    return this.#images?.get(id);
  }

  container(id: string): EngineContainer | undefined {
    return this.#containers.get(id);
  }

  /** The containers made from an image, stopped ones too. */
  usersOf(id: string): readonly EngineContainer[] {
    this.#users ??= byImage(this.containers);
    return this.#users.get(id) ?? [];
  }

  /** The image a container was made from, as far as the engine still has it. */
  imageOfContainer({ imageId, image }: EngineContainer): EngineImage | undefined {
    return (
      this.image(imageId) ?? this.images.find(({ repoTags }) => repoTags.some((tag) => isSame(tag, image)))
    );
  }

  set(images: readonly EngineImage[], containers: readonly EngineContainer[]): void {
    this.#images = new Map(images.map((image) => [image.id, image]));
    this.#containers = new Map(containers.map((container) => [container.id, container]));
    this.#users = undefined;
  }

  clear(): void {
    this.#images = undefined;
    this.#containers.clear();
    this.#users = undefined;
  }

  /** A row of the list for what an inspection tells. What only a list counts is taken from the row that is known. */
  imageOf({ id, repoTags, repoDigests, created, sizeBytes, ...details }: EngineImageDetails): EngineImage {
    const known = this.image(id);
    const createdMs = created === undefined ? Number.NaN : Date.parse(created);
    const ofManifests = details.manifests.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
    return {
      labels: {},
      createdSeconds: Number.isNaN(createdMs) ? 0 : Math.max(0, Math.floor(createdMs / 1000)),
      sizeBytes: Math.max(sizeBytes, ofManifests),
      ...known,
      id,
      repoTags: repoTags.filter((tag) => !tag.startsWith('<none>')),
      repoDigests,
      manifests: details.manifests,
      ...(details.parentId !== undefined && { parentId: details.parentId }),
      ...(details.target !== undefined && { target: details.target }),
    };
  }

  /**
   * Takes in what the engine says now of an image that was asked for by ID or name; undefined when it has none.
   *
   * @returns `unsure`: images that lost a name by it, so that they may be gone, too.
   */
  putImage(
    asked: string,
    image: EngineImage | undefined,
  ): { readonly changes: readonly ListChange[]; readonly unsure: readonly string[] } {
    if (this.#images === undefined) return { changes: [], unsure: [] };
    if (image === undefined) return this.#dropImage(asked);
    const before = this.#images.get(image.id);
    const unsure = this.#takeNames(image);
    this.#images.set(image.id, image);
    if (before?.repoTags.join() !== image.repoTags.join()) return { changes: [{ kind: 'images' }], unsure };
    const isSameRow = JSON.stringify(before) === JSON.stringify(image);
    return { changes: isSameRow ? [] : [{ kind: 'image', id: image.id }], unsure };
  }

  /** The same for a container. The image that more or fewer containers use now is told, too. */
  putContainer(id: string, container: EngineContainer | undefined): readonly ListChange[] {
    const before = this.#containers.get(id);
    if (container === undefined) this.#containers.delete(id);
    else this.#containers.set(id, container);
    if (before === container || JSON.stringify(before) === JSON.stringify(container)) return [];
    this.#users = undefined;
    if (before !== undefined && container !== undefined)
      return [before.names[0] === container.names[0] ? { kind: 'container', id } : { kind: 'containers' }];
    const image = this.image((container ?? before)?.imageId ?? '');
    return [
      { kind: 'containers' },
      ...(image === undefined ? [] : [{ kind: 'image' as const, id: image.id }]),
    ];
  }

  #dropImage(asked: string): { readonly changes: readonly ListChange[]; readonly unsure: readonly string[] } {
    const wasThere = this.#images?.delete(asked);
    if (wasThere === true) return { changes: [{ kind: 'images' }], unsure: [] };
    // It was a name, and the image it named may have others.
    const owner = this.images.find(({ repoTags }) => repoTags.some((tag) => isSame(tag, asked)));
    return { changes: [], unsure: owner === undefined ? [] : [owner.id] };
  }

  /** Takes an image's names from the others, and tells which had one. */
  #takeNames({ id, repoTags }: EngineImage): readonly string[] {
    const names = new Set(repoTags);
    const losers = this.images.filter(
      (each) => each.id !== id && each.repoTags.some((tag) => names.has(tag)),
    );
    for (const loser of losers)
      this.#images?.set(loser.id, { ...loser, repoTags: loser.repoTags.filter((tag) => !names.has(tag)) });
    return losers.map((each) => each.id);
  }
}

function byImage(containers: readonly EngineContainer[]): ReadonlyMap<string, readonly EngineContainer[]> {
  const users = new Map<string, EngineContainer[]>();
  for (const container of containers) {
    const known = users.get(container.imageId);
    if (known === undefined) users.set(container.imageId, [container]);
    else known.push(container);
  }
  return users;
}

/** Whether two names mean the same: `nginx` and `docker.io/library/nginx:latest`. */
function isSame(a: string, b: string): boolean {
  return a === b || familiarName(normalizeName(a)) === familiarName(normalizeName(b));
}

import { type ContainerFileChange, type LayerPath, parentPath, rootPath } from '../../engine/index.ts';
import { isOwnChange } from '../changeText.ts';

/** What changes add up to. */
export interface ChangeSummary {
  readonly added: number;
  readonly modified: number;
  readonly removed: number;
  /** What the files that were added or modified hold: what a commit would write. */
  readonly bytes: number;
}

/** The changes of a container, below the folders in which they are. */
export class ChangeTree {
  readonly summary: ChangeSummary;
  readonly #byPath: ReadonlyMap<LayerPath, ContainerFileChange>;
  readonly #below = new Map<LayerPath, ContainerFileChange[]>();

  /** @param changes folders before what is in them. */
  constructor(changes: readonly ContainerFileChange[]) {
    this.#byPath = new Map(changes.map((change) => [change.path, change]));
    for (const change of changes) {
      const folder = this.#folderOf(change.path);
      const known = this.#below.get(folder);
      if (known === undefined) this.#below.set(folder, [change]);
      else known.push(change);
    }
    this.summary = summaryOf(changes.filter((change) => !this.isOnTheWay(change)));
  }

  /** How many paths changed, folders left out that are listed only for what changed in them. */
  get count(): number {
    const { added, modified, removed } = this.summary;
    return added + modified + removed;
  }

  at(path: LayerPath): ContainerFileChange | undefined {
    return this.#byPath.get(path);
  }

  /** What changed directly in a folder; folders that only lead to one other are passed over. */
  below(folder: LayerPath = rootPath): readonly ContainerFileChange[] {
    return (this.#below.get(folder) ?? []).map((change) => this.#end(change));
  }

  /** Whether a folder is listed only for what changed in it. */
  isOnTheWay(change: ContainerFileChange): boolean {
    return !isOwnChange(change) && this.#below.has(change.path);
  }

  /** Whether what is at the path is a folder, as far as it can be told. */
  isFolder({ path, before, after }: ContainerFileChange): boolean {
    return (after ?? before)?.type === 'dir' || this.#below.has(path);
  }

  #end(change: ContainerFileChange): ContainerFileChange {
    if (!this.isOnTheWay(change)) return change;
    const [only, second] = this.#below.get(change.path) ?? [];
    return only !== undefined && second === undefined && this.isOnTheWay(only) ? this.#end(only) : change;
  }

  /** The nearest folder above that is listed, or the root. */
  #folderOf(path: LayerPath): LayerPath {
    const folder = parentPath(path);
    return folder === rootPath || this.#byPath.has(folder) ? folder : this.#folderOf(folder);
  }
}

function summaryOf(changes: readonly ContainerFileChange[]): ChangeSummary {
  const count = (kind: ContainerFileChange['kind']): number =>
    changes.filter((change) => change.kind === kind).length;
  const bytes = changes.reduce((sum, { after }) => sum + (after?.type === 'file' ? after.size : 0), 0);
  return { added: count('added'), modified: count('modified'), removed: count('removed'), bytes };
}

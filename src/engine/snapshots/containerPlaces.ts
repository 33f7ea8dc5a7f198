import { join } from 'node:path';
import { StorePlaces } from '../store/storePlaces.ts';

/** Where things of one container are in the store. Its lock is its own: containers do not wait for one another. */
export class ContainerPlaces extends StorePlaces {
  override readonly lock: string;
  readonly container: string;
  /** What the container is of; the container is there when this is. */
  readonly config: string;
  /** What was changed, see `journal.ts`. */
  readonly journal: string;
  /** Files' bytes, under random names. */
  readonly contents: string;

  constructor(directory: string, id: string) {
    super(directory);
    this.container = join(this.containers, id);
    this.lock = join(this.container, 'lock');
    this.config = join(this.container, 'config.json');
    this.journal = join(this.container, 'journal');
    this.contents = join(this.container, 'contents');
  }

  content(name: string): string {
    return join(this.contents, name);
  }
}

import {
  baseName,
  copyIn,
  EngineError,
  type IncomingFile,
  incomingTar,
  type LayerPath,
  parentPath,
  rootPath,
  tarFiles,
  toText,
  treeTar,
} from '../../engine/index.ts';
import type { OpenedContainer } from '../openedContainers.ts';

/** A path of a container. */
interface Place {
  readonly container: OpenedContainer;
  readonly path: LayerPath;
}

/**
 * Copies a file, a link itself, or a folder with all that is in it, with modes and owners. In a container of the store all of
 * it appears in one step.
 *
 * @param there what becomes of what is at the target.
 * @throws EngineError `already-exists` when it is to stay; `not-found`, `invalid-path`; as the containers throw.
 */
export async function copyBetween(from: Place, to: Place, there: 'keep' | 'replace'): Promise<void> {
  const { files } = to.container;
  if (from.container === to.container && (isIn(from.path, to.path) || isIn(to.path, from.path)))
    throw new EngineError('invalid-path', toText(to.path), 'one of the two is in the other');
  if ((await files.lookup(to.path)) !== undefined) {
    if (there === 'keep')
      throw new EngineError('already-exists', toText(to.path), 'there is something already');
    await files.remove(to.path);
  }
  const incoming = tarFiles(await tarOf(from), toText(from.path));
  await put(renamed(incoming, baseName(to.path)), to.container, parentPath(to.path));
}

async function tarOf({ container, path }: Place): Promise<AsyncIterable<Uint8Array>> {
  const { place, id } = container;
  if (place.kind === 'engine')
    return (await place.engine.client.getArchive(id, toText(path))).body as AsyncIterable<Uint8Array>;
  const tree = await place.files.tree();
  const entry = tree.view.lookup(path);
  if (entry === undefined) throw new EngineError('not-found', toText(path), 'there is nothing at this path');
  return treeTar(tree, entry, baseName(path));
}

/** An engine calls what it gives as it is called there; it becomes another first part of each name. */
async function* renamed(files: AsyncIterable<IncomingFile>, name: string): AsyncGenerator<IncomingFile> {
  const under = (other: string): string => [name, ...other.split('/').slice(1)].join('/');
  for await (const file of files)
    yield {
      ...file,
      name: under(file.name),
      ...(file.hardlinkTo !== undefined && { hardlinkTo: under(file.hardlinkTo) }),
    };
}

async function put(
  files: AsyncIterable<IncomingFile>,
  { place, id }: OpenedContainer,
  directory: LayerPath,
): Promise<void> {
  if (place.kind === 'store') await copyIn({ target: place.files, directory, files, owner: 'kept' });
  else
    await place.engine.client.putArchive(id, toText(directory), incomingTar(files, 'kept'), {
      copiesOwners: true,
    });
}

function isIn(path: LayerPath, folder: LayerPath): boolean {
  return path === folder || path.startsWith(folder === rootPath ? folder : `${folder}/`);
}

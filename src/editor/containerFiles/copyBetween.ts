import {
  baseName,
  type ByteName,
  copyIn,
  EngineError,
  type IncomingFile,
  type LayerPath,
  parentPath,
  rootPath,
  joinPath,
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
    throw new EngineError('invalid-path', toText(to.path), 'one of the two folders is in the other');
  if ((await files.lookup(to.path)) !== undefined) {
    if (there === 'keep')
      throw new EngineError('already-exists', toText(to.path), 'there is something already');
    await files.remove(to.path);
  }
  const [directory, name] = [parentPath(to.path), baseName(to.path)];
  if (to.container.place.kind === 'store') {
    const files = renamed(tarFiles(await tarOf(from, name), toText(from.path)), name);
    await copyIn({ target: to.container.place.files, directory, files, owner: 'kept' });
  } else await copyIntoEngine(from, to);
}

/** @param name what it is called there; an engine has its own word for that. */
async function tarOf({ container, path }: Place, name: string): Promise<AsyncIterable<Uint8Array>> {
  const { place } = container;
  if (place.kind === 'engine')
    return (await place.engine.client.getArchive(container.id, toText(path)))
      .body as AsyncIterable<Uint8Array>;
  const tree = await place.files.tree();
  const entry = tree.view.lookup(path);
  if (entry === undefined) throw new EngineError('not-found', toText(path), 'there is nothing at this path');
  return treeTar(tree, entry, name);
}

async function copyIntoEngine(from: Place, to: Place): Promise<void> {
  const [directory, name] = [parentPath(to.path), baseName(to.path)];
  const { place, id } = to.container;
  if (place.kind !== 'engine') return;
  if (from.container.place.kind === 'store' || baseName(from.path) === name)
    await place.engine.client.putArchive(id, toText(directory), await tarOf(from, name), {
      copiesOwners: true,
    });
  else await copyOneByOne(from, to);
}

/** What an engine gives bears the names it had, so what is called otherwise is made anew: folders, and files with their bytes. */
async function copyOneByOne(from: Place, to: Place): Promise<void> {
  const file = await from.container.files.resolve(from.path);
  if (file === undefined)
    throw new EngineError('not-found', toText(from.path), 'there is nothing at this path');
  if (file.type !== 'dir') {
    await to.container.files.writeFile(to.path, from.container.files.read(from.path));
    return;
  }
  await to.container.files.mkdir(to.path);
  for (const { name } of await from.container.files.list(from.path))
    await copyBetween(inside(from, name), inside(to, name), 'keep');
}

function isIn(path: LayerPath, folder: LayerPath): boolean {
  return path === folder || path.startsWith(folder === rootPath ? folder : `${folder}/`);
}

function inside({ container, path }: Place, name: ByteName): Place {
  return { container, path: joinPath(path, name) };
}

/** With another first part of their names. */
async function* renamed(files: AsyncIterable<IncomingFile>, name: string): AsyncGenerator<IncomingFile> {
  const under = (other: string): string => [name, ...other.split('/').slice(1)].join('/');
  for await (const file of files)
    yield {
      ...file,
      name: under(file.name),
      ...(file.hardlinkTo !== undefined && { hardlinkTo: under(file.hardlinkTo) }),
    };
}

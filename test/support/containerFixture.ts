import type { LayerPath } from '../../src/engine/base/layerPath.ts';
import type { RootfsEntry } from '../../src/engine/rootfs/rootfs.ts';
import { createUnionView } from '../../src/engine/rootfs/unionView.ts';
import type { Container, ContainerBase } from '../../src/engine/snapshots/container.ts';
import { type BuiltImage, buildImage } from './buildImage.ts';
import { contentOf, indexTar } from './unionOf.ts';

/** As the lesson has it: a file of the base, another version of it above. */
export const lessonImage = buildImage(
  [
    { 'etc/nginx.conf': 'listen 80;', 'html/index.html': 'Welcome to nginx!', 'html/50x.html': 'An error.' },
    { 'html/index.html': { content: 'Hello!', mode: 0o600, uid: 33, gid: 33 } },
  ],
  {
    names: ['docker.io/library/hello-nginx:latest'],
    compression: 'gzip',
    runtime: { Cmd: ['nginx', '-g', 'daemon off;'], Env: ['PATH=/bin', 'A=1'] },
  },
);

/** An image in memory, as containers are opened on it. */
export function baseOf(image: BuiltImage): ContainerBase {
  const tars = image.layers.map(({ tar }) => tar);
  const view = createUnionView(tars.map((tar) => indexTar(tar)));
  return {
    view,
    async *read(file: RootfsEntry, { start, end }) {
      yield await Promise.resolve(contentOf(view, tars, file).subarray(start, end));
    },
  };
}

/** What a container has at a path, as text; undefined when there is nothing. */
export async function textAt(container: Container, path: string): Promise<string | undefined> {
  const entry = container.view.resolve(path as LayerPath);
  if (entry === undefined) return undefined;
  const pieces: Uint8Array[] = [];
  for await (const piece of container.read(entry)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

import { type LayerFile, sameFilesOf } from './compare/sharingFiles.ts';
import type { SharingReport } from './compare/sharing.ts';
import { type LayerContent, type MeasuredImage, layerContents, sharingOf } from './compare/sharingOf.ts';
import { EngineError } from './base/errors.ts';
import { rootPath } from './base/layerPath.ts';
import type { ImageFiles } from './imageFiles.ts';
import type { ImageLayers } from './imageLayers.ts';
import type { LayerOptions } from './engineContract.ts';
import type { LayerIndex } from './layers/layerIndex.ts';
import type { RootfsEntry } from './rootfs/rootfs.ts';
import type { Image } from './sources/image.ts';

/** What images share; looks into layers that may make the same changes. @throws EngineError `cancelled`. */
export async function sharingOfImages(
  images: readonly MeasuredImage[],
  layers: ImageLayers,
  files: ImageFiles,
  options: LayerOptions = {},
): Promise<SharingReport> {
  const index = (content: LayerContent): Promise<LayerIndex> => {
    const { image, layer } = placeOf(images, content);
    return layers.index(image, layer, options);
  };
  const hash = async ({ content, node }: LayerFile): Promise<string> => {
    const { image, layer } = placeOf(images, content);
    return files.hash(image, fileAt(await index(content), layer, node), options);
  };
  const sameContent = async (one: LayerFile, other: LayerFile): Promise<boolean> =>
    (await hash(one)) === (await hash(other));
  const sameFiles = await sameFilesOf(layerContents(images), { index, sameContent }, options.signal);
  return sharingOf(images, sameFiles);
}

/** What the engine counts for each layer, lowest first; undefined where it does not say so of all. */
export function engineSizesOf({ core }: Image): readonly number[] | undefined {
  const sizes = core.layers.flatMap(({ engineBytes }) => engineBytes ?? []);
  return sizes.length === core.layers.length ? sizes : undefined;
}

function placeOf(
  images: readonly MeasuredImage[],
  { key, places }: LayerContent,
): { readonly image: Image; readonly layer: number } {
  const [place] = places;
  const measured = place && images[place.image];
  if (place !== undefined && measured !== undefined) return { image: measured.image, layer: place.layer };
  throw new EngineError('internal', key, 'the layer is in no image');
}

/** A file of one layer alone, as reading asks for it. */
function fileAt(index: LayerIndex, layer: number, node: number): RootfsEntry {
  return {
    path: rootPath,
    name: index.name(node),
    type: index.type(node),
    mode: index.mode(node),
    uid: index.uid(node),
    gid: index.gid(node),
    size: index.size(node),
    layer,
    contentLayer: layer,
    contentNode: node,
  };
}

import { toText } from '../base/layerPath.ts';
import type { FileContent } from '../layers/fileContent.ts';
import type { LayerIndex } from '../layers/layerIndex.ts';
import type { RootfsEntry } from './rootfs.ts';

/** Where a file's bytes lie. @param index of the file's `contentLayer`. */
export function fileContentIn(index: LayerIndex, file: RootfsEntry): FileContent {
  return {
    subject: toText(file.path),
    dataOffset: index.dataOffset(file.contentNode),
    size: file.size,
    sparseMap: index.sparseMap(file.contentNode),
    contentHash: index.contentHash(file.contentNode),
  };
}

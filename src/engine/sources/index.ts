import type { FilesPort } from '../archive/filesPort.ts';
import type { CallOptions } from '../base/progress.ts';
import type { ImageSource } from './imageSource.ts';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { openFiles } from '../archive/openFiles.ts';
import { EngineError } from '../base/errors.ts';
import { openDockerArchive } from './dockerArchive.ts';
import { explainNoImage } from './explainNoImage.ts';
import { openBareIndex, openOciLayout } from './ociLayout.ts';
import { openSkopeoDir } from './skopeoDir.ts';

export interface OpenSourceOptions extends CallOptions {
  /** Where an archive that is compressed as a whole is unpacked to; it goes away when the source is closed. */
  readonly spoolDirectory: string;
}

/** Every form images come in on disk, in the order in which they are tried (formats.md §1.1). Adding one is one line here. */
const formats: readonly ((files: FilesPort) => Promise<ImageSource | undefined>)[] = [
  (files) => openOciLayout(files),
  openSkopeoDir,
  openDockerArchive,
  openBareIndex,
];

/**
 * Opens an archive or a folder of images; the bytes decide what it is. A layout's own `index.json` or `oci-layout`
 * stands for its folder.
 *
 * @throws EngineError `not-found`; `invalid-archive` when it is no image, saying what it is instead; `unsupported` for
 * a compression that is not read.
 */
export async function openSource(location: string, options: OpenSourceOptions): Promise<ImageSource> {
  const files = await openFiles(await folderOfIndex(location), options);
  try {
    for (const open of formats) {
      const source = await open(files);
      if (source !== undefined) return source;
    }
    throw new EngineError('invalid-archive', location, await explainNoImage(files));
  } catch (error) {
    await files[Symbol.asyncDispose]();
    throw error;
  }
}

async function folderOfIndex(location: string): Promise<string> {
  if (!['index.json', 'oci-layout'].includes(path.basename(location))) return location;
  const isFile = await stat(location).then(
    (status) => status.isFile(),
    () => false,
  );
  return isFile ? path.dirname(location) : location;
}

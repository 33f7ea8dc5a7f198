import type { BlobLocation } from '../archive/blobLocation.ts';
import type { Problem, ProblemCode } from '../base/problem.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { LayerBlob } from './imageSource.ts';
import { type Compression, sniffCompression, sniffLength } from '../archive/compression.ts';
import { readBlob } from '../archive/readBlob.ts';
import { parseLayerType } from '../oci/mediaType.ts';

/** Bytes of a layer as it is stored: those that are here, else as its place or its manifest says. */
export function storedSizeOf({ location, remote, descriptor }: LayerBlob): number | undefined {
  return location?.size ?? remote?.size ?? descriptor?.size;
}

/** What can be told of a layer without reading it: whether it is here, whole, and what its media type says. */
export async function checkLayer(
  layer: LayerBlob,
  position: number,
  name: string,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  const { descriptor, location } = layer;
  const report = (code: ProblemCode, detail: string): void => {
    problems.push({ code, subject: descriptor?.digest ?? name, detail, layer: position });
  };
  const type = descriptor && parseLayerType(descriptor.mediaType);
  if (descriptor !== undefined && type === undefined)
    report('media-type-unknown', `${descriptor.mediaType || 'no media type'} is not that of a tar layer`);
  if (type?.isEncrypted === true) report('encrypted-layer', 'its bytes are encrypted');
  // What lies elsewhere is looked at when it has been brought here.
  if (layer.remote !== undefined) return problems;
  if (location === undefined) {
    if (type?.isForeign === true) report('foreign-layer', foreignReason(descriptor));
    else report('blob-missing', `${name} is not in the source`);
    return problems;
  }
  if (descriptor !== undefined) compareSizes(descriptor, location, report);
  if (type !== undefined && !type.isEncrypted) await compareCompression(type.compression, location, report);
  return problems;
}

function foreignReason(descriptor: Descriptor | undefined): string {
  const [url] = descriptor?.urls ?? [];
  return `it may not be passed on with the image${url === undefined ? '' : `; it is kept at ${url}`}`;
}

type Report = (code: ProblemCode, detail: string) => void;

function compareSizes({ size }: Descriptor, location: BlobLocation, report: Report): void {
  if (location.size === size) return;
  const detail = `${location.size} bytes, its descriptor says ${size}`;
  report(location.size < size ? 'blob-truncated' : 'size-mismatch', detail);
}

async function compareCompression(
  said: 'tar' | 'gzip' | 'zstd',
  location: BlobLocation,
  report: Report,
): Promise<void> {
  const found = await sniffLayer(location);
  if (found !== undefined && found !== 'empty' && found !== said)
    report('media-type-mismatch', `its media type says ${nameOf(said)}, its bytes are ${nameOf(found)}`);
}

/** How a layer is packed, by its first bytes; undefined when they cannot be read (who reads the layer will say why). */
export async function sniffLayer({ file, offset, size }: BlobLocation): Promise<Compression | undefined> {
  const head = { file, offset, size: Math.min(size, sniffLength) };
  return readBlob(head, sniffLength, file).then(sniffCompression, () => undefined);
}

function nameOf(compression: Compression): string {
  return compression === 'tar' ? 'uncompressed' : compression;
}

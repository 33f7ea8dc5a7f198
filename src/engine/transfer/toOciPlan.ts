import { asList, asObject, type JsonObject, parseJson } from '../oci/json.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { mediaTypes } from '../oci/mediaType.ts';
import type { ImagePlan, PlannedBlob } from './imagePlan.ts';

/**
 * The same image with OCI's media types in the place of Docker's: skopeo, podman and umoci do not see a manifest of
 * Docker's type in an image layout. Configs and layers stay, and with them the image's ID; only the digests of manifests
 * change that have to name other types. A plan without Docker's types is given back as it is.
 */
export function toOciPlan(plan: ImagePlan): ImagePlan {
  const renamed = new Map<string, Descriptor>();
  const blobs = plan.blobs.map((blob) => renameDocument(blob, renamed));
  if (renamed.size === 0) return plan;
  const rename = (descriptor: Descriptor): Descriptor => renamedDescriptor(descriptor, renamed);
  return {
    target: rename(plan.target),
    blobs,
    manifests: plan.manifests.map(({ descriptor, config, layers }) => ({
      descriptor: rename(descriptor),
      config: rename(config),
      layers: layers.map(rename),
    })),
  };
}

/** Documents come after what they name, so that the new names of those are known. */
function renameDocument(blob: PlannedBlob, renamed: Map<string, Descriptor>): PlannedBlob {
  const { kind, descriptor, from } = blob;
  if (!(from instanceof Uint8Array) || !isDocument(descriptor)) return blob;
  const before = asObject(parseJson(from, descriptor.digest, 'manifest').value) ?? {};
  const after = renameMembers(before, renamed);
  if (JSON.stringify(after) === JSON.stringify(before)) return blob;
  const bytes = Buffer.from(JSON.stringify(after));
  const own = {
    ...descriptor,
    mediaType: ociType(descriptor.mediaType),
    digest: digestOf(bytes),
    size: bytes.length,
  };
  renamed.set(descriptor.digest, own);
  return { kind, descriptor: own, from: bytes };
}

function isDocument({ mediaType }: Descriptor): boolean {
  const documents: readonly string[] = [
    mediaTypes.ociIndex,
    mediaTypes.ociManifest,
    mediaTypes.dockerList,
    mediaTypes.dockerManifest,
  ];
  return documents.includes(mediaType);
}

/** A descriptor anywhere in a document has its type and, where its document has changed, its digest and size renamed. */
function renameMembers(object: JsonObject, renamed: ReadonlyMap<string, Descriptor>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, renameValue(key, value, renamed)]),
  );
}

function renameValue(key: string, value: unknown, renamed: ReadonlyMap<string, Descriptor>): unknown {
  if (key === 'mediaType' && typeof value === 'string') return ociType(value);
  if (key === 'manifests' || key === 'layers') return asList(value).map((each) => renameJson(each, renamed));
  return key === 'config' || key === 'subject' ? renameJson(value, renamed) : value;
}

function renameJson(value: unknown, renamed: ReadonlyMap<string, Descriptor>): unknown {
  const descriptor = asObject(value);
  if (descriptor === undefined) return value;
  const { mediaType, digest, annotations } = descriptor;
  const own = renamed.get(String(digest));
  const referred = renamed.get(String(asObject(annotations)?.[referenceKey]));
  return {
    ...descriptor,
    ...(typeof mediaType === 'string' && { mediaType: ociType(mediaType) }),
    ...(own && { digest: own.digest, size: own.size }),
    ...(referred && { annotations: { ...asObject(annotations), [referenceKey]: referred.digest } }),
  };
}

/** By which an attestation says of which manifest it speaks. */
const referenceKey = 'vnd.docker.reference.digest';

function renamedDescriptor(descriptor: Descriptor, renamed: ReadonlyMap<string, Descriptor>): Descriptor {
  const own: { readonly digest: Digest; readonly size: number } =
    renamed.get(descriptor.digest) ?? descriptor;
  return { ...descriptor, mediaType: ociType(descriptor.mediaType), digest: own.digest, size: own.size };
}

function ociType(mediaType: string): string {
  const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar';
  if (mediaType.startsWith(mediaTypes.dockerLayer))
    return mediaTypes.ociLayer + mediaType.slice(mediaTypes.dockerLayer.length).replace('.', '+');
  if (mediaType.startsWith(foreign))
    return `application/vnd.oci.image.layer.nondistributable.v1.tar${mediaType.slice(foreign.length).replace('.', '+')}`;
  return ociTypes.get(mediaType) ?? mediaType;
}

const ociTypes = new Map<string, string>([
  [mediaTypes.dockerManifest, mediaTypes.ociManifest],
  [mediaTypes.dockerList, mediaTypes.ociIndex],
  [mediaTypes.dockerConfig, mediaTypes.ociConfig],
]);

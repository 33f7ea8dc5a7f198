/** Media types of the OCI image specification (media-types.md) and Docker's, and what follows from them. */
export const mediaTypes = {
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociEmpty: 'application/vnd.oci.empty.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  attestation: 'application/vnd.docker.attestation.manifest.v1+json',
  inToto: 'application/vnd.in-toto+json',
} as const;

export function isIndexType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerList;
}

export function isManifestType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.dockerManifest;
}

export function isSchema1Type(mediaType: string): boolean {
  return /^application\/vnd\.docker\.distribution\.manifest\.v1\+(?:json|prettyjws)$/.test(mediaType);
}

export function isImageConfigType(mediaType: string): boolean {
  return mediaType === mediaTypes.ociConfig || mediaType === mediaTypes.dockerConfig;
}

/** What a layer's media type says of its bytes. The bytes decide; this is only compared with them. */
export interface LayerType {
  readonly compression: 'tar' | 'gzip' | 'zstd';
  /** Non-distributable: the bytes may be kept elsewhere. */
  readonly isForeign: boolean;
  readonly isEncrypted: boolean;
}

const layerGrammar =
  /^application\/vnd\.(?:oci\.image\.layer\.(nondistributable\.)?v1\.tar|docker\.image\.rootfs\.(foreign\.)?diff\.tar)(?:[.+](gzip|zstd))?(\+encrypted)?$/;

/** Takes a layer's media type apart; undefined when it is not that of a tar layer. */
export function parseLayerType(mediaType: string): LayerType | undefined {
  const match = layerGrammar.exec(mediaType);
  if (match === null) return undefined;
  const [, ociForeign, dockerForeign, compression, encrypted] = match;
  return {
    compression: compression === 'gzip' || compression === 'zstd' ? compression : 'tar',
    isForeign: ociForeign !== undefined || dockerForeign !== undefined,
    isEncrypted: encrypted !== undefined,
  };
}

import type { TarHeader } from '../../src/engine/archive/tarSink.ts';

/** A header as a scanner hands it over, of an empty file unless told otherwise. */
export function tarHeader(header: Partial<TarHeader> & { readonly name: string }): TarHeader {
  return {
    typeflag: 0x30,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: 0,
    mtimeSeconds: 1_700_000_000,
    mtimeNanoseconds: 0,
    linkName: '',
    deviceMajor: 0,
    deviceMinor: 0,
    dataOffset: 512,
    xattrs: undefined,
    sparseMap: undefined,
    ...header,
  };
}

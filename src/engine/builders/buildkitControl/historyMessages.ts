import type { ProtobufMessage } from '../../sources/grpc/protobufMessage.ts';

/** One build as BuildKit keeps it (`moby.buildkit.v1.BuildHistoryRecord`). Every text may be hostile. */
export interface BuildHistoryRecord {
  readonly ref: string;
  /** What the frontend was asked with: `filename`, `target`, `build-arg:NAME`, `force-network-mode`, … */
  readonly attributes: ReadonlyMap<string, string>;
  /** Milliseconds since 1970. */
  readonly createdAt?: number;
  /** Undefined while it runs. */
  readonly completedAt?: number;
  /** Why it failed. */
  readonly failure?: string;
  /** What it gave: manifests or indexes, of several platforms several. */
  readonly images: readonly ContentDescriptor[];
  readonly attestations: readonly ContentDescriptor[];
  /** The config of the base of what was asked for, JSON; undefined when it was not told. */
  readonly baseConfig?: string;
}

export interface ContentDescriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** @throws EngineError `damaged`. */
export function toHistoryRecord(message: ProtobufMessage): BuildHistoryRecord {
  const results = [...message.messages(10), ...message.messages(11).flatMap((entry) => entry.messages(2))];
  const [createdAt, completedAt] = [message.instant(6), message.instant(7)];
  const failure = message.message(5)?.text(2);
  const baseConfig = message.textMap(9).get('containerimage.base.config');
  return {
    ref: message.text(1),
    attributes: message.textMap(3),
    ...(createdAt !== undefined && { createdAt }),
    ...(completedAt !== undefined && { completedAt }),
    ...(failure !== undefined && { failure }),
    images: results.flatMap(imagesOf),
    attestations: results.flatMap((result) => result.messages(2)).map(toDescriptor),
    ...(baseConfig !== undefined && { baseConfig }),
  };
}

/** One image, or since 0.12 a list of them; both tell the same. */
function imagesOf(result: ProtobufMessage): readonly ContentDescriptor[] {
  const listed = result.messages(3).flatMap((entry) => entry.messages(2));
  return (listed.length > 0 ? listed : result.messages(1)).map(toDescriptor);
}

function toDescriptor(message: ProtobufMessage): ContentDescriptor {
  return { mediaType: message.text(1), digest: message.text(2), size: message.integer(3) };
}

import type { ListedRecord } from '../../build/cache/cacheGraph.ts';
import type { ProtobufMessage } from '../../sources/grpc/protobufMessage.ts';

/** `moby.buildkit.v1.UsageRecord`: one parent once, several since 0.10. */
export function toListedRecord(message: ProtobufMessage): ListedRecord {
  const parent = message.text(5);
  const parents = message.texts(12);
  const createdAt = message.instant(6);
  return {
    id: message.text(1),
    parents: parents.length > 0 || parent === '' ? parents : [parent],
    description: message.text(9),
    type: message.text(10),
    sizeBytes: message.integer(4),
    ...(createdAt !== undefined && { createdAt }),
  };
}

import { readFileSync } from 'node:fs';
import type { FakeCall } from './fakeBuildkit.ts';
import { instant, message } from './fakeBuildkit.ts';
import { fixture } from './fixtures.ts';

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** A build as a BuildKit 0.33 inside Docker Engine 29 kept it: every form of instruction, with an inline cache. */
export interface KeptBuild {
  readonly record: {
    readonly ref: string;
    readonly attributes: readonly (readonly [string, string])[];
    readonly createdAt: number;
    readonly completedAt: number;
    readonly images: readonly Descriptor[];
    readonly attestations: readonly Descriptor[];
  };
  /** Blobs by digest: provenance, the image's index, manifest and config, its base's manifest and config. */
  readonly content: Readonly<Record<string, string>>;
  readonly vertices: readonly {
    readonly digest: string;
    readonly inputs: readonly string[];
    readonly name: string;
    readonly isCached: boolean;
    readonly started: number;
    readonly completed: number;
  }[];
}

export function keptBuild(): KeptBuild {
  return JSON.parse(readFileSync(fixture('builds/history-0.33.json'), 'utf8')) as KeptBuild;
}

/** Answers as the builder that keeps it. */
export function answerFrom({ record, content, vertices }: KeptBuild): (call: FakeCall) => void {
  return ({ method, request, send, end }) => {
    if (method.endsWith('/ListenBuildHistory')) send(message([1, 1], [2, encodeRecord(record)]));
    else if (method.endsWith('/Status'))
      for (const vertex of vertices) send(message([1, encodeVertex(vertex)]));
    else if (method.endsWith('/Read')) {
      const bytes = content[request.text(1)];
      if (bytes === undefined) {
        end(5, 'content not found');
        return;
      }
      // In two pieces, as a store sends larger blobs.
      const all = Buffer.from(bytes);
      send(message([2, all.subarray(0, 100)]));
      send(message([1, 100], [2, all.subarray(100)]));
    } else {
      end(12, `unknown method ${method}`);
      return;
    }
    end();
  };
}

export function encodeRecord(record: KeptBuild['record']): Uint8Array {
  const attributes = record.attributes.map(([key, value]) => [3, message([1, key], [2, value])] as const);
  const result = message(
    ...record.images.map((image) => [1, encodeDescriptor(image)] as const),
    ...record.attestations.map((each) => [2, encodeDescriptor(each)] as const),
  );
  const times = [[6, instant(record.createdAt)] as const, [7, instant(record.completedAt)] as const];
  return message([1, record.ref], ...attributes, ...times, [10, result]);
}

function encodeDescriptor({ mediaType, digest, size }: Descriptor): Uint8Array {
  return message([1, mediaType], [2, digest], [3, size]);
}

function encodeVertex(vertex: KeptBuild['vertices'][number]): Uint8Array {
  return message(
    [1, vertex.digest],
    ...vertex.inputs.map((input) => [2, input] as const),
    [3, vertex.name],
    [4, vertex.isCached],
    [5, instant(vertex.started)],
    [6, instant(vertex.completed)],
  );
}

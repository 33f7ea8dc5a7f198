import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  type WriteStream,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { digestOf } from '../../src/engine/oci/digest.ts';
import { encodeEntry, header } from '../support/tarBytes.ts';
import type { Shape } from './shapes.ts';

/** Where a written shape is, in the forms asked for. */
export interface WrittenShape {
  readonly shape: Shape;
  /** An OCI layout with gzip layers. */
  readonly oci: string;
  /** What `docker save` writes: plain layers in one tar. */
  readonly dockerArchive: string;
}

interface WrittenLayer {
  readonly diffId: string;
  readonly tarSize: number;
  readonly digest: string;
  readonly size: number;
}

/** Writes a shape, once: what is there is taken as it is. Streams, so that size is no matter. */
export async function writeShape(shape: Shape, folder: string): Promise<WrittenShape> {
  const place = path.join(folder, shape.name);
  const written = { shape, oci: path.join(place, 'oci'), dockerArchive: path.join(place, 'docker.tar') };
  if (existsSync(place)) return written;
  const part = `${place}.part`;
  rmSync(part, { recursive: true, force: true });
  mkdirSync(path.join(part, 'oci/blobs/sha256'), { recursive: true });
  const layers: WrittenLayer[] = [];
  for (const entries of shape.layers) layers.push(await writeLayer(tarOf(entries()), part));
  writeLayout(shape, layers, path.join(part, 'oci'));
  await writeDockerArchive(shape, layers, part);
  for (const { diffId } of layers) rmSync(path.join(part, `${hex(diffId)}.tar`), { force: true });
  renameSync(part, place);
  return written;
}

function* tarOf(entries: Iterable<Parameters<typeof encodeEntry>[0]>): Generator<Buffer> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const entry of entries) {
    for (const piece of encodeEntry(entry)) {
      pieces.push(piece);
      bytes += piece.length;
    }
    if (bytes < 1 << 20) continue;
    yield Buffer.concat(pieces);
    pieces = [];
    bytes = 0;
  }
  yield Buffer.concat([...pieces, Buffer.alloc(1024)]);
}

/** Both forms in one pass. */
async function writeLayer(tar: Iterable<Buffer>, part: string): Promise<WrittenLayer> {
  const plain = new HashedFile(path.join(part, 'plain'));
  const packed = new HashedFile(path.join(part, 'packed'));
  const both = async function* (): AsyncGenerator<Buffer> {
    for (const piece of tar) {
      await plain.write(piece);
      yield piece;
    }
  };
  await pipeline(Readable.from(both()), createGzip({ level: 6, chunkSize: 1 << 20 }), async (gzip) => {
    for await (const piece of gzip) await packed.write(piece as Buffer);
  });
  const [diffId, digest] = [await plain.close(), await packed.close()];
  renameSync(plain.file, path.join(part, `${hex(diffId)}.tar`));
  renameSync(packed.file, path.join(part, 'oci/blobs/sha256', hex(digest)));
  return { diffId, tarSize: plain.size, digest, size: packed.size };
}

class HashedFile {
  readonly file: string;
  size = 0;
  readonly #hash: Hash = createHash('sha256');
  readonly #stream: WriteStream;

  constructor(file: string) {
    this.file = file;
    this.#stream = createWriteStream(file);
  }

  async write(piece: Buffer): Promise<void> {
    this.#hash.update(piece);
    this.size += piece.length;
    if (!this.#stream.write(piece)) await once(this.#stream, 'drain');
  }

  /** Returns the digest. */
  async close(): Promise<string> {
    this.#stream.end();
    await once(this.#stream, 'close');
    return `sha256:${this.#hash.digest('hex')}`;
  }
}

function writeLayout(shape: Shape, layers: readonly WrittenLayer[], oci: string): void {
  const put = (mediaType: string, document: object): object => {
    const bytes = Buffer.from(JSON.stringify(document));
    const digest = digestOf(bytes);
    writeFileSync(path.join(oci, 'blobs/sha256', hex(digest)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const config = put('application/vnd.oci.image.config.v1+json', configOf(shape, layers));
  const described = layers.map(({ digest, size }) => ({
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest,
    size,
  }));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = put(mediaType, { schemaVersion: 2, mediaType, config, layers: described });
  const named = { ...manifest, annotations: { 'org.opencontainers.image.ref.name': 'bench' } };
  writeFileSync(path.join(oci, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  writeFileSync(path.join(oci, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
}

function configOf(shape: Shape, layers: readonly WrittenLayer[]): object {
  const created = '2025-01-01T00:00:00Z';
  const history = layers.map((_, layer) => ({ created, created_by: `COPY ${shape.name}-${layer} /` }));
  const rootfs = { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) };
  return { created, architecture: 'amd64', os: 'linux', config: {}, rootfs, history };
}

async function writeDockerArchive(
  shape: Shape,
  layers: readonly WrittenLayer[],
  part: string,
): Promise<void> {
  const config = Buffer.from(JSON.stringify(configOf(shape, layers)));
  const configName = `${hex(digestOf(config))}.json`;
  const unique = [...new Map(layers.map((layer) => [layer.diffId, layer])).values()];
  const manifest = [
    {
      Config: configName,
      RepoTags: ['bench:latest'],
      Layers: layers.map(({ diffId }) => `${hex(diffId)}/layer.tar`),
    },
  ];
  const pieces = async function* (): AsyncGenerator<Uint8Array> {
    for (const { diffId, tarSize } of unique) {
      yield header({ name: `${hex(diffId)}/layer.tar` }, tarSize, '0');
      yield* createReadStream(path.join(part, `${hex(diffId)}.tar`), {
        highWaterMark: 1 << 20,
      }) as AsyncIterable<Buffer>;
    }
    yield* encodeEntry({ name: configName, content: config });
    yield* encodeEntry({ name: 'manifest.json', content: JSON.stringify(manifest) });
    yield Buffer.alloc(1024);
  };
  await pipeline(pieces, createWriteStream(path.join(part, 'docker.tar')));
}

function hex(digest: string): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/** Bytes of the gzip layers of a layout. */
export function packedBytes(layers: readonly string[]): number {
  return layers.reduce((total, blob) => total + statSync(blob).size, 0);
}

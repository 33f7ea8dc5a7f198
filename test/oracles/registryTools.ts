import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { CallOptions } from '../../src/engine/base/progress.ts';
import { silentLogger } from '../../src/engine/base/log.ts';
import { createEngine } from '../../src/engine/engine.ts';
import type { Engine, TransferResult } from '../../src/engine/engineContract.ts';
import type { Image } from '../../src/engine/sources/image.ts';
import type { Registry } from '../machine/registry.mjs';
import { requireTool } from '../machine/oracleTools.mjs';
import { run } from '../machine/processes.mjs';
import { buildImage } from '../support/buildImage.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/tempDir.ts';
import { type LayoutEntry, writeOciLayout } from '../support/writeOciLayout.ts';

/** Bytes that no compression makes smaller. */
export function noise(seed: number, length: number): Uint8Array {
  const random = new Random(seed);
  const bytes = new Uint32Array(Math.ceil(length / 4)).map(() => random.below(2 ** 32));
  return new Uint8Array(bytes.buffer).subarray(0, length);
}

const layers = [
  { 'etc/motd': 'hello', 'big/one': noise(1, 3_000_000) },
  { 'big/two': noise(2, 1_500_000), 'etc/.wh.motd': '' },
  { 'etc/motd': 'again', 'srv/': '', 'srv/link': { type: 'symlink', link: '../etc/motd' } },
] as const;

/** Images of every form that registries hold, by name. */
export const forms: Readonly<Record<string, LayoutEntry>> = {
  'oci, gzip': buildImage(layers, { names: ['app:oci'], compression: 'gzip' }),
  'oci, zstd': buildImage(layers, { names: ['app:zstd'], compression: 'zstd' }),
  'oci, plain': buildImage(layers, { names: ['app:plain'] }),
  'docker, gzip': buildImage(layers, { names: ['app:docker'], compression: 'gzip', format: 'docker' }),
  'an index with attestations': {
    names: ['app:index'],
    platforms: ['amd64', 'arm64'].map((architecture) =>
      buildImage([{ architecture }, ...layers], { compression: 'gzip', architecture }),
    ),
    attestation: 'artifact',
  },
};

/** An engine over a folder of its own, as a fresh process has it. */
export function engineAt(folder = tempDir().path): Engine {
  const registries = { environment: {}, timeouts: { firstWaitMs: 20 } };
  return createEngine({ log: silentLogger, storeDirectory: path.join(folder, 'store'), registries });
}

/** Leaves indexes and blobs of the store, and nothing that was fetched. */
export function forgetFetched(folder: string): void {
  rmSync(path.join(folder, 'store', 'fetched'), { recursive: true, force: true });
}

/** A layout of one image, as skopeo and Lamina name it. */
export function layoutOf(entry: LayoutEntry): string {
  return writeOciLayout([entry], tempDir().path, { names: 'skopeo' });
}

export async function pushLayout(
  engine: Engine,
  layout: string,
  destination: string,
  options: CallOptions = {},
): Promise<TransferResult> {
  await using source = await engine.open(layout);
  const [entry] = await source.list();
  return await engine.push(source, entry!, { destination }, options);
}

export async function pull(
  engine: Engine,
  reference: string,
  options: CallOptions = {},
): Promise<TransferResult> {
  const source = await engine.openRemote(reference);
  const [entry] = await source.list();
  return engine.store.import(source, entry!, undefined, options);
}

export async function openRemote(engine: Engine, reference: string): Promise<Image> {
  const source = await engine.openRemote(reference);
  const [entry] = await source.list();
  return engine.image(source, entry!, entry!.variants[0]!);
}

/** The first image of a layout. */
export async function openLayout(engine: Engine, layout: string): Promise<Image> {
  const source = await engine.open(layout);
  const [entry] = await source.list();
  return engine.image(source, entry!, entry!.variants[0]!);
}

/**
 * Every entry of the union with what matters of it, contents by their bytes.
 *
 * @param every of so many files the content of one is compared.
 */
export async function treeOf(engine: Engine, image: Image, every = 1): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const entry of (await engine.rootfs(image)).walk()) {
    const { path: name, type, mode, size, mtime, linkTarget } = entry;
    const isRead = type === 'file' && lines.length % every === 0;
    const content = isRead ? await engine.hashFile(image, entry) : '';
    lines.push([name, type, mode, size, String(mtime), linkTarget ?? '', content].join(' '));
  }
  return lines;
}

export function skopeo(...args: readonly string[]): Promise<string> {
  return run(requireTool('skopeo'), args);
}

/** The digest of the manifest as the registry has it. */
export async function rawDigest(reference: string): Promise<string> {
  const raw = await skopeo('inspect', '--tls-verify=false', '--raw', `docker://${reference}`);
  return `sha256:${createHash('sha256').update(raw).digest('hex')}`;
}

/** Bytes that went through the proxy while something was done. */
export async function bytesDuring(
  { proxy }: Registry,
  work: () => Promise<unknown>,
): Promise<{ readonly asked: number; readonly answered: number }> {
  const before = proxy!.snapshot();
  await work();
  const after = proxy!.snapshot();
  return { asked: after.asked - before.asked, answered: after.answered - before.answered };
}

import { type BuiltImage, buildImage } from './buildImage.ts';
import type { OperationSequence } from './operationSequence.ts';
import type { TarEntrySpec } from './tarBytes.ts';

/**
 * One image with the stacks of many sequences side by side, their lowest layers in one layer and so on, and below them
 * the program that changes files in containers.
 */
export function sequencesImage(
  name: string,
  program: Uint8Array,
  sequences: readonly OperationSequence[],
): BuiltImage {
  const depth = Math.max(...sequences.map(({ layers }) => layers.length));
  const layers = Array.from({ length: depth }, (_, at) => sequences.flatMap((each) => each.layers[at] ?? []));
  const lowest: TarEntrySpec = { name: 'operate', content: program, mode: 0o755 };
  const runtime = { Entrypoint: ['/operate'] };
  return buildImage([[lowest], ...layers], { names: [name], compression: 'gzip', runtime });
}

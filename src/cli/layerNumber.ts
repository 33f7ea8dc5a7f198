import { EngineError } from '../engine/index.ts';
import type { Arguments } from './arguments.ts';

/**
 * The layer that an option names, counted from 0, lowest first; undefined when it was not given.
 *
 * @throws EngineError `not-found` when the image has no such layer; UsageError when it is no number.
 */
export function layerNumber(args: Arguments, option: string, layerCount: number): number | undefined {
  const layer = args.number(option);
  if (layer === undefined || layer < layerCount) return layer;
  const last = layerCount - 1;
  throw new EngineError(
    'not-found',
    `--${option} ${layer}`,
    last < 0 ? 'the image has no layers' : `the layers are 0 to ${last}`,
  );
}

import { spawnSync } from 'node:child_process';
import type { BuildRequest } from '../../../src/engine/build/buildRequest.ts';

/** The context as a tar whose members belong to one owner. */
export function ownedTar({ context }: BuildRequest, owner: string): Buffer {
  const args = ['-c', '--owner', owner, '--group', owner, '-C', context, '.'];
  return spawnSync('tar', args, { maxBuffer: 1 << 28 }).stdout;
}

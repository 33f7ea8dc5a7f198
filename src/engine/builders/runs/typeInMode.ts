import type { BuilderIdentity } from '../../build/builder.ts';
import { sendsTypeBits } from '../../build/classic/openClassicContext.ts';

/**
 * Whether the mode of a file that is sent has the bits of its type: engines up to 23 count them, and Lamina's own tars are
 * those of the client of the engine's own time.
 */
export function hasTypeInMode(identity: BuilderIdentity): boolean {
  if (identity.client !== 'api') return sendsTypeBits(identity, identity.clientVersion);
  return Number.parseInt(identity.engineVersion ?? '', 10) < 24;
}

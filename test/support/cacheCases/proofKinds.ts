import type { BuilderName } from './caseBuilders.ts';
import type { ProofEvidence } from './statusProof.ts';
import type { VerdictRow } from './verdictTable.ts';

const alone = 'BuildKit alone, buildctl';

/** What each builder has to tell of a build that was made; buildah alone has no door but a Podman's. */
export const evidenceOf: Readonly<Partial<Record<BuilderName, readonly ProofEvidence[]>>> = {
  'BuildKit in Engine 29, buildx': ['lamina', 'inline cache', 'history record', 'image'],
  'BuildKit in Engine 29, CLI 20.10': ['lamina', 'inline cache', 'history record', 'image'],
  'BuildKit in Engine 20.10': ['lamina', 'inline cache', 'image'],
  [alone]: ['lamina', 'history record'],
  'classic builder of Engine 20.10': ['lamina', 'image'],
  'classic builder of Engine 29': ['lamina', 'image'],
  'buildah in Podman': ['lamina', 'image'],
};

/** How much of the steps has to be right, in percent. */
export function floorOf({ builder, evidence }: VerdictRow): number {
  // It keeps its images to itself, and a record says nothing of the context's files.
  if (builder === alone && evidence === 'history record') return 0;
  // A record names every operation, and the files of the context nowhere: of stages that are not in the image they are lost.
  return evidence === 'image' || evidence === 'history record' ? 70 : 95;
}
